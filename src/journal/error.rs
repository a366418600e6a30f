//! What can go wrong with a journal.

use crate::record::{Corruption, DecodeError, EncodeError};
use std::io;
use std::path::{Path, PathBuf};

/// A run directory could not be made, taken over, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// An operation on a file failed.
    #[error("cannot {operation} {}", path.display())]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another process holds the run.
    #[error("another process holds the run in {}: {holder}", dir.display())]
    Held {
        /// The run directory.
        dir: PathBuf,
        /// What the other process said about itself.
        holder: String,
    },
    /// There is no such run, or no journal of it any more.
    #[error("there is no journal in {}", dir.display())]
    Missing {
        /// Where the run directory should be.
        dir: PathBuf,
    },
    /// There is such a run already.
    #[error("there is a run in {} already", dir.display())]
    Exists {
        /// The run directory.
        dir: PathBuf,
    },
    /// Records that were durable once are damaged or gone. Nothing was written.
    #[error("the journal in {} is damaged: {corruption}", dir.display())]
    Corrupt {
        /// The run directory.
        dir: PathBuf,
        /// Where and how.
        corruption: Corruption,
    },
    /// A newer version of surefoot wrote to it.
    #[error(
        "the journal in {} was written by a newer surefoot ({reason}); install {version} or a later one",
        dir.display()
    )]
    Newer {
        /// The run directory.
        dir: PathBuf,
        /// What this version does not know.
        reason: String,
        /// The version that wrote it, where it is known, or `that version`.
        version: String,
    },
    /// A sound record has data that this version cannot read.
    #[error("the journal in {} cannot be read", dir.display())]
    Unreadable {
        /// The run directory.
        dir: PathBuf,
        /// What is wrong.
        source: DecodeError,
    },
    /// An event cannot be recorded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The file is longer or shorter than this process has made it.
    #[error("another process writes to {}: it has {found} bytes where {expected} were written", path.display())]
    OtherWriter {
        /// The segment.
        path: PathBuf,
        /// The length it should have, in bytes.
        expected: u64,
        /// The length it has, in bytes.
        found: u64,
    },
    /// No space is reserved for the outcome of an effect, so it may not be announced.
    #[error("cannot reserve space for the outcome of an effect in {}: {reason}", path.display())]
    NoReserve {
        /// The segment.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The first event of a run or of a session is not the one that must be.
    #[error("the first event of a {of} must be `{expected}`, not `{found}`")]
    WrongFirst {
        /// What begins.
        of: &'static str,
        /// The type it must begin with.
        expected: &'static str,
        /// The type that was given.
        found: &'static str,
    },
}

impl JournalError {
    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "be the user to whom the directory belongs, or have its permissions changed; nothing more was sent"
            }
            Self::Disk { .. } | Self::NoReserve { .. } => {
                "fix the disk or free space, then resume; nothing more was sent"
            }
            Self::Held { .. } => {
                "wait for the other process, or stop it with Ctrl-C where it runs: what is in flight is recorded, and \
                 `surefoot resume` goes on"
            }
            Self::Missing { .. } => {
                "put journal.000001.jsonl back: the trail of the run, in the audit directory, holds the same bytes"
            }
            Self::Exists { .. } => "resume it, or begin a run with another id",
            Self::Corrupt { .. } | Self::Unreadable { .. } => {
                "nothing was changed: copy the whole directory to a place outside of `runs` and report it"
            }
            Self::Newer { .. } => "install the newer version and resume with it",
            Self::OtherWriter { .. } => "find the other process that writes to the run directory and stop it",
            Self::Encode(_) | Self::WrongFirst { .. } => "this is a bug in surefoot: please report it",
        }
    }

    /// Makes the error of a failed operation, for `map_err`.
    pub(super) fn disk(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { operation, path: path.to_owned(), source }
    }
}
