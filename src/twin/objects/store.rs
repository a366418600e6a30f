//! The store itself: who may enter, and names for what is new.

use super::bucket::{Access, BucketSpec, Intent};
use super::object::Tagged;
use super::refusal::Refusal;
use super::upload::Upload;
use crate::base::Digest;
use std::collections::BTreeMap;

/// The object store.
#[derive(Clone, Debug)]
pub struct Store {
    seed: u64,
    home: String,
    pub(super) changes: u64,
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// A bucket with its keys.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) spec: BucketSpec,
    /// Versions of each key, oldest first; never empty.
    pub(super) keys: BTreeMap<String, Vec<Tagged>>,
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

    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or(Refusal::NoSuchBucket)
    }

    /// A name for something new: a function of the seed and of how much has changed so far.
    pub(super) fn fresh(&self, kind: &str) -> String {
        let digest = Digest::of(format!("{}/{}/{kind}", self.seed, self.changes).as_bytes());
        hex::encode(digest.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]))
    }
}
