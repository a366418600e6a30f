//! How long a run takes, as its rehearsals say.

use super::paths::Paths;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Value};
use crate::port::Disk;
use std::path::Path;
use std::time::Duration;

/// Largest evidence that is read, in bytes.
const EVIDENCE_LIMIT: u64 = 4 << 20;

/// How long half of the rehearsals of this plan took on a calm day; nothing where it was not rehearsed.
pub fn estimate(paths: &Paths, plan: Digest) -> Option<Duration> {
    let digest = plan.to_string();
    let folder = paths.trails().join("rehearsals");
    let is_of_plan = |name: &Path| {
        let is_evidence = name.extension().is_some_and(|end| end == "json");
        is_evidence && name.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&digest))
    };
    let names = RealDisk.list(&folder).ok()?;
    let mut found: Vec<_> = names.into_iter().filter(|name| is_of_plan(name)).map(|name| folder.join(name)).collect();
    found.sort_by_cached_key(|path| RealDisk.stat(path).map_or(0, |stat| stat.modified_micros));
    // The newest campaign counts that had a calm day: one of a single crash tells nothing about the time.
    found.iter().rev().find_map(|path| half(path))
}

/// How long half of the calm days in a piece of evidence took.
fn half(path: &Path) -> Option<Duration> {
    let bytes = RealDisk.read(path, EVIDENCE_LIMIT).ok()?;
    let page: Value = serde_json::from_slice(&bytes).ok()?;
    let seconds = page.get("estimate")?.get("p50_seconds")?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}
