//! How long a run and its steps take, as its rehearsals and earlier runs say.

use super::paths::Paths;
use super::session;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Map, Value};
use crate::engine::took;
use crate::port::Disk;
use crate::runbook::plan::Plan;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest evidence that is read, in bytes.
const EVIDENCE_LIMIT: u64 = 4 << 20;
/// Of so many runs the steps are looked at.
const RUNS_MOST: usize = 20;

/// How long half of the rehearsals of this plan took on a calm day; nothing where it was not rehearsed.
pub fn estimate(paths: &Paths, plan: Digest) -> Option<Duration> {
    pages(paths, plan).iter().find_map(half)
}

/// How long the irreversible steps of a plan take, in seconds by step, each with what says so: the longest of what 95
/// of a hundred rehearsed runs needed and of what the last runs of the same runbook needed.
pub(super) fn step_estimates(paths: &Paths, plan: &Plan) -> Map {
    let mut found: BTreeMap<String, (Duration, &'static str)> = BTreeMap::new();
    let mut take = |step: &str, span: Duration, from: &'static str| {
        let known = found.entry(step.to_owned()).or_insert((span, from));
        if span > known.0 {
            *known = (span, from);
        }
    };
    let rehearsed = pages(paths, plan.digest).into_iter().find_map(|page| page.get("estimate")?.get("steps").cloned());
    for (step, seconds) in rehearsed.iter().filter_map(|steps| steps.as_object()).flatten() {
        take(step, Duration::from_secs(seconds.as_u64().unwrap_or_default()), "rehearsals");
    }
    let runs = paths.runs_by_age().unwrap_or_default();
    for (_, dir) in runs.iter().rev().take(RUNS_MOST) {
        let Ok(loaded) = session::recall(dir) else { continue };
        if loaded.engine.plan().name != plan.name || loaded.world.is_twin() {
            continue;
        }
        for (step, span) in took(loaded.events.iter().map(|(_, event)| event)) {
            take(&step, span, "earlier runs");
        }
    }
    let irreversible = (0..plan.steps.len()).filter(|index| plan.is_irreversible(*index));
    let steps = irreversible.filter_map(|index| plan.steps.get(index));
    // Rounded up: less than a second is not nothing.
    let seconds = |span: Duration| span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let rows = steps.filter_map(|step| found.get(&step.id).map(|(span, from)| (step.id.clone(), *span, *from)));
    rows.map(|(step, span, from)| (step, json!({"seconds": seconds(span), "from": from}))).collect()
}

/// The evidence of the rehearsals of a plan, the newest first.
fn pages(paths: &Paths, plan: Digest) -> Vec<Value> {
    let digest = plan.to_string();
    let folder = paths.trails().join("rehearsals");
    let is_of_plan = |name: &Path| {
        let is_evidence = name.extension().is_some_and(|end| end == "json");
        is_evidence && name.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&digest))
    };
    let names = RealDisk.list(&folder).unwrap_or_default();
    let mut found: Vec<_> = names.into_iter().filter(|name| is_of_plan(name)).map(|name| folder.join(name)).collect();
    found.sort_by_cached_key(|path| RealDisk.stat(path).map_or(0, |stat| stat.modified_micros));
    let read = |path: &PathBuf| serde_json::from_slice(&RealDisk.read(path, EVIDENCE_LIMIT).ok()?).ok();
    found.iter().rev().filter_map(read).collect()
}

/// How long half of the calm days in a piece of evidence took; a campaign of a single crash has none.
fn half(page: &Value) -> Option<Duration> {
    let seconds = page.get("estimate")?.get("p50_seconds")?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}
