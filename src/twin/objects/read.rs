//! Reading the store.

use super::object::{Address, Stored, Tagged};
use super::refusal::Refusal;
use super::store::Store;
use super::upload::StoredPart;

/// A page of parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartList {
    /// Number and part, in ascending order.
    pub parts: Vec<(u32, StoredPart)>,
    /// Whether there are more behind them.
    pub truncated: bool,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its newest version.
    pub object: Stored,
}

impl Store {
    /// An object with its version: the newest, or the one asked for.
    pub fn get(&self, at: Address<'_>, version_id: Option<&str>) -> Result<(&Tagged, &Stored), Refusal> {
        let versions = self.bucket(at.bucket)?.keys.get(at.key).map(Vec::as_slice).unwrap_or_default();
        let (tagged, absent) = match version_id {
            None => (versions.last(), Refusal::NoSuchKey),
            Some(id) => {
                let known = versions.iter().find(|tagged| tagged.version_id.as_deref().unwrap_or("null") == id);
                (known, Refusal::NoSuchVersion)
            }
        };
        tagged.and_then(|tagged| Some((tagged, tagged.object.as_ref()?))).ok_or(absent)
    }

    /// Parts that have arrived, with numbers above `after`, at most `limit` of them.
    pub fn list_parts(&self, at: Address<'_>, upload_id: &str, after: u32, limit: usize) -> Result<PartList, Refusal> {
        let upload = self.upload(at, upload_id)?;
        let mut parts: Vec<_> = upload
            .parts
            .range(after.saturating_add(1)..)
            .take(limit.saturating_add(1))
            .map(|(number, part)| (*number, part.clone()))
            .collect();
        let truncated = parts.len() > limit;
        parts.truncate(limit);
        Ok(PartList { parts, truncated })
    }

    /// The uploads under way to keys with this prefix: key, id, microseconds since the epoch at which each began.
    pub fn list_uploads(&self, bucket: &str, prefix: &str) -> Result<Vec<(String, String, i64)>, Refusal> {
        self.bucket(bucket)?;
        let mut found: Vec<_> = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.new.bucket == bucket && upload.new.key.starts_with(prefix))
            .map(|(id, upload)| (upload.new.key.clone(), id.clone(), upload.started_us))
            .collect();
        found.sort();
        Ok(found)
    }

    /// The objects whose keys begin with `prefix` and stand behind `after`, in the order of their keys.
    pub fn list(&self, bucket: &str, prefix: &str, after: &str) -> Result<Vec<Listed>, Refusal> {
        let keys = self.bucket(bucket)?.keys.iter();
        Ok(keys
            .filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after)
            .filter_map(|(key, versions)| {
                let object = versions.last()?.object.clone()?;
                Some(Listed { key: key.clone(), object })
            })
            .collect())
    }

    /// The region of a bucket and whether it keeps versions.
    pub fn bucket_facts(&self, bucket: &str) -> Result<(&str, bool), Refusal> {
        let spec = &self.bucket(bucket)?.spec;
        Ok((&spec.region, spec.versioning))
    }
}
