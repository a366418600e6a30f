//! Multipart uploads.

use super::terms::{denied, enter, etag, only_if_absent, origin, signed, timestamp};
use crate::twin::objects::{Address, Change, Complete, Intent, NewUpload, Refusal};
use crate::twin_server::site::Site;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part,
};
use s3s::{S3Error, S3Request, S3Response, S3Result};
use std::sync::Arc;

/// The most parts in one answer.
const PAGE: usize = 1000;

pub(super) async fn create(
    site: Arc<Site>,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = &request.input;
    let at = Address { bucket: &input.bucket, key: &input.key };
    enter(&site, &request, at.bucket, Intent::Write)?;
    let algorithm = input.checksum_algorithm.clone();
    let new = NewUpload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        sha256: algorithm.as_ref().is_some_and(|name| name.as_str() == ChecksumAlgorithm::SHA256),
        metadata: input.metadata.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect(),
        content_type: input.content_type.clone(),
    };
    let origin = origin(&request, at, 200);
    let change = site.write_object(&origin, |store, now| store.create_upload(new, now)).map_err(denied)?;
    let upload_id = if let Change::UploadCreated { upload_id, .. } = change { Some(upload_id) } else { None };
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id,
        checksum_algorithm: algorithm,
        ..CreateMultipartUploadOutput::default()
    }))
}

pub(super) async fn complete(
    site: Arc<Site>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = &request.input;
    let at = Address { bucket: &input.bucket, key: &input.key };
    enter(&site, &request, at.bucket, Intent::Write)?;
    let named = input.multipart_upload.iter().flat_map(|upload| upload.parts.iter().flatten());
    let complete = Complete {
        parts: named
            .map(|part| {
                let number = part.part_number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
                let tag = part.e_tag.as_ref().map(|tag| tag.value().to_owned()).unwrap_or_default();
                (number, tag, part.checksum_sha256.clone())
            })
            .collect(),
        sha256: input.checksum_sha256.clone(),
        size: input.mpu_object_size.and_then(|size| u64::try_from(size).ok()),
        only_if_absent: only_if_absent(input.if_none_match.as_ref())?,
    };
    let origin = origin(&request, at, 200);
    let change = site
        .write_object(&origin, |store, now| store.complete(at, &input.upload_id, &complete, now))
        .map_err(denied)?;
    let version = if let Change::Completed { version, .. } = change { Some(version) } else { None };
    let object = version.as_ref().and_then(|version| version.object.clone());
    let checksum = object.as_ref().and_then(|object| object.sha256.clone());
    Ok(S3Response::new(CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        location: Some(format!("/{}/{}", at.bucket, at.key)),
        e_tag: object.map(|object| etag(&object.etag)),
        checksum_type: checksum.as_ref().map(|_| ChecksumType::from_static(ChecksumType::COMPOSITE)),
        checksum_sha256: checksum,
        version_id: version.and_then(|version| version.version_id),
        ..CompleteMultipartUploadOutput::default()
    }))
}

pub(super) async fn abort(
    site: Arc<Site>,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = &request.input;
    let at = Address { bucket: &input.bucket, key: &input.key };
    enter(&site, &request, at.bucket, Intent::Write)?;
    let origin = origin(&request, at, 204);
    site.write_object(&origin, |store, _| store.abort(at, &input.upload_id)).map_err(denied)?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

pub(super) async fn list_parts(
    site: Arc<Site>,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = &request.input;
    let at = Address { bucket: &input.bucket, key: &input.key };
    enter(&site, &request, at.bucket, Intent::Read)?;
    let after = input.part_number_marker.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    let limit = input.max_parts.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE).min(PAGE);
    let (page, has_digests) = site
        .with_store(|store| {
            let page = store.list_parts(at, &input.upload_id, after, limit)?;
            Ok::<_, Refusal>((page, store.upload(at, &input.upload_id)?.new.sha256))
        })
        .map_err(S3Error::from)?;
    let last = page.parts.last().and_then(|(number, _)| i32::try_from(*number).ok());
    let parts = page.parts.into_iter().map(|(number, part)| Part {
        part_number: i32::try_from(number).ok(),
        e_tag: Some(etag(&part.etag)),
        checksum_sha256: has_digests.then_some(part.sha256),
        size: Some(signed(part.extent.size)),
        last_modified: Some(timestamp(part.modified_us)),
        ..Part::default()
    });
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(input.upload_id.clone()),
        checksum_algorithm: has_digests.then(|| ChecksumAlgorithm::from_static(ChecksumAlgorithm::SHA256)),
        part_number_marker: input.part_number_marker,
        next_part_number_marker: if page.truncated { last } else { None },
        is_truncated: Some(page.truncated),
        max_parts: i32::try_from(limit).ok(),
        parts: Some(parts.collect()),
        ..ListPartsOutput::default()
    }))
}

pub(super) async fn list(
    site: Arc<Site>,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = &request.input;
    enter(&site, &request, &input.bucket, Intent::Read)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let uploads = site.with_store(|store| store.list_uploads(&input.bucket, &prefix)).map_err(S3Error::from)?;
    let uploads = uploads.into_iter().map(|(key, upload_id, started_us)| MultipartUpload {
        key: Some(key),
        upload_id: Some(upload_id),
        initiated: Some(timestamp(started_us)),
        ..MultipartUpload::default()
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        prefix: input.prefix.clone(),
        is_truncated: Some(false),
        uploads: Some(uploads.collect()),
        ..ListMultipartUploadsOutput::default()
    }))
}
