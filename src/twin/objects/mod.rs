//! An object store as pure data: buckets, versions, multipart uploads, and S3's rules about them.
//!
//! A write is decided by a method of [`Store`] that changes nothing and returns a [`Change`] or a [`Refusal`];
//! [`Store::apply`] then takes the change in. The caller logs the change between the two, so that replaying the log
//! gives the same store. The bytes themselves stand behind [`Blobs`]; the store knows their names, sizes and digests.
//!
//! The store is strict where others are lenient: a digest that does not match is refused and nothing is stored, the
//! condition of `If-None-Match: *` holds at the moment of the change, a completed upload has a composite checksum.
//! Entity tags are opaque: 32 hexadecimal digits of SHA-256, with `-N` behind them for an object of N parts.

mod blobs;
mod change;
mod object;
mod read;
mod refusal;
mod upload;

pub use blobs::{BlobId, Blobs, Draft, MemoryBlobs};
pub use change::Change;
pub use object::{Extent, Put, Stored, Tagged};
pub use read::{Listed, PartList};
pub use refusal::Refusal;
pub use upload::{Complete, NewUpload, StoredPart, Upload};

use crate::base::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    fn check(&self, claimed: &Claimed) -> Result<(), Refusal> {
        if claimed.sha256.is_some_and(|digest| digest != self.sha256) {
            return Err(Refusal::BadDigest("SHA256"));
        }
        if claimed.md5.is_some() && claimed.md5 != self.md5 {
            return Err(Refusal::BadDigest("Content-MD5"));
        }
        Ok(())
    }
}

/// The object store.
#[derive(Clone, Debug)]
pub struct Store {
    seed: u64,
    home: String,
    changes: u64,
    buckets: BTreeMap<String, Bucket>,
    uploads: BTreeMap<String, Upload>,
}

#[derive(Clone, Debug)]
struct Bucket {
    spec: BucketSpec,
    /// Versions of each key, oldest first; never empty.
    keys: BTreeMap<String, Vec<Tagged>>,
}

impl Store {
    /// An empty store with these buckets. `home` is the region that the endpoint stands in.
    pub fn new(seed: u64, home: &str, buckets: &[BucketSpec]) -> Self {
        let buckets = buckets
            .iter()
            .map(|spec| (spec.name.clone(), Bucket { spec: spec.clone(), keys: BTreeMap::new() }))
            .collect();
        Self { seed, home: home.to_owned(), changes: 0, buckets, uploads: BTreeMap::new() }
    }

    /// Whether a request signed for `region` may do this in the bucket; its region.
    ///
    /// To be asked before the body is read. A request signed for the region of the endpoint is redirected to the
    /// bucket's; one signed for a third region is malformed, as S3 tells them apart.
    pub fn enter(&self, bucket: &str, region: &str, intent: Intent) -> Result<&str, Refusal> {
        let spec = &self.bucket(bucket)?.spec;
        if spec.access == Access::Denied {
            return Err(Refusal::AccessDenied);
        }
        if region != spec.region {
            return Err(Refusal::WrongRegion {
                bucket: spec.region.clone(),
                signed: region.to_owned(),
                redirects: region == self.home,
            });
        }
        if spec.access == Access::ReadOnly && intent == Intent::Write {
            return Err(Refusal::AccessDenied);
        }
        Ok(&spec.region)
    }

    fn bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or(Refusal::NoSuchBucket)
    }

    /// A name for something new: a function of the seed and of how much has changed so far.
    fn fresh(&self, kind: &str) -> String {
        let digest = Digest::of(format!("{}/{}/{kind}", self.seed, self.changes).as_bytes());
        hex::encode(digest.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]))
    }
}

const fn yes() -> bool {
    true
}

const fn part_min() -> u64 {
    PART_MIN
}
