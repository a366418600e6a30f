//! `audit verify`: whether a trail is what it was when it was written.

use super::failure::{Failure, FailureKind};
use super::keys::storage;
use super::paths::{Paths, copy_of, meant};
use super::status::holder;
use crate::adapter::disk::RealDisk;
use crate::audit::layout::segments;
use crate::audit::{Require, Verdict, verify};
use crate::base::{Value, escape};
use crate::journal::{RunDir, head_trouble};
use crate::port::Disk;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Largest segment that is read, in bytes; segments end at 64 MiB.
const SEGMENT_LIMIT: u64 = 1 << 30;
/// The head of a journal; a trail in the audit directory has none.
const HEAD: &str = "journal.head";

/// What a trail is worth.
#[derive(Debug)]
pub struct Verified {
    /// Where it is.
    pub folder: PathBuf,
    /// The copy in the audit directory that was compared with it, where a run was named.
    pub trail: Option<PathBuf>,
    /// What is known of it.
    pub verdict: Verdict,
    /// What was demanded of it.
    pub require: Require,
    /// Why it does not meet the demand.
    pub unmet: Option<String>,
    /// What is wrong with `journal.head`, where it is the directory of a run.
    pub trouble: Option<String>,
    /// The exit code: 0, or 8.
    pub exit: u8,
}

/// Verifies the trail in a run directory or an audit directory; or that of a run by its id, and then the copy in its
/// audit directory must be the same.
pub fn audit_verify(paths: &Paths, path_or_run: &str, require: Option<Require>) -> Result<Verified, Failure> {
    let paths = paths.absolute();
    let path_or_run = &named(&paths, path_or_run)?;
    let folder = find(&paths, path_or_run)?;
    let names = RealDisk.list(&folder).map_err(|error| storage(&folder, &error))?;
    let names: Vec<_> = names.iter().filter_map(|path| path.file_name()).filter_map(|name| name.to_str()).collect();
    let mut files = Vec::new();
    for name in segments(names) {
        files.push((name, read(&folder.join(name))?));
    }
    let head = match RealDisk.read(&folder.join(HEAD), 4096) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(storage(&folder.join(HEAD), &error)),
    };
    let parts: Vec<_> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let verdict = verify(&parts, head.as_deref());
    let require = require.unwrap_or_default();
    let run = RunDir::new(&paths.state_dir, path_or_run);
    let trail = if folder == run.path() { trail_of(&paths, &run, &parts) } else { None };
    if let Some(trail) = trail.as_ref().filter(|_| paths.audit_dir.is_some()) {
        paths.require_apart(trail)?;
    }
    let differs = trail.as_ref().and_then(|trail| {
        if paths.is_apart(trail) {
            return difference(&run, trail, &parts);
        }
        Some(format!("{} is not a copy: it is the directory of the runs", escape(&trail.to_string_lossy())))
    });
    let unmet = verdict.meets(require).err().or(differs);
    let exit = if unmet.is_none() { 0 } else { FailureKind::Damaged.exit_code() };
    let trouble = folder.file_name().and_then(|name| {
        let state_dir = folder.parent().and_then(Path::parent)?;
        let dir = RunDir::new(state_dir, name.to_str()?);
        // A trail in the audit directory has no head, and no lock.
        let is_run = dir.path() == folder && RealDisk.stat(&dir.lock()).is_ok();
        if is_run { head_trouble(&RealDisk, &dir) } else { None }
    });
    Ok(Verified { folder, trail, verdict, require, unmet, trouble, exit })
}

/// The copy of a run's journal in the audit directory: the one that was named, else the one that the run began with.
fn trail_of(paths: &Paths, run: &RunDir, parts: &[(&str, &[u8])]) -> Option<PathBuf> {
    if copy_of(run).is_some() {
        return None;
    }
    let first = parts.first().and_then(|(_, bytes)| bytes.split(|byte| *byte == b'\n').next())?;
    let first: Value = serde_json::from_slice(first).ok()?;
    let data = first.get("data")?;
    let began = data.get("audit_dir").and_then(Value::as_str).map(PathBuf::from);
    let id = data.get("run").and_then(Value::as_str)?;
    paths.audit_dir.clone().or(began).map(|trails| Paths::trail(&trails, id))
}

/// What is wrong with the copy in the audit directory. That of a run in work may be a moment behind or ahead.
fn difference(run: &RunDir, trail: &Path, parts: &[(&str, &[u8])]) -> Option<String> {
    let is_in_work = holder(run).is_some();
    let place = escape(&trail.to_string_lossy());
    for (at, (name, ours)) in parts.iter().enumerate() {
        let theirs = match RealDisk.read(&trail.join(name), SEGMENT_LIMIT) {
            Ok(theirs) => theirs,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if is_in_work && at + 1 == parts.len() {
                    continue;
                }
                return Some(format!(
                    "the copy in {place} has no {name}; if it was moved, name its directory with `--audit-dir`"
                ));
            }
            Err(error) => return Some(format!("the copy in {place} cannot be read: {error}")),
        };
        let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        if same == ours.len() && same == theirs.len() || is_in_work && same == ours.len().min(theirs.len()) {
            continue;
        }
        return Some(if same == theirs.len() {
            format!("the copy in {place} ends after byte {same} of {name}, the journal of the run does not")
        } else {
            format!("the copy in {place} differs from the journal of the run from byte {same} of {name} on")
        });
    }
    let names = RealDisk.list(trail).unwrap_or_default();
    let names: Vec<_> = names.iter().filter_map(|path| path.file_name()).filter_map(|name| name.to_str()).collect();
    let more = segments(names).into_iter().find(|name| !parts.iter().any(|(ours, _)| ours == name));
    more.filter(|_| !is_in_work).map(|name| format!("the copy in {place} has {name}, the journal of the run does not"))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    RealDisk.read(path, SEGMENT_LIMIT).map_err(|error| storage(path, &error))
}

/// The run whose id was written in part, in the state directory or among the trails; anything else as it was written.
fn named(paths: &Paths, path_or_run: &str) -> Result<String, Failure> {
    if RealDisk.stat(&super::process_env::working_directory().join(path_or_run)).is_ok() {
        return Ok(path_or_run.to_owned());
    }
    let trails = RealDisk.list(&paths.trails()).unwrap_or_default();
    let trails = trails.iter().filter_map(|name| name.to_str()).map(str::to_owned);
    let runs: BTreeSet<String> =
        paths.runs().unwrap_or_default().into_iter().map(|(run, _)| run).chain(trails).collect();
    let whole = runs.get(path_or_run).map(String::as_str);
    let part = || meant(runs.iter().map(String::as_str), path_or_run);
    Ok(whole.map_or_else(part, |run| Ok(Some(run)))?.unwrap_or(path_or_run).to_owned())
}

/// The directory that is meant: a path with segments in it, or the run of that id.
fn find(paths: &Paths, path_or_run: &str) -> Result<PathBuf, Failure> {
    let is_trail = |folder: &Path| RealDisk.stat(&folder.join("journal.000001.jsonl")).is_ok();
    let path = super::process_env::working_directory().join(path_or_run);
    if is_trail(&path) {
        return Ok(path);
    }
    let is_folder = RealDisk.stat(&path).is_ok_and(|stat| stat.is_dir);
    let run = paths.state_dir.join("runs").join(path_or_run);
    if !is_folder && RealDisk.stat(&run).is_ok_and(|stat| stat.is_dir) && !is_trail(&run) {
        let message = format!("the run {} no longer has a journal", crate::base::escape(path_or_run));
        let trail = Paths::trail(&paths.trails(), path_or_run);
        return Err(Failure::new(FailureKind::Damaged, message)
            .hint(format!("`surefoot audit verify {}` verifies the copy in its trail", trail.display())));
    }
    let by_run = [paths.state_dir.join("runs").join(path_or_run), Paths::trail(&paths.trails(), path_or_run)];
    if let Some(folder) = by_run.into_iter().find(|folder| !is_folder && is_trail(folder)) {
        return Ok(folder);
    }
    let why = if is_folder { "contains no journal" } else { "is neither a trail nor a run" };
    Err(Failure::new(FailureKind::Usage, format!("{} {why}", crate::base::escape(path_or_run)))
        .hint("name a run directory, an audit directory, or a run that `surefoot runs` lists"))
}
