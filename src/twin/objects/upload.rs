//! Multipart uploads, as the store keeps them.

use super::object::Extent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request to begin a multipart upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUpload {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Whether every part comes with its SHA-256.
    pub sha256: bool,
    /// Metadata of the object to be.
    pub metadata: BTreeMap<String, String>,
    /// Its content type.
    pub content_type: Option<String>,
}

/// A multipart upload under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// How it began.
    pub new: NewUpload,
    /// Microseconds since the epoch at which it began.
    pub started_us: i64,
    /// The parts that have arrived.
    pub parts: BTreeMap<u32, StoredPart>,
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPart {
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its SHA-256 in base64.
    pub sha256: String,
    /// Microseconds since the epoch at which it arrived.
    pub modified_us: i64,
    /// Its bytes.
    pub extent: Extent,
}
