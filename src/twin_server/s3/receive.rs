//! Taking in the bytes of an object or a part, with every digest that its sender claims.

use super::terms::local;
use crate::base::{Digest, Hasher};
use crate::twin::objects::{Arrived, Claimed, Draft};
use crate::twin_server::site::Site;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

/// Bytes that are hashed and written in one go, off the threads that serve connections.
const BATCH: usize = 1 << 20;

/// Algorithms other than SHA-256: they are checked here and not kept.
const OTHERS: [&str; 4] = ["crc32", "crc32c", "crc64nvme", "sha1"];

/// Bytes that have arrived, and what was said about them.
pub(super) struct Received {
    pub(super) arrived: Arrived,
    pub(super) claimed: Claimed,
}

/// What a sender says about its bytes: values of headers, and names of trailers still to come.
struct Claims {
    sha256: Option<String>,
    others: Vec<(&'static str, Option<String>)>,
    md5: Option<String>,
    trailer: Option<String>,
}

/// Reads the body to its end into a blob. Nothing is kept where it is cut short, or another checksum is wrong.
pub(super) async fn receive<T>(site: &Site, request: &S3Request<T>, body: Option<StreamingBlob>) -> S3Result<Received> {
    let claims = Claims::of(request);
    let mut intake = Intake::new(site.blobs().draft().map_err(local)?, &claims);
    if let Some(mut body) = body {
        let mut batch = Vec::new();
        let mut waiting = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|source| S3Error::with_source(S3ErrorCode::IncompleteBody, source))?;
            waiting += piece.len();
            batch.push(piece);
            if waiting >= BATCH {
                intake = intake.taking(std::mem::take(&mut batch)).await?;
                waiting = 0;
            }
        }
        intake = intake.taking(batch).await?;
    }
    let trailer = |name: &str| trailing(request, name);
    intake.finish(&claims, trailer).await
}

/// Reads a body that is refused anyway, so that its sender gets to read why.
pub(super) async fn discard(body: Option<StreamingBlob>) {
    if let Some(mut body) = body {
        while let Some(Ok(_)) = body.next().await {}
    }
}

impl Claims {
    fn of<T>(request: &S3Request<T>) -> Self {
        let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let trailer = text("x-amz-trailer").map(|name| name.trim().to_ascii_lowercase());
        let claimed = |name: &str| {
            let header = format!("x-amz-checksum-{name}");
            let value = text(&header);
            (value.is_some() || trailer.as_ref() == Some(&header)).then_some(value)
        };
        Self {
            sha256: text("x-amz-checksum-sha256"),
            others: OTHERS.iter().filter_map(|name| Some((*name, claimed(name)?))).collect(),
            md5: text("content-md5"),
            trailer,
        }
    }
}

fn trailing<T>(request: &S3Request<T>, name: &str) -> Option<String> {
    let header = format!("x-amz-checksum-{name}");
    let read = |headers: &axum::http::HeaderMap| headers.get(&header)?.to_str().ok().map(str::to_owned);
    request.trailing_headers.as_ref()?.read(read)?
}

/// A blob in the making with the digests of what it has so far.
struct Intake {
    draft: Box<dyn Draft>,
    size: u64,
    sha256: Hasher,
    others: ChecksumHasher,
    md5: Option<Md5>,
}

impl Intake {
    fn new(draft: Box<dyn Draft>, claims: &Claims) -> Self {
        let has = |name: &str| claims.others.iter().any(|(claimed, _)| *claimed == name);
        let others = ChecksumHasher {
            crc32: has("crc32").then(Crc32::new),
            crc32c: has("crc32c").then(Crc32c::new),
            crc64nvme: has("crc64nvme").then(Crc64Nvme::new),
            sha1: has("sha1").then(Sha1::new),
            ..ChecksumHasher::default()
        };
        Self { draft, size: 0, sha256: Hasher::new(), others, md5: claims.md5.as_ref().map(|_| Md5::new()) }
    }

    async fn taking(mut self, pieces: Vec<Bytes>) -> S3Result<Self> {
        let taken = tokio::task::spawn_blocking(move || {
            for piece in &pieces {
                self.size += piece.len() as u64;
                self.sha256.update(piece);
                self.others.update(piece);
                if let Some(md5) = &mut self.md5 {
                    md5.update(piece);
                }
                self.draft.write(piece)?;
            }
            Ok(self)
        });
        taken.await.map_err(S3Error::internal_error)?.map_err(local)
    }

    async fn finish(self, claims: &Claims, trailer: impl Fn(&str) -> Option<String>) -> S3Result<Received> {
        let Self { draft, size, sha256, others, md5 } = self;
        let found = others.finalize();
        for (name, value) in &claims.others {
            let measured = match *name {
                "crc32" => &found.checksum_crc32,
                "crc32c" => &found.checksum_crc32c,
                "crc64nvme" => &found.checksum_crc64nvme,
                _ => &found.checksum_sha1,
            };
            let claimed = value.clone().or_else(|| trailer(name));
            if claimed.is_none() || claimed != *measured {
                let message =
                    format!("The {} you specified did not match the calculated checksum.", name.to_uppercase());
                return Err(S3Error::with_message(S3ErrorCode::BadDigest, message));
            }
        }
        let is_trailing = claims.trailer.as_deref() == Some("x-amz-checksum-sha256");
        let sha256_text = claims.sha256.clone().or_else(|| if is_trailing { trailer("sha256") } else { None });
        if is_trailing && sha256_text.is_none() {
            return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, "The announced trailer is missing."));
        }
        let claimed = Claimed {
            sha256: sha256_text.as_deref().map(decoded::<32>).transpose()?.map(Digest::from_bytes),
            md5: claims.md5.as_deref().map(decoded::<16>).transpose()?,
        };
        let md5 = md5.map(s3s::crypto::Checksum::finalize);
        let blob = tokio::task::spawn_blocking(move || draft.keep());
        let blob = blob.await.map_err(S3Error::internal_error)?.map_err(local)?;
        Ok(Received { arrived: Arrived { blob, size, sha256: sha256.finish(), md5 }, claimed })
    }
}

fn decoded<const N: usize>(text: &str) -> S3Result<[u8; N]> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| S3Error::with_message(S3ErrorCode::InvalidDigest, "The checksum you specified is not valid."))
}
