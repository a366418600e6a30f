//! Removing what a crash has torn.

use super::dir::{RunDir, remove_if_there};
use super::error::JournalError;
use super::read::Loaded;
use super::segment::{SYNC, Segment, write_all};
use crate::base::{PlantedBug, Timestamp, planted};
use crate::port::{Disk, Open};
use crate::record::Tail;
use std::fmt;
use std::path::PathBuf;

/// Something that recovery had to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// The last batch was torn and was removed; none of it had been acknowledged.
    Torn {
        /// Where it began in its segment, in bytes.
        offset: u64,
        /// Its length in bytes.
        len: u64,
        /// Where it was kept.
        kept: PathBuf,
    },
    /// Neither slot of `journal.head` was valid; it was written anew from the journal.
    Head,
    /// A sync had failed; the sound part of the segment was copied into a new one.
    Copied {
        /// The number of the new segment.
        number: u32,
    },
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { len, kept, .. } => {
                write!(f, "the last {len} bytes of the journal were torn by a crash and moved to {}", kept.display())
            }
            Self::Head => f.write_str("`journal.head` was unreadable and was rewritten from the journal"),
            Self::Copied { number } => {
                write!(f, "a sync had failed; what is sound was copied into segment {number}, the old one is kept")
            }
        }
    }
}

/// Opens the last segment for appending, without its torn tail.
pub(super) fn segment(
    disk: &dyn Disk,
    dir: &RunDir,
    loaded: &Loaded,
    now: Timestamp,
    recovered: &mut Vec<Recovered>,
) -> Result<Segment, JournalError> {
    let path = dir.segment(loaded.number);
    let len = loaded.sound as u64;
    let torn = loaded.bytes.get(loaded.sound..).unwrap_or_default();
    let mut file = disk.open(&path, Open::Append).map_err(JournalError::disk("open", &path))?;
    if loaded.tail == Tail::Torn && !planted(PlantedBug::TornTailKept) {
        let name = format!("{:06}-{len}-{}", loaded.number, now.as_micros());
        let kept = keep(disk, dir, &name, torn)?;
        file.set_len(len).map_err(JournalError::disk("cut", &path))?;
        file.sync_all().map_err(JournalError::disk(SYNC, &path))?;
        recovered.push(Recovered::Torn { offset: len, len: torn.len() as u64, kept });
    }
    Ok(Segment::new(file, path, loaded.number, len))
}

/// Keeps the bytes that are removed, for whoever wants to look at them.
fn keep(disk: &dyn Disk, dir: &RunDir, name: &str, torn: &[u8]) -> Result<PathBuf, JournalError> {
    let parent = dir.torn();
    disk.create_dir_all(&parent).map_err(JournalError::disk("create", &parent))?;
    let path = parent.join(name);
    // An interrupted recovery may have left a copy under the same name.
    remove_if_there(disk, &path)?;
    let mut file = disk.open(&path, Open::CreateNew).map_err(JournalError::disk("create", &path))?;
    write_all(file.as_mut(), torn).map_err(JournalError::disk("write", &path))?;
    file.sync_all().map_err(JournalError::disk(SYNC, &path))?;
    disk.sync_dir(&parent).map_err(JournalError::disk(SYNC, &parent))?;
    disk.sync_dir(dir.path()).map_err(JournalError::disk(SYNC, dir.path()))?;
    Ok(path)
}
