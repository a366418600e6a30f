//! Objects and their versions, and the bytes that arrive for them.

use super::blobs::BlobId;
use super::refusal::Refusal;
use crate::base::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
}

/// What the sender said about the bytes, as far as it said anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// `x-amz-checksum-sha256`.
    pub sha256: Option<Digest>,
    /// `Content-MD5`.
    pub md5: Option<[u8; 16]>,
}

/// Bytes that have arrived and stand in a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Where they stand.
    pub blob: BlobId,
    /// How many.
    pub size: u64,
    /// Their digest.
    pub sha256: Digest,
    /// Their MD5, computed where it was claimed.
    pub md5: Option<[u8; 16]>,
}

impl Arrived {
    /// Whether the bytes are what their sender said.
    pub(super) fn check(&self, claimed: &Claimed) -> Result<(), Refusal> {
        if claimed.sha256.is_some_and(|digest| digest != self.sha256) {
            return Err(Refusal::BadDigest("SHA256"));
        }
        if claimed.md5.is_some() && claimed.md5 != self.md5 {
            return Err(Refusal::BadDigest("Content-MD5"));
        }
        Ok(())
    }
}

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
