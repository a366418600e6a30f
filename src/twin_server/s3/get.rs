//! Objects as they are read.

use super::terms::{enter, etag, signed, timestamp};
use crate::twin::objects::{Address, BlobId, Intent, Refusal, Stored};
use crate::twin_server::site::Site;
use bytes::Bytes;
use s3s::dto::{
    ChecksumMode, ChecksumType, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, StreamingBlob,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that are read in one go, off the threads that serve connections.
const PIECE: u64 = 1 << 20;

pub(super) async fn head(
    site: Arc<Site>,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = &request.input;
    enter(&site, &request, &input.bucket, Intent::Read)?;
    let at = Address { bucket: &input.bucket, key: &input.key };
    let (version_id, object) = find(&site, at, input.version_id.as_deref())?;
    let checksum = wanted_checksum(input.checksum_mode.as_ref(), &object);
    Ok(S3Response::new(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(signed(object.size)),
        content_type: object.content_type,
        e_tag: Some(etag(&object.etag)),
        checksum_type: checksum.as_deref().map(checksum_type),
        checksum_sha256: checksum,
        last_modified: Some(timestamp(object.modified_us)),
        metadata: Some(object.metadata.into_iter().collect()),
        version_id,
        ..HeadObjectOutput::default()
    }))
}

pub(super) async fn get(site: Arc<Site>, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
    let input = &request.input;
    enter(&site, &request, &input.bucket, Intent::Read)?;
    let at = Address { bucket: &input.bucket, key: &input.key };
    let (version_id, object) = find(&site, at, input.version_id.as_deref())?;
    let range = match &input.range {
        Some(range) => range.check(object.size).map_err(|_| S3Error::new(S3ErrorCode::InvalidRange))?,
        None => 0..object.size,
    };
    // A checksum is one of the whole object, so that a part of it comes without.
    let checksum = wanted_checksum(input.checksum_mode.as_ref(), &object).filter(|_| input.range.is_none());
    let content_range =
        input.range.map(|_| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size));
    Ok(S3Response::new(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(stream(site, &object, &range)),
        content_length: Some(signed(range.end - range.start)),
        content_range,
        content_type: object.content_type,
        e_tag: Some(etag(&object.etag)),
        checksum_type: checksum.as_deref().map(checksum_type),
        checksum_sha256: checksum,
        last_modified: Some(timestamp(object.modified_us)),
        metadata: Some(object.metadata.into_iter().collect()),
        version_id,
        ..GetObjectOutput::default()
    }))
}

fn find(site: &Site, at: Address<'_>, version_id: Option<&str>) -> S3Result<(Option<String>, Stored)> {
    let found = site.with_store(|store| {
        let (tagged, object) = store.get(at, version_id)?;
        Ok::<_, Refusal>((tagged.version_id.clone(), object.clone()))
    });
    found.map_err(S3Error::from)
}

fn wanted_checksum(mode: Option<&ChecksumMode>, object: &Stored) -> Option<String> {
    mode.filter(|mode| mode.as_str() == ChecksumMode::ENABLED).and(object.sha256.clone())
}

fn checksum_type(checksum: &str) -> ChecksumType {
    let kind = if checksum.contains('-') { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
    ChecksumType::from_static(kind)
}

/// The bytes of an object within a range, piece by piece.
fn stream(site: Arc<Site>, object: &Stored, range: &Range<u64>) -> StreamingBlob {
    let mut pieces = VecDeque::new();
    let mut start = 0;
    for extent in &object.extents {
        let end = start + extent.size;
        let mut from = range.start.max(start);
        while from < range.end.min(end) {
            let until = range.end.min(end).min(from + PIECE);
            pieces.push_back((extent.blob.clone(), from - start, until - from));
            from = until;
        }
        start = end;
    }
    StreamingBlob::wrap(futures_util::stream::unfold((site, pieces), |(site, mut pieces)| async move {
        let (blob, offset, length) = pieces.pop_front()?;
        Some((piece(&site, blob, offset, length).await, (site, pieces)))
    }))
}

async fn piece(site: &Site, blob: BlobId, offset: u64, length: u64) -> std::io::Result<Bytes> {
    let blobs = Arc::clone(site.blobs());
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let read = tokio::task::spawn_blocking(move || blobs.read(&blob, offset, length));
    let bytes = read.await.map_err(std::io::Error::other)??;
    if bytes.len() == length { Ok(bytes) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}
