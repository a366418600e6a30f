//! Buckets, and what may be done there.

use serde::{Deserialize, Serialize};

/// The smallest part but the last that S3 completes an upload with, in bytes.
pub const PART_MIN: u64 = 5 << 20;

/// A bucket as a scenario describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSpec {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Whether it keeps versions.
    #[serde(default = "yes")]
    pub versioning: bool,
    /// What the credentials of the twin may do there.
    #[serde(default)]
    pub access: Access,
    /// The smallest part but the last that an upload may have, in bytes.
    #[serde(default = "part_min")]
    pub part_min: u64,
}

impl BucketSpec {
    /// A bucket with versions and full access.
    pub fn new(name: &str, region: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            versioning: true,
            access: Access::Full,
            part_min: PART_MIN,
        }
    }
}

/// What the credentials of the twin may do in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Everything.
    #[default]
    Full,
    /// Reads only.
    ReadOnly,
    /// Nothing.
    Denied,
}

/// Whether a request reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It reads.
    Read,
    /// It writes.
    Write,
}

const fn yes() -> bool {
    true
}

const fn part_min() -> u64 {
    PART_MIN
}
