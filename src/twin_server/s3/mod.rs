//! S3 over the object store of the twin: the protocol is the `s3s` crate's, what is stored and refused is ours.

mod bucket;
mod get;
mod put;
mod receive;
mod terms;
mod upload;

use super::site::Site;
use crate::base::Secret;
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

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
