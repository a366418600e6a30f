//! Only one process at a time holds a run.
//!
//! The lock is the kernel's (`flock`), so it ends with its process, however that ends: no stale lock, no guess about
//! process ids. What stands in the file is for the message to the next one. A process that leaves a run in order
//! empties the file, so that what still stands in it tells of one that died or failed.

use super::dir::RunDir;
use super::error::JournalError;
use crate::base::{Timestamp, escape};
use crate::port::{Disk, DiskFile, Open};
use std::fmt;
use std::path::Path;

/// How often a lock file that was replaced between opening and locking is opened again.
const TRIES: u32 = 8;

/// What a process says about itself in the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Identity of the boot of the machine; empty where it tells none.
    pub boot_id: String,
    /// When it took the run over.
    pub since: Timestamp,
    /// Login name.
    pub user: String,
    /// Host name.
    pub host: String,
    /// Its command line.
    pub argv: Vec<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, boot_id, since, user, host, argv } = self;
        let command = argv.join(" ");
        write!(f, "process {pid} of {user}@{host} since {since}, ")?;
        if !boot_id.is_empty() {
            write!(f, "boot {boot_id}, ")?;
        }
        write!(f, "`{command}`")
    }
}

/// The lock, held as long as this lives.
pub(super) struct Lock {
    file: Box<dyn DiskFile>,
}

impl Lock {
    /// Ends, and leaves the run in order.
    pub(super) fn leave(mut self) {
        self.file.set_len(0).ok();
    }

    /// Takes the lock of the run directory `dir`, whose lock file is `path`.
    pub(super) fn take(disk: &dyn Disk, dir: &Path, path: &Path, holder: &Holder) -> Result<Self, JournalError> {
        for _ in 0..TRIES {
            let mut file = disk.open(path, Open::Create).map_err(JournalError::disk("open", path))?;
            if !file.try_lock().map_err(JournalError::disk("lock", path))? {
                return Err(JournalError::Held { dir: dir.to_owned(), holder: said(disk, path) });
            }
            let held = file.id().map_err(JournalError::disk("look at", path))?;
            let named = disk.stat(path).map_err(JournalError::disk("look at", path))?;
            if held == named.id {
                // A disk that refuses this will refuse what matters soon enough. The file is never empty meanwhile:
                // whoever dies here leaves the run no more in order than who died before.
                let text = format!("{holder}\n");
                if file.write_at(text.as_bytes(), 0).is_ok() {
                    file.set_len(text.len() as u64).ok();
                }
                return Ok(Self { file });
            }
        }
        let replaced = std::io::Error::other("it is replaced again and again");
        Err(JournalError::disk("lock", path)(replaced))
    }
}

/// Whether the process that last held a run died with it, or could not tell its end: nobody holds it now, and it was
/// not left in order.
pub fn was_abandoned(disk: &dyn Disk, dir: &RunDir) -> bool {
    let path = dir.lock();
    let is_free = || disk.open(&path, Open::Write)?.try_lock();
    disk.stat(&path).is_ok_and(|stat| stat.len > 0) && is_free().unwrap_or(false)
}

fn said(disk: &dyn Disk, path: &Path) -> String {
    let text = disk.read(path, 64 * 1024).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .map_or_else(|| "it did not say who it is".to_owned(), |text| escape(&text))
}
