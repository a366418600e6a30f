//! What all operations share: who may enter, and ours in the terms of the protocol.

use crate::twin::objects::{Address, Intent, Refusal};
use crate::twin_server::router::RequestId;
use crate::twin_server::site::{Denied, Origin, Site};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{self, ETag};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use std::time::{Duration, UNIX_EPOCH};

/// Checks that the request may enter the bucket.
pub(super) fn enter<T>(site: &Site, request: &S3Request<T>, bucket: &str, intent: Intent) -> S3Result<()> {
    let region = request.region.as_ref().map_or("", |region| region.as_str());
    site.with_store(|store| store.enter(bucket, region, intent).map(drop)).map_err(S3Error::from)
}

/// What the ledger says about a request that writes.
pub(super) fn origin<T>(request: &S3Request<T>, at: Address<'_>, status: u16) -> Origin {
    Origin {
        method: request.method.as_str().to_owned(),
        path: request.uri.path().to_owned(),
        target: format!("{}/{}", at.bucket, at.key),
        request_id: request.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        status,
    }
}

pub(super) fn denied(denied: Denied) -> S3Error {
    match denied {
        Denied::Refused(refusal) => refusal.into(),
        Denied::Halted => S3Error::new(S3ErrorCode::InternalError),
    }
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let code = S3ErrorCode::from_bytes(refusal.code().as_bytes()).unwrap_or(S3ErrorCode::InternalError);
        let mut error = S3Error::with_message(code, refusal.to_string());
        if let Ok(status) = StatusCode::from_u16(refusal.status()) {
            error.set_status_code(status);
        }
        if let Some(region) = refusal.region().and_then(|region| HeaderValue::from_str(region).ok()) {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-bucket-region", region);
            headers.insert("content-type", HeaderValue::from_static("application/xml"));
            error.set_headers(headers);
        }
        error
    }
}

pub(super) fn local(source: std::io::Error) -> S3Error {
    S3Error::internal_error(source)
}

pub(super) fn etag(tag: &str) -> ETag {
    ETag::Strong(tag.to_owned())
}

/// A number for a field of the protocol, which has signed ones.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn timestamp(micros: i64) -> dto::Timestamp {
    dto::Timestamp::from(UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Whether a request has `If-None-Match: *`; another value of the header is refused, as S3 does.
pub(super) fn only_if_absent(condition: Option<&dto::IfNoneMatch>) -> S3Result<bool> {
    match condition {
        None => Ok(false),
        Some(condition) if condition.is_any() => Ok(true),
        Some(_) => Err(S3Error::new(S3ErrorCode::NotImplemented)),
    }
}
