//! How long a run takes, as its rehearsals say.

use super::place::Place;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Value};
use crate::port::Disk;
use std::time::Duration;

/// Largest evidence that is read, in bytes.
const EVIDENCE_LIMIT: u64 = 4 << 20;

/// How long half of the rehearsals of this plan took on a calm day; nothing where it was not rehearsed.
pub fn estimate(place: &Place, plan: Digest) -> Option<Duration> {
    let digest = plan.to_string();
    let of_plan = |path: &&std::path::PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(&digest) && path.extension().is_some_and(|end| end == "json")
    };
    let names = RealDisk.list(&place.trails().join("rehearsals")).ok()?;
    let found =
        names.iter().filter(of_plan).max_by_key(|path| RealDisk.stat(path).map_or(0, |stat| stat.modified_micros))?;
    let bytes = RealDisk.read(found, EVIDENCE_LIMIT).ok()?;
    let page: Value = serde_json::from_slice(&bytes).ok()?;
    let seconds = page.get("estimate")?.get("p50_seconds")?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}
