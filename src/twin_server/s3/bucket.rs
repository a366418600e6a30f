//! Buckets.

use super::terms::{enter, etag, signed, timestamp};
use crate::twin::objects::Intent;
use crate::twin_server::site::Site;
use s3s::dto::{
    BucketLocationConstraint, BucketVersioningStatus, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object,
};
use s3s::{S3Error, S3Request, S3Response, S3Result};
use std::sync::Arc;

/// The most keys in one answer.
const PAGE: usize = 1000;

pub(super) async fn head(
    site: Arc<Site>,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let bucket = &request.input.bucket;
    enter(&site, &request, bucket, Intent::Read)?;
    let region = site.with_store(|store| store.bucket_facts(bucket).map(|(region, _)| region.to_owned()));
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(region.map_err(S3Error::from)?),
        ..HeadBucketOutput::default()
    }))
}

pub(super) async fn location(
    site: Arc<Site>,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let bucket = &request.input.bucket;
    enter(&site, &request, bucket, Intent::Read)?;
    let region = site.with_store(|store| store.bucket_facts(bucket).map(|(region, _)| region.to_owned()));
    // The oldest region has no name here.
    let region = region.map_err(S3Error::from).map(|region| Some(region).filter(|region| region != "us-east-1"))?;
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint: region.map(BucketLocationConstraint::from) }))
}

pub(super) async fn versioning(
    site: Arc<Site>,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let bucket = &request.input.bucket;
    enter(&site, &request, bucket, Intent::Read)?;
    let has_versions = site.with_store(|store| store.bucket_facts(bucket).map(|(_, versioning)| versioning));
    let enabled = || BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
    Ok(S3Response::new(GetBucketVersioningOutput {
        status: has_versions.map_err(S3Error::from)?.then(enabled),
        ..GetBucketVersioningOutput::default()
    }))
}

pub(super) async fn list(
    site: Arc<Site>,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = &request.input;
    enter(&site, &request, &input.bucket, Intent::Read)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.clone().or_else(|| input.start_after.clone()).unwrap_or_default();
    let limit = input.max_keys.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE).min(PAGE);
    let mut found = site.with_store(|store| store.list(&input.bucket, &prefix, &after)).map_err(S3Error::from)?;
    let is_truncated = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_truncated).map(|listed| listed.key.clone());
    let contents: Vec<Object> = found
        .into_iter()
        .map(|listed| Object {
            key: Some(listed.key),
            size: Some(signed(listed.object.size)),
            e_tag: Some(etag(&listed.object.etag)),
            last_modified: Some(timestamp(listed.object.modified_us)),
            ..Object::default()
        })
        .collect();
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: input.prefix.clone(),
        max_keys: i32::try_from(limit).ok(),
        key_count: i32::try_from(contents.len()).ok(),
        is_truncated: Some(is_truncated),
        continuation_token: input.continuation_token.clone(),
        next_continuation_token: next,
        contents: Some(contents),
        ..ListObjectsV2Output::default()
    }))
}
