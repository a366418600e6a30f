//! The file that is being appended to.

use super::error::JournalError;
use crate::base::{PlantedBug, planted};
use crate::port::DiskFile;
use std::io;
use std::path::{Path, PathBuf};

/// How much space is reserved past the end, in bytes.
const RESERVE: u64 = 1024 * 1024;

/// What must be left of it, in bytes, before it is extended again.
const RESERVE_LOW: u64 = 512 * 1024;

/// The open segment.
pub(super) struct Segment {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    number: u32,
    len: u64,
    reserve: Reserve,
}

/// The space set aside past the end, so that the outcome of an announced effect always fits.
enum Reserve {
    /// It reaches up to this offset.
    Until(u64),
    /// The file system cannot.
    Unsupported,
    /// It could not be had.
    Refused(String),
}

impl Segment {
    /// Takes over an open file of `len` bytes to which writes are appended, and reserves space.
    pub(super) fn new(file: Box<dyn DiskFile>, path: PathBuf, number: u32, len: u64) -> Self {
        let mut segment = Self { file, path, number, len, reserve: Reserve::Until(len) };
        segment.extend_reserve(0, true);
        segment
    }

    /// Writes and syncs. After an error neither may ever be tried again.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        let found = self.file.len().map_err(JournalError::disk("look at", &self.path))?;
        if found != self.len {
            return Err(JournalError::OtherWriter { path: self.path.clone(), expected: self.len, found });
        }
        write_all(self.file.as_mut(), bytes).map_err(JournalError::disk("write", &self.path))?;
        let synced = if planted(PlantedBug::BatchUnsynced) { Ok(()) } else { self.file.sync_data() };
        let synced = synced
            .or_else(|error| if planted(PlantedBug::SyncTriedAgain) { self.file.sync_data() } else { Err(error) });
        synced.map_err(JournalError::disk(SYNC, &self.path))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Sets space aside past what is about to be written, where too little is left or `anyway`.
    pub(super) fn extend_reserve(&mut self, incoming: u64, anyway: bool) {
        let end = self.len + incoming;
        let until = match self.reserve {
            Reserve::Until(until) => until,
            Reserve::Unsupported => return,
            Reserve::Refused(_) => end,
        };
        if !anyway && until >= end + RESERVE_LOW {
            return;
        }
        self.reserve = match self.file.reserve(end + RESERVE) {
            Ok(()) => Reserve::Until(end + RESERVE),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Reserve::Unsupported,
            Err(error) => Reserve::Refused(error.to_string()),
        };
    }

    /// Fails where the reserve is not in place, unless the file system cannot have one.
    pub(super) fn demand_reserve(&self) -> Result<(), JournalError> {
        match &self.reserve {
            Reserve::Until(_) | Reserve::Unsupported => Ok(()),
            Reserve::Refused(reason) => {
                Err(JournalError::NoReserve { path: self.path.clone(), reason: reason.clone() })
            }
        }
    }

    /// Whether the file system can reserve space.
    pub(super) const fn can_reserve(&self) -> bool {
        !matches!(self.reserve, Reserve::Unsupported)
    }

    /// Gives the reserved space back; nothing depends on it.
    pub(super) fn release_reserve(&mut self) {
        if self.can_reserve() && self.file.set_len(self.len).is_ok() {
            self.reserve = Reserve::Until(self.len);
        }
    }

    /// Its length in bytes.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Its number, from 1.
    pub(super) const fn number(&self) -> u32 {
        self.number
    }

    /// Notes that its directory was renamed.
    pub(super) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The operation after whose failure a file is not to be trusted.
pub(super) const SYNC: &str = "sync";

/// Writes everything; a short write or an interruption is gone on with.
pub(super) fn write_all(file: &mut dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
