//! What is decided about a multipart upload.

use super::change::Change;
use super::object::{Address, Arrived, Claimed, Extent, Stored, Tagged};
use super::refusal::Refusal;
use super::store::Store;
use super::upload::{NewUpload, StoredPart, Upload};
use crate::base::{Digest, Hasher, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A request to complete an upload.
#[derive(Clone, Debug, Default)]
pub struct Complete {
    /// The parts named: number, entity tag without quotes, SHA-256 in base64.
    pub parts: Vec<(u32, String, Option<String>)>,
    /// The composite checksum that the sender expects.
    pub sha256: Option<String>,
    /// The size of the object that the sender expects.
    pub size: Option<u64>,
    /// `If-None-Match: *`.
    pub only_if_absent: bool,
}

impl Store {
    /// Decides about the beginning of an upload; its id stands in the change.
    pub fn create_upload(&self, new: NewUpload, now: Timestamp) -> Result<Change, Refusal> {
        self.bucket(&new.bucket)?;
        Ok(Change::UploadCreated { upload_id: self.fresh("upload"), new, started_us: now.as_micros() })
    }

    /// The upload of this id, if it is one of this object.
    pub fn upload(&self, at: Address<'_>, upload_id: &str) -> Result<&Upload, Refusal> {
        self.bucket(at.bucket)?;
        self.uploads
            .get(upload_id)
            .filter(|upload| upload.new.bucket == at.bucket && upload.new.key == at.key)
            .ok_or(Refusal::NoSuchUpload)
    }

    /// Decides about a part whose bytes have arrived. On a refusal the blob is the caller's to remove.
    pub fn part(
        &self,
        at: Address<'_>,
        upload_id: &str,
        number: u32,
        arrived: Arrived,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        let upload = self.upload(at, upload_id)?;
        if !(1..=10_000).contains(&number) {
            return Err(Refusal::InvalidArgument("Part number must be an integer between 1 and 10000, inclusive"));
        }
        if upload.new.sha256 && claimed.sha256.is_none() {
            return Err(Refusal::InvalidRequest(
                "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null"
                    .to_owned(),
            ));
        }
        arrived.check(claimed)?;
        let part = StoredPart {
            etag: hex::encode(arrived.sha256.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16])),
            sha256: STANDARD.encode(arrived.sha256.as_bytes()),
            modified_us: now.as_micros(),
            extent: Extent { blob: arrived.blob, size: arrived.size },
        };
        Ok(Change::PartArrived { upload_id: upload_id.to_owned(), number, part })
    }

    /// Decides about the completion of an upload.
    pub fn complete(
        &self,
        at: Address<'_>,
        upload_id: &str,
        complete: &Complete,
        now: Timestamp,
    ) -> Result<Change, Refusal> {
        let upload = self.upload(at, upload_id)?;
        let parts = self.named_parts(upload, complete)?;
        let mut digests = Hasher::new();
        for (_, part) in &parts {
            digests.update(&STANDARD.decode(&part.sha256).unwrap_or_default());
        }
        let composite = digests.finish();
        let checksum = format!("{}-{}", STANDARD.encode(composite.as_bytes()), parts.len());
        let size = parts.iter().map(|(_, part)| part.extent.size).sum();
        if complete.sha256.as_ref().is_some_and(|expected| !same_checksum(expected, &checksum, &composite)) {
            return Err(Refusal::BadDigest("SHA256"));
        }
        if complete.size.is_some_and(|expected| expected != size) {
            return Err(Refusal::InvalidRequest(format!("The provided 'x-amz-mp-object-size' is not {size}")));
        }
        if complete.only_if_absent {
            self.expect_absent(at)?;
        }
        let tag = hex::encode(composite.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
        let object = Stored {
            size,
            etag: format!("{tag}-{}", parts.len()),
            sha256: upload.new.sha256.then_some(checksum),
            metadata: upload.new.metadata.clone(),
            content_type: upload.new.content_type.clone(),
            modified_us: now.as_micros(),
            extents: parts.iter().map(|(_, part)| part.extent.clone()).collect(),
        };
        Ok(Change::Completed {
            upload_id: upload_id.to_owned(),
            version: Tagged { version_id: self.version_id(at.bucket)?, object: Some(object) },
        })
    }

    /// Decides about giving an upload up.
    pub fn abort(&self, at: Address<'_>, upload_id: &str) -> Result<Change, Refusal> {
        self.upload(at, upload_id)?;
        Ok(Change::Aborted { upload_id: upload_id.to_owned() })
    }

    /// The parts that a completion names, each of them checked.
    fn named_parts<'a>(&self, upload: &'a Upload, complete: &Complete) -> Result<Vec<(u32, &'a StoredPart)>, Refusal> {
        if complete.parts.is_empty() {
            return Err(Refusal::InvalidRequest("You must specify at least one part".to_owned()));
        }
        let mut named: Vec<(u32, &StoredPart)> = Vec::new();
        for (number, etag, sha256) in &complete.parts {
            if named.last().is_some_and(|(last, _)| last >= number) {
                return Err(Refusal::InvalidPartOrder);
            }
            if upload.new.sha256 && sha256.is_none() {
                return Err(Refusal::InvalidRequest(format!(
                    "The upload was created using a sha256 checksum. The complete request must include the checksum \
                     for each part. It was missing for part {number} in the request."
                )));
            }
            let part = upload.parts.get(number).ok_or(Refusal::InvalidPart(*number))?;
            if part.etag != *etag || sha256.as_ref().is_some_and(|sha256| part.sha256 != *sha256) {
                return Err(Refusal::InvalidPart(*number));
            }
            named.push((*number, part));
        }
        let part_min = self.bucket(&upload.new.bucket)?.spec.part_min;
        let all_but_last = named.len().saturating_sub(1);
        if named.iter().take(all_but_last).any(|(_, part)| part.extent.size < part_min) {
            return Err(Refusal::EntityTooSmall);
        }
        Ok(named)
    }
}

/// Whether an expected composite checksum, with or without its `-N`, is this one.
fn same_checksum(expected: &str, checksum: &str, composite: &Digest) -> bool {
    expected == checksum || expected == STANDARD.encode(composite.as_bytes())
}
