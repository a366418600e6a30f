//! Objects and parts as they arrive; deletions.

use super::receive::{Received, discard, receive};
use super::terms::{denied, enter, etag, only_if_absent, origin};
use crate::twin::objects::{Address, Arrived, Change, Claimed, Intent, Put, Refusal, Store};
use crate::twin_server::site::{Origin, Site};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Response, S3Result};
use std::sync::Arc;

pub(super) async fn put(
    site: Arc<Site>,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
    let at = Address { bucket: &bucket, key: &key };
    let body = request.input.body.take();
    let only_if_absent = only_if_absent(request.input.if_none_match.as_ref())?;
    if let Err(refusal) = enter(&site, &request, &bucket, Intent::Write) {
        discard(body).await;
        return Err(refusal);
    }
    let Received { arrived, claimed } = receive(&site, &request, body).await?;
    let origin = origin(&request, at, 200);
    let input = request.input;
    let metadata = input.metadata.into_iter().flatten().collect();
    let put = Put { arrived: arrived.clone(), claimed, metadata, content_type: input.content_type, only_if_absent };
    let change = keep(&site, &origin, &arrived, |store, now| store.put(at, put, now))?;
    let Change::Put { version, .. } = change else { return Ok(S3Response::new(PutObjectOutput::default())) };
    let object = version.object;
    Ok(S3Response::new(PutObjectOutput {
        e_tag: object.as_ref().map(|object| etag(&object.etag)),
        checksum_sha256: object.and_then(|object| object.sha256),
        version_id: version.version_id,
        ..PutObjectOutput::default()
    }))
}

pub(super) async fn part(
    site: Arc<Site>,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
    let at = Address { bucket: &bucket, key: &key };
    let upload_id = request.input.upload_id.clone();
    let number = u32::try_from(request.input.part_number).unwrap_or(0);
    let body = request.input.body.take();
    let known = enter(&site, &request, &bucket, Intent::Write)
        .and_then(|()| site.with_store(|store| store.upload(at, &upload_id).map(drop)).map_err(S3Error::from));
    if let Err(refusal) = known {
        discard(body).await;
        return Err(refusal);
    }
    let Received { arrived, claimed } = receive(&site, &request, body).await?;
    let origin = origin(&request, at, 200);
    let change = keep(&site, &origin, &arrived, |store, now| {
        store.part(at, &upload_id, number, arrived.clone(), &claimed, now)
    })?;
    let Change::PartArrived { part, .. } = change else { return Ok(S3Response::new(UploadPartOutput::default())) };
    let Claimed { sha256, .. } = claimed;
    Ok(S3Response::new(UploadPartOutput {
        e_tag: Some(etag(&part.etag)),
        checksum_sha256: sha256.map(|_| part.sha256),
        ..UploadPartOutput::default()
    }))
}

pub(super) async fn delete(
    site: Arc<Site>,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let at = Address { bucket: &request.input.bucket, key: &request.input.key };
    enter(&site, &request, at.bucket, Intent::Write)?;
    let version_id = request.input.version_id.as_deref();
    let planned = site.with_store(|store| store.delete(at, version_id)).map_err(S3Error::from)?;
    if planned.is_none() {
        return Ok(S3Response::new(DeleteObjectOutput::default()));
    }
    let origin = origin(&request, at, 204);
    let change = site
        .write_object(&origin, |store, _| store.delete(at, version_id)?.ok_or(Refusal::NoSuchVersion))
        .map_err(denied)?;
    let (marker, version_id) = match change {
        Change::Put { version, .. } => (Some(true), version.version_id),
        Change::Removed { version_id, .. } => (None, version_id),
        _ => (None, None),
    };
    Ok(S3Response::new(DeleteObjectOutput { delete_marker: marker, version_id, ..DeleteObjectOutput::default() }))
}

/// Writes with bytes that have arrived; on a refusal they are removed again.
fn keep(
    site: &Site,
    origin: &Origin,
    arrived: &Arrived,
    decide: impl FnOnce(&Store, crate::base::Timestamp) -> Result<Change, Refusal>,
) -> S3Result<Change> {
    site.write_object(origin, decide).map_err(|reason| {
        // A blob that stays is removed by the next start, which knows what is in use.
        drop(site.blobs().remove(&arrived.blob));
        denied(reason)
    })
}
