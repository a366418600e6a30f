//! S3 over the AWS SDK.

mod endpoint;
mod error;
mod helper;
mod profile;

pub use self::endpoint::EndpointError;
pub use self::helper::Helper;

use self::error::{Where, failed, invalid, lacking};
use crate::base::{Address, Digest, Secret};
use crate::port::{
    Async, ByteStream, Digests, Head, Object, ObjectError, ObjectErrorKind, Objects, Part, PartBody, PutOptions,
    Written,
};
use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, IdentityCache, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::primitives::ByteStream as SdkStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Requests that may be repeated are, by the SDK; the engine tries again above it.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(10);
/// For the requests with which a role is taken, once a command has given the credentials to take it with.
const ROLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The metadata key under which the digest of the whole object is noted.
const NOTED: &str = "sha256";

/// Where an object store is and who asks, said in full; nothing comes from the environment.
#[derive(Clone, Debug)]
pub struct Explicit {
    /// The address of the store.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// The id of the access key.
    pub access_key: String,
    /// The access key.
    pub secret_key: Secret<String>,
}

/// Made when the first request is sent: setting up TLS takes longer than a run that needs none.
type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// S3. Clones share connections and credentials.
#[derive(Clone, Debug)]
pub struct S3 {
    client: LazyClient,
    region: String,
    /// Whether bodies go without a signature of their own: their digest is sent and checked anyway, and between here
    /// and there stands TLS, or nothing.
    unsigned: bool,
}

impl S3 {
    /// A store whose place and keys are given, addressed with the bucket in the path.
    pub fn explicit(parts: Explicit) -> Self {
        let Explicit { endpoint, region, access_key, secret_key } = parts;
        let unsigned = Address::parse(&endpoint).is_ok_and(|address| address.is_private());
        let credentials = Credentials::new(access_key, secret_key.expose(), None, None, "surefoot");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new(region.clone()))
            .credentials_provider(credentials)
            .force_path_style(true);
        Self { client: client(config), region, unsigned }
    }

    /// The account that the AWS default chain finds: variables, profiles, SSO, process credentials, instance roles.
    /// The variables `hidden` are not seen by the command of a profile's `credential_process`. An endpoint that the
    /// environment names is reached over TLS, or on this machine itself: what is put there is a whole database.
    pub async fn from_default_chain(hidden: &[String]) -> Result<Self, EndpointError> {
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        if let Some(endpoint) = endpoint::named(&config) {
            endpoint::require_private(&endpoint)?;
        }
        let mut builder = Builder::from(&config);
        if let Some(provider) = profile::with_helper(&config, hidden).await {
            // By itself the SDK waits for credentials for five seconds.
            let cache = IdentityCache::lazy().load_timeout(Helper::LIMIT + ROLE_TIMEOUT).build();
            builder = builder.credentials_provider(provider).identity_cache(cache);
        }
        Ok(Self { client: client(builder), region, unsigned: true })
    }
}

/// For what answers otherwise the second time: a reply to a repetition would tell of the first attempt, not of us.
fn once() -> Builder {
    aws_sdk_s3::Config::builder().retry_config(RetryConfig::disabled())
}

fn client(config: Builder) -> LazyClient {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    let config = config
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        // The digests are computed once, by whoever reads the file; the SDK must not hash the bytes again.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    Arc::new(LazyLock::new(Box::new(move || Client::from_conf(config.build()))))
}

fn base64_of(digest: Digest) -> String {
    STANDARD.encode(digest.as_bytes())
}

fn digest_of(base64: &str) -> Option<Digest> {
    STANDARD.decode(base64).ok()?.try_into().ok().map(Digest::from_bytes)
}

fn etag_of(etag: Option<String>, at: &Where<'_>) -> Result<String, ObjectError> {
    etag.ok_or_else(|| lacking(at, "entity tag"))
}

impl S3 {
    async fn region_of(&self, bucket: &str) -> Result<String, ObjectError> {
        let at = Where::bucket("head", bucket, &self.region);
        let reply = self.client.head_bucket().bucket(bucket).send().await.map_err(|error| failed(&at, &error))?;
        Ok(reply.bucket_region.unwrap_or_else(|| self.region.clone()))
    }

    async fn start(&self, object: &Object, digest: Digest) -> Result<String, ObjectError> {
        let at = Where::object("start an upload to", object, &self.region);
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&object.bucket)
            .key(&object.key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .metadata(NOTED, digest.to_string());
        let reply = request.customize().config_override(once()).send().await.map_err(|error| failed(&at, &error))?;
        reply.upload_id.ok_or_else(|| lacking(&at, "upload id"))
    }

    async fn send_part(&self, object: &Object, upload: &str, number: u32, body: PartBody) -> Result<Part, ObjectError> {
        let at = Where::object("upload a part to", object, &self.region);
        let PartBody { bytes, sha256 } = body;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let request = self
            .client
            .upload_part()
            .bucket(&object.bucket)
            .key(&object.key)
            .upload_id(upload)
            .part_number(part_number(number, &at)?)
            .checksum_sha256(base64_of(sha256))
            .body(SdkStream::from(bytes));
        let request = request.customize();
        let request = if self.unsigned { request.disable_payload_signing() } else { request };
        let reply = request.send().await.map_err(|error| failed(&at, &error))?;
        let told = reply.checksum_sha256.as_deref().and_then(digest_of);
        if told.is_some_and(|told| told != sha256) {
            let message = format!("{at}: part {number} arrived with another digest");
            return Err(ObjectError { kind: ObjectErrorKind::Digest, message, status: None, request_id: None });
        }
        Ok(Part { number, etag: etag_of(reply.e_tag, &at)?, sha256: Some(sha256), size })
    }

    async fn arrived(&self, object: &Object, upload: &str) -> Result<Vec<Part>, ObjectError> {
        let at = Where::object("list the parts of", object, &self.region);
        let request = self.client.list_parts().bucket(&object.bucket).key(&object.key).upload_id(upload);
        let mut parts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let page = request.clone().set_part_number_marker(marker.take());
            let page = page.send().await.map_err(|error| failed(&at, &error))?;
            for part in page.parts.unwrap_or_default() {
                parts.push(Part {
                    number: part.part_number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
                    etag: etag_of(part.e_tag, &at)?,
                    sha256: part.checksum_sha256.as_deref().and_then(digest_of),
                    size: part.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                });
            }
            match page.next_part_number_marker {
                Some(next) if page.is_truncated == Some(true) => marker = Some(next),
                _ => break,
            }
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    async fn finish(&self, object: &Object, upload: &str, parts: &[Part]) -> Result<Written, ObjectError> {
        let at = Where::object("complete the upload to", object, &self.region);
        let mut all = CompletedMultipartUpload::builder();
        for part in parts {
            let done = CompletedPart::builder()
                .part_number(part_number(part.number, &at)?)
                .e_tag(&part.etag)
                .set_checksum_sha256(part.sha256.map(base64_of));
            all = all.parts(done.build());
        }
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&object.bucket)
            .key(&object.key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(all.build());
        let reply = request.customize().config_override(once()).send().await.map_err(|error| failed(&at, &error))?;
        Ok(Written { etag: etag_of(reply.e_tag, &at)?, version_id: reply.version_id })
    }

    async fn under_way(&self, object: &Object) -> Result<Vec<String>, ObjectError> {
        let at = Where::object("list the uploads to", object, &self.region);
        let request = self.client.list_multipart_uploads().bucket(&object.bucket).prefix(&object.key);
        let mut ids = Vec::new();
        let (mut key, mut id): (Option<String>, Option<String>) = (None, None);
        loop {
            let page = request.clone().set_key_marker(key.take()).set_upload_id_marker(id.take());
            let page = page.send().await.map_err(|error| failed(&at, &error))?;
            // The prefix of a key is also that of longer keys.
            let ours = page.uploads.unwrap_or_default().into_iter();
            let ours = ours.filter(|upload| upload.key.as_deref() == Some(object.key.as_str()));
            ids.extend(ours.filter_map(|upload| upload.upload_id));
            match page.next_key_marker {
                Some(next) if page.is_truncated == Some(true) => (key, id) = (Some(next), page.next_upload_id_marker),
                _ => return Ok(ids),
            }
        }
    }

    async fn give_up(&self, object: &Object, upload: &str) -> Result<(), ObjectError> {
        let at = Where::object("abort the upload to", object, &self.region);
        let request = self.client.abort_multipart_upload();
        let request = request.bucket(&object.bucket).key(&object.key).upload_id(upload);
        request.send().await.map(|_| ()).map_err(|error| failed(&at, &error))
    }

    async fn put_once(&self, object: &Object, body: Bytes, options: PutOptions) -> Result<Written, ObjectError> {
        let at = Where::object("put", object, &self.region);
        let request = self
            .client
            .put_object()
            .bucket(&object.bucket)
            .key(&object.key)
            .set_checksum_sha256(options.sha256.map(base64_of))
            .set_metadata(options.sha256.map(|digest| [(NOTED.to_owned(), digest.to_string())].into()))
            .set_if_none_match(options.only_if_absent.then(|| "*".to_owned()))
            .body(SdkStream::from(body));
        let request = request.customize().config_override(once());
        let request = if self.unsigned { request.disable_payload_signing() } else { request };
        let reply = request.send().await.map_err(|error| failed(&at, &error))?;
        Ok(Written { etag: etag_of(reply.e_tag, &at)?, version_id: reply.version_id })
    }

    async fn look(&self, object: &Object) -> Result<Head, ObjectError> {
        let at = Where::object("head", object, &self.region);
        let request = self
            .client
            .head_object()
            .bucket(&object.bucket)
            .key(&object.key)
            .set_version_id(object.version_id.clone())
            .checksum_mode(ChecksumMode::Enabled);
        let reply = request.send().await.map_err(|error| failed(&at, &error))?;
        let noted = reply.metadata.as_ref().and_then(|notes| notes.get(NOTED)).and_then(|text| text.parse().ok());
        let size = reply.content_length.and_then(|size| u64::try_from(size).ok());
        Ok(Head {
            size: size.ok_or_else(|| lacking(&at, "size"))?,
            etag: etag_of(reply.e_tag, &at)?,
            version_id: reply.version_id,
            digests: Digests { checksum: reply.checksum_sha256, noted },
        })
    }

    async fn open(&self, object: &Object) -> Result<ByteStream, ObjectError> {
        let at = Where::object("read", object, &self.region);
        let request = self.client.get_object().bucket(&object.bucket).key(&object.key);
        let request = request.set_version_id(object.version_id.clone());
        let reply = request.send().await.map_err(|error| failed(&at, &error))?;
        let name = at.to_string();
        let stream = futures_util::stream::try_unfold((reply.body, name), |(mut body, name)| async move {
            match body.next().await {
                None => Ok(None),
                Some(Ok(bytes)) => Ok(Some((bytes, (body, name)))),
                Some(Err(error)) => Err(error::cut_short(&name, &error)),
            }
        });
        Ok(Box::pin(stream))
    }

    async fn remove(&self, object: &Object) -> Result<(), ObjectError> {
        let at = Where::object("delete", object, &self.region);
        let request = self.client.delete_object().bucket(&object.bucket).key(&object.key);
        let request = request.set_version_id(object.version_id.clone());
        request.send().await.map(|_| ()).map_err(|error| failed(&at, &error))
    }
}

fn part_number(number: u32, at: &Where<'_>) -> Result<i32, ObjectError> {
    i32::try_from(number).map_err(|_| invalid(at, "there is no part of this number"))
}

impl Objects for S3 {
    fn bucket_region<'a>(&'a self, bucket: &'a str) -> Async<'a, Result<String, ObjectError>> {
        Box::pin(self.region_of(bucket))
    }

    fn create<'a>(&'a self, object: &'a Object, digest: Digest) -> Async<'a, Result<String, ObjectError>> {
        Box::pin(self.start(object, digest))
    }

    fn part<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        number: u32,
        body: PartBody,
    ) -> Async<'a, Result<Part, ObjectError>> {
        Box::pin(self.send_part(object, upload, number, body))
    }

    fn list_parts<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<Vec<Part>, ObjectError>> {
        Box::pin(self.arrived(object, upload))
    }

    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        parts: &'a [Part],
    ) -> Async<'a, Result<Written, ObjectError>> {
        Box::pin(self.finish(object, upload, parts))
    }

    fn uploads<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(self.under_way(object))
    }

    fn abort<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<(), ObjectError>> {
        Box::pin(self.give_up(object, upload))
    }

    fn put<'a>(
        &'a self,
        object: &'a Object,
        body: Bytes,
        options: PutOptions,
    ) -> Async<'a, Result<Written, ObjectError>> {
        Box::pin(self.put_once(object, body, options))
    }

    fn head<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Head, ObjectError>> {
        Box::pin(self.look(object))
    }

    fn get<'a>(&'a self, object: &'a Object) -> Async<'a, Result<ByteStream, ObjectError>> {
        Box::pin(self.open(object))
    }

    fn delete<'a>(&'a self, object: &'a Object) -> Async<'a, Result<(), ObjectError>> {
        Box::pin(self.remove(object))
    }
}
