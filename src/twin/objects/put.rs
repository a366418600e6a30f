//! What is decided about a put and a deletion.

use super::change::Change;
use super::object::{Address, Arrived, Claimed, Extent, Stored, Tagged};
use super::refusal::Refusal;
use super::store::Store;
use crate::base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// A request to put an object whose bytes have arrived.
#[derive(Clone, Debug)]
pub struct Put {
    /// The bytes.
    pub arrived: Arrived,
    /// What the sender said about them.
    pub claimed: Claimed,
    /// Metadata of the object.
    pub metadata: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// `If-None-Match: *`.
    pub only_if_absent: bool,
}

impl Store {
    /// Decides about a put. On a refusal the blob is the caller's to remove.
    pub fn put(&self, at: Address<'_>, put: Put, now: Timestamp) -> Result<Change, Refusal> {
        put.arrived.check(&put.claimed)?;
        if put.only_if_absent {
            self.expect_absent(at)?;
        }
        let arrived = put.arrived;
        let object = Stored {
            size: arrived.size,
            etag: hex::encode(arrived.sha256.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16])),
            sha256: put.claimed.sha256.map(|digest| STANDARD.encode(digest.as_bytes())),
            metadata: put.metadata,
            content_type: put.content_type,
            modified_us: now.as_micros(),
            extents: vec![Extent { blob: arrived.blob, size: arrived.size }],
        };
        Ok(Change::Put {
            bucket: at.bucket.to_owned(),
            key: at.key.to_owned(),
            version: Tagged { version_id: self.version_id(at.bucket)?, object: Some(object) },
        })
    }

    /// Decides about a deletion: of one version for good, or, without one, by a marker where there are versions.
    /// None where there is nothing to change.
    pub fn delete(&self, at: Address<'_>, version_id: Option<&str>) -> Result<Option<Change>, Refusal> {
        let bucket = self.bucket(at.bucket)?;
        let versions = bucket.keys.get(at.key).map(Vec::as_slice).unwrap_or_default();
        let (bucket_name, key) = (at.bucket.to_owned(), at.key.to_owned());
        if version_id.is_none() && bucket.spec.versioning {
            let version = Tagged { version_id: self.version_id(at.bucket)?, object: None };
            return Ok(Some(Change::Put { bucket: bucket_name, key, version }));
        }
        let gone = versions.iter().find(|tagged| tagged.version_id.as_deref() == version_id);
        Ok(gone.map(|tagged| Change::Removed { bucket: bucket_name, key, version_id: tagged.version_id.clone() }))
    }

    /// Refuses where the key has an object.
    pub(super) fn expect_absent(&self, at: Address<'_>) -> Result<(), Refusal> {
        let newest = self.bucket(at.bucket)?.keys.get(at.key).and_then(|versions| versions.last());
        match newest.and_then(|tagged| tagged.object.as_ref()) {
            Some(_) => Err(Refusal::PreconditionFailed),
            None => Ok(()),
        }
    }

    /// The id for a new version in this bucket.
    pub(super) fn version_id(&self, bucket: &str) -> Result<Option<String>, Refusal> {
        Ok(self.bucket(bucket)?.spec.versioning.then(|| self.fresh("version")))
    }
}
