//! S3, as the primitives of its protocol; multipart and resume logic stand in `kinds::s3`.

use super::Async;
use crate::base::Digest;
use bytes::Bytes;
use futures_util::stream::BoxStream;

/// An object store.
pub trait Objects: Send + Sync {
    /// The region of a bucket; proves that it exists and that the credentials reach it.
    fn bucket_region<'a>(&'a self, bucket: &'a str) -> Async<'a, Result<String, ObjectError>>;

    /// Starts a multipart upload with SHA-256 checksums; returns the upload's id. `digest` goes into the metadata.
    fn create<'a>(&'a self, object: &'a Object, digest: Digest) -> Async<'a, Result<String, ObjectError>>;

    /// Uploads a part with its checksum.
    fn part<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        number: u32,
        body: PartBody,
    ) -> Async<'a, Result<Part, ObjectError>>;

    /// The parts that have arrived, sorted by number.
    fn list_parts<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<Vec<Part>, ObjectError>>;

    /// Completes a multipart upload; refused with [`ObjectErrorKind::Exists`] where the key is taken.
    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        parts: &'a [Part],
    ) -> Async<'a, Result<Written, ObjectError>>;

    /// The ids of the multipart uploads to this key that are under way.
    fn uploads<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Vec<String>, ObjectError>>;

    /// Gives up a multipart upload.
    fn abort<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<(), ObjectError>>;

    /// Puts an object in one request.
    fn put<'a>(
        &'a self,
        object: &'a Object,
        body: Bytes,
        options: PutOptions,
    ) -> Async<'a, Result<Written, ObjectError>>;

    /// What is known about an object.
    fn head<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Head, ObjectError>>;

    /// The bytes of an object.
    fn get<'a>(&'a self, object: &'a Object) -> Async<'a, Result<ByteStream, ObjectError>>;

    /// Deletes an object; used for the probe object of the preflight only.
    fn delete<'a>(&'a self, object: &'a Object) -> Async<'a, Result<(), ObjectError>>;
}

/// Bytes as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes, ObjectError>>;

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version; the newest where there is none.
    pub version_id: Option<String>,
}

/// The body of a part with its digest, hashed by whoever read it.
#[derive(Clone, Debug)]
pub struct PartBody {
    /// The bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub sha256: Digest,
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// Its entity tag.
    pub etag: String,
    /// Its digest, where the service tells it.
    pub sha256: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
}

/// How an object is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// The digest it must arrive with.
    pub sha256: Option<Digest>,
    /// Refuse with [`ObjectErrorKind::Exists`] where the key is taken.
    pub only_if_absent: bool,
}

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its entity tag.
    pub etag: String,
    /// Its version, where the bucket has versions.
    pub version_id: Option<String>,
}

/// What is known about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
    /// Its version, where the bucket has versions.
    pub version_id: Option<String>,
    /// Its digests, as far as the service knows them.
    pub digests: Digests,
}

/// The digests of an object as the service tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// The checksum of the service: base64 of SHA-256, with `-N` behind it for an object of N parts.
    pub checksum: Option<String>,
    /// The digest of the whole object as its writer noted it in the metadata.
    pub noted: Option<Digest>,
}

/// A request to the object store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ObjectError {
    /// What may be done about it.
    pub kind: ObjectErrorKind,
    /// What and where; no secret.
    pub message: String,
    /// HTTP status, where there was a response.
    pub status: Option<u16>,
    /// The service's own id of the request.
    pub request_id: Option<String>,
}

/// What may be done about a failed request to the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectErrorKind {
    /// It never left.
    NotSent,
    /// Nobody can tell whether it took effect, for want of an answer or after one that does not say so, as every 5xx;
    /// every request here may be sent again.
    Unknown,
    /// It was refused, and may be taken later: the service is busy with something else.
    Outside,
    /// The credentials are absent, wrong or not allowed.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// The bucket is in another region; the message names it.
    WrongRegion,
    /// There is no such object or upload.
    NotFound,
    /// The key is taken.
    Exists,
    /// A digest did not match.
    Digest,
    /// The request is wrong in another way.
    Invalid,
}

impl ObjectErrorKind {
    /// What a status means where nothing else says more. `bucket`: the request is about a bucket and no object.
    ///
    /// What answers 5xx may have done it all the same (docs/effects.md, "Outcomes").
    pub const fn of_status(status: u16, bucket: bool) -> Self {
        match status {
            500.. => Self::Unknown,
            301 | 307 | 308 => Self::WrongRegion,
            401 | 403 => Self::Denied,
            404 | 410 if bucket => Self::NoBucket,
            404 | 410 => Self::NotFound,
            412 => Self::Exists,
            408 | 429 => Self::Outside,
            _ => Self::Invalid,
        }
    }
}
