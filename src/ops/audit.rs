//! `audit verify`: whether a trail is what it was when it was written.

use super::failure::{Failure, FailureKind};
use super::keys::storage;
use super::place::Place;
use crate::adapter::disk::RealDisk;
use crate::audit::layout::segments;
use crate::audit::{Require, Verdict, verify};
use crate::port::Disk;
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
    /// What is known of it.
    pub verdict: Verdict,
    /// What was demanded of it.
    pub require: Require,
    /// Why it does not meet the demand.
    pub unmet: Option<String>,
    /// The exit code: 0, or 8.
    pub exit: u8,
}

/// Verifies the trail in a run directory or an audit directory, or that of a run by its id.
pub fn audit_verify(place: &Place, path_or_run: &str, require: Option<Require>) -> Result<Verified, Failure> {
    let folder = find(&place.absolute(), path_or_run)?;
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
    let unmet = verdict.meets(require).err();
    let exit = if unmet.is_none() { 0 } else { FailureKind::Damaged.exit_code() };
    Ok(Verified { folder, verdict, require, unmet, exit })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    RealDisk.read(path, SEGMENT_LIMIT).map_err(|error| storage(path, &error))
}

/// The directory that is meant: a path with segments in it, or the run of that id.
fn find(place: &Place, path_or_run: &str) -> Result<PathBuf, Failure> {
    let is_trail = |folder: &Path| RealDisk.stat(&folder.join("journal.000001.jsonl")).is_ok();
    let path = super::environment::working_directory().join(path_or_run);
    if is_trail(&path) {
        return Ok(path);
    }
    let is_folder = RealDisk.stat(&path).is_ok_and(|stat| stat.is_dir);
    let run = place.state_dir.join("runs").join(path_or_run);
    if !is_folder && RealDisk.stat(&run).is_ok_and(|stat| stat.is_dir) && !is_trail(&run) {
        let message = format!("the run {} has no journal any more", crate::base::show(path_or_run));
        let trail = Place::trail(&place.trails(), path_or_run);
        return Err(Failure::new(FailureKind::Damaged, message)
            .hint(format!("`surefoot audit verify {}` verifies the copy in its trail", trail.display())));
    }
    let by_run = [place.state_dir.join("runs").join(path_or_run), Place::trail(&place.trails(), path_or_run)];
    if let Some(folder) = by_run.into_iter().find(|folder| !is_folder && is_trail(folder)) {
        return Ok(folder);
    }
    let why = if is_folder { "holds no journal" } else { "is neither a trail nor a run" };
    Err(Failure::new(FailureKind::Usage, format!("{} {why}", crate::base::show(path_or_run)))
        .hint("name a run directory, an audit directory, or a run that `surefoot runs` lists"))
}
