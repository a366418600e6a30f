//! Objects and their versions.

use super::{Address, Arrived, BlobId, Change, Claimed, Refusal, Store};
use crate::base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its SHA-256 checksum in base64, where it was put with one; with `-N` behind it for an object of N parts.
    pub sha256: Option<String>,
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Microseconds since the epoch at which it was put.
    pub modified_us: i64,
    /// Its bytes, in order.
    pub extents: Vec<Extent>,
}

/// A stretch of an object's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The blob; all of it.
    pub blob: BlobId,
    /// Its size in bytes.
    pub size: u64,
}

/// A version of a key: an object, or the mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// The version's id; none where the bucket keeps no versions.
    pub version_id: Option<String>,
    /// The object; none for a delete marker.
    pub object: Option<Stored>,
}

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
