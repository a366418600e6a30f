//! What stands where in a run directory (docs/journal.md, "Run directory").

use super::error::JournalError;
use super::segment::SYNC;
use crate::port::Disk;
use crate::record::{segment_name, segment_number};
use std::io;
use std::path::{Path, PathBuf};

/// A run directory, `<state-dir>/runs/<run-id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// The directory of a run.
    pub fn new(state_dir: &Path, run: &str) -> Self {
        Self(Self::parent(state_dir).join(run))
    }

    /// A run directory at any place.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where the run directories are.
    pub fn parent(state_dir: &Path) -> PathBuf {
        state_dir.join("runs")
    }

    /// The runs, by id, sorted. Directories in which a run was never born are left out.
    pub fn list(disk: &dyn Disk, state_dir: &Path) -> Result<Vec<(String, Self)>, JournalError> {
        let parent = Self::parent(state_dir);
        let names = match disk.list(&parent) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(JournalError::disk("list", &parent)(error)),
        };
        let ids = names.into_iter().filter_map(|name| {
            let id = name.file_name()?.to_str()?.to_owned();
            let dir = Self(parent.join(&id));
            // A run whose journal was removed is one all the same.
            let is_run = [dir.segment(1), dir.head()].iter().any(|path| disk.stat(path).is_ok());
            (!id.starts_with('.') && is_run).then_some((id, dir))
        });
        Ok(ids.collect())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file whose lock makes a process the holder of the run.
    pub fn lock(&self) -> PathBuf {
        self.0.join("LOCK")
    }

    /// The pinned runbook.
    pub fn plan(&self) -> PathBuf {
        self.0.join("plan.yaml")
    }

    /// The files that steps save.
    pub fn artifacts(&self) -> PathBuf {
        self.0.join("artifacts")
    }

    /// The world of the embedded twin.
    pub fn world(&self) -> PathBuf {
        self.0.join("twin").join("world.jsonl")
    }

    /// Up to where the journal was once known to be durable.
    pub fn head(&self) -> PathBuf {
        self.0.join("journal.head")
    }

    /// A segment of the journal, from 1.
    pub fn segment(&self, number: u32) -> PathBuf {
        self.0.join(segment_name(number))
    }

    /// The bytes that recovery removed.
    pub fn torn(&self) -> PathBuf {
        self.0.join("torn")
    }

    /// Stands where a sync of the journal has failed and nobody has mended it yet.
    pub(super) fn sync_failed(&self) -> PathBuf {
        self.0.join("journal.sync-failed")
    }

    /// The numbers of the segments, sorted.
    pub(super) fn segments(&self, disk: &dyn Disk) -> Result<Vec<u32>, JournalError> {
        let names = disk.list(&self.0).map_err(JournalError::disk("list", &self.0))?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| name.to_str().and_then(segment_number)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// Makes a directory, with those above it that are not there, so that a power loss takes none of them away.
///
/// Each one is durable before the next is made in it. So all that can have been left undone by a process that died over
/// this is the sync for the innermost directory that is there, which is made up for.
pub fn make_durably(disk: &dyn Disk, path: &Path) -> Result<(), JournalError> {
    let is_there = |dir: &&Path| dir.parent().is_none() || disk.stat(dir).is_ok_and(|stat| stat.is_dir);
    let mut missing: Vec<&Path> = path.ancestors().take_while(|dir| !is_there(dir)).collect();
    // A directory that may be written and not read cannot be synced by us; its file system sees to it in time.
    let sync = |above: &Path| match disk.sync_dir(above) {
        Err(error) if !is_beyond_us(error.kind()) => Err(JournalError::disk(SYNC, above)(error)),
        _ => Ok(()),
    };
    path.ancestors().nth(missing.len()).and_then(above).map_or(Ok(()), sync)?;
    while let Some(dir) = missing.pop() {
        disk.create_dir_all(dir).map_err(JournalError::disk("create", path))?;
        above(dir).map_or(Ok(()), sync)?;
    }
    Ok(())
}

/// The directory in which one stands.
pub(super) fn above(dir: &Path) -> Option<&Path> {
    dir.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

fn is_beyond_us(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// Removes a file that need not be there.
pub(super) fn remove_if_there(disk: &dyn Disk, path: &Path) -> Result<(), JournalError> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(JournalError::disk("remove", path)(error)),
        _ => Ok(()),
    }
}
