//! Accepted writes, as they stand in the log.

use super::blobs::BlobId;
use super::object::Tagged;
use super::store::Store;
use super::upload::{NewUpload, StoredPart, Upload};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An accepted write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A version was added: an object, or a delete marker.
    Put {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version.
        version: Tagged,
    },
    /// A version was removed for good.
    Removed {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version.
        version_id: Option<String>,
    },
    /// A multipart upload began.
    UploadCreated {
        /// Its id.
        upload_id: String,
        /// What it is for.
        new: NewUpload,
        /// Microseconds since the epoch.
        started_us: i64,
    },
    /// A part arrived; it replaces an earlier one of its number.
    PartArrived {
        /// The upload.
        upload_id: String,
        /// The number of the part.
        number: u32,
        /// The part.
        part: StoredPart,
    },
    /// An upload became an object.
    Completed {
        /// The upload.
        upload_id: String,
        /// The version it became.
        version: Tagged,
    },
    /// An upload was given up.
    Aborted {
        /// The upload.
        upload_id: String,
    },
}

impl Store {
    /// Takes a change in and returns the blobs that nothing refers to any longer.
    pub fn apply(&mut self, change: &Change) -> Vec<BlobId> {
        self.changes += 1;
        match change {
            Change::Put { bucket, key, version } => self.add(bucket, key, version),
            Change::Removed { bucket, key, version_id } => self.remove(bucket, key, version_id.as_deref()),
            Change::UploadCreated { upload_id, new, started_us } => {
                let upload = Upload { new: new.clone(), started_us: *started_us, parts: BTreeMap::new() };
                self.uploads.insert(upload_id.clone(), upload);
                Vec::new()
            }
            Change::PartArrived { upload_id, number, part } => self
                .uploads
                .get_mut(upload_id)
                .and_then(|upload| upload.parts.insert(*number, part.clone()))
                .map(|replaced| replaced.extent.blob)
                .into_iter()
                .collect(),
            Change::Completed { upload_id, version } => {
                let Some(upload) = self.uploads.remove(upload_id) else { return Vec::new() };
                let mut freed = self.add(&upload.new.bucket, &upload.new.key, version);
                let used: BTreeSet<&BlobId> =
                    version.object.iter().flat_map(|object| &object.extents).map(|e| &e.blob).collect();
                freed.extend(
                    upload.parts.into_values().map(|part| part.extent.blob).filter(|blob| !used.contains(blob)),
                );
                freed
            }
            Change::Aborted { upload_id } => self
                .uploads
                .remove(upload_id)
                .map(|upload| upload.parts.into_values().map(|part| part.extent.blob).collect())
                .unwrap_or_default(),
        }
    }

    /// Every blob that an object or a part refers to.
    pub fn blobs(&self) -> BTreeSet<BlobId> {
        let versions = self.buckets.values().flat_map(|bucket| bucket.keys.values().flatten());
        let objects = versions.filter_map(|tagged| tagged.object.as_ref()).flat_map(|object| &object.extents);
        let parts = self.uploads.values().flat_map(|upload| upload.parts.values()).map(|part| &part.extent);
        objects.chain(parts).map(|extent| extent.blob.clone()).collect()
    }

    fn add(&mut self, bucket: &str, key: &str, version: &Tagged) -> Vec<BlobId> {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return Vec::new() };
        let versions = bucket.keys.entry(key.to_owned()).or_default();
        let replaced = if bucket.spec.versioning { Vec::new() } else { std::mem::take(versions) };
        versions.push(version.clone());
        blobs_of(replaced)
    }

    fn remove(&mut self, bucket: &str, key: &str, version_id: Option<&str>) -> Vec<BlobId> {
        let Some(bucket) = self.buckets.get_mut(bucket) else { return Vec::new() };
        let Some(versions) = bucket.keys.get_mut(key) else { return Vec::new() };
        let (gone, left) =
            std::mem::take(versions).into_iter().partition(|one| one.version_id.as_deref() == version_id);
        *versions = left;
        if versions.is_empty() {
            bucket.keys.remove(key);
        }
        blobs_of(gone)
    }
}

fn blobs_of(versions: Vec<Tagged>) -> Vec<BlobId> {
    versions.into_iter().filter_map(|tagged| tagged.object).flat_map(|object| object.extents).map(|e| e.blob).collect()
}
