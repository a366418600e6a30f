//! S3 over the object store of the twin: the protocol is the `s3s` crate's, what is stored and refused is ours.

mod bucket;
mod get;
mod put;
mod receive;
mod upload;

use super::door::RequestId;
use super::site::{Denied, Origin, Site};
use crate::base::Secret;
use crate::twin::objects::{Address, Intent, Refusal};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{self, ETag};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// What a method of an `async_trait` returns.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = S3Result<T>> + Send + 'a>>;

/// The service for a site: requests signed with its keys, buckets addressed by path.
pub(super) fn service(site: &Arc<Site>) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Operations(Arc::clone(site)));
    let keys = site.keys();
    builder.set_auth(Keyring { access: keys.access.clone(), secret: keys.secret.clone() });
    builder.build()
}

struct Keyring {
    access: String,
    secret: Secret<String>,
}

impl S3Auth for Keyring {
    fn get_secret_key<'life0, 'life1, 'async_trait>(
        &'life0 self,
        access_key: &'life1 str,
    ) -> Boxed<'async_trait, SecretKey>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let found = if access_key == self.access {
            Ok(SecretKey::from(self.secret.expose().as_str()))
        } else {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            Err(S3Error::with_message(S3ErrorCode::InvalidAccessKeyId, message))
        };
        Box::pin(std::future::ready(found))
    }
}

struct Operations(Arc<Site>);

/// The operations of the trait that the stand has, each with the function that does it.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident = $function:path;)*) => {
        impl S3 for Operations {
            $(
                fn $name<'life0, 'async_trait>(
                    &'life0 self,
                    request: S3Request<dto::$input>,
                ) -> Boxed<'async_trait, S3Response<dto::$output>>
                where
                    'life0: 'async_trait,
                    Self: 'async_trait,
                {
                    Box::pin($function(Arc::clone(&self.0), request))
                }
            )*
        }
    };
}

operations! {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = upload::abort;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = upload::complete;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = upload::create;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = put::delete;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = bucket::versioning;
    get_object(GetObjectInput) -> GetObjectOutput = get::get;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head;
    head_object(HeadObjectInput) -> HeadObjectOutput = get::head;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = upload::list;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = bucket::list;
    list_parts(ListPartsInput) -> ListPartsOutput = upload::list_parts;
    put_object(PutObjectInput) -> PutObjectOutput = put::put;
    upload_part(UploadPartInput) -> UploadPartOutput = put::part;
}

/// Checks that the request may enter the bucket.
fn enter<T>(site: &Site, request: &S3Request<T>, bucket: &str, intent: Intent) -> S3Result<()> {
    let region = request.region.as_ref().map_or("", |region| region.as_str());
    site.with_store(|store| store.enter(bucket, region, intent).map(drop)).map_err(S3Error::from)
}

/// What the ledger says about a request that writes.
fn origin<T>(request: &S3Request<T>, at: Address<'_>, status: u16) -> Origin {
    Origin {
        method: request.method.as_str().to_owned(),
        path: request.uri.path().to_owned(),
        target: format!("{}/{}", at.bucket, at.key),
        request_id: request.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        status,
    }
}

fn denied(denied: Denied) -> S3Error {
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

fn local(source: std::io::Error) -> S3Error {
    S3Error::internal_error(source)
}

fn etag(tag: &str) -> ETag {
    ETag::Strong(tag.to_owned())
}

/// A number for a field of the protocol, which has signed ones.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn timestamp(micros: i64) -> dto::Timestamp {
    dto::Timestamp::from(UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Whether a request has `If-None-Match: *`; another value of the header is refused, as S3 does.
fn only_if_absent(condition: Option<&dto::IfNoneMatch>) -> S3Result<bool> {
    match condition {
        None => Ok(false),
        Some(condition) if condition.is_any() => Ok(true),
        Some(_) => Err(S3Error::new(S3ErrorCode::NotImplemented)),
    }
}
