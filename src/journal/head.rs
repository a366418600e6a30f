//! The file `journal.head`: written behind the journal, read before it is trusted.

use super::dir::RunDir;
use super::error::JournalError;
use super::segment::SYNC;
use crate::base::Digest;
use crate::engine::call::Call;
use crate::engine::event::{Body, Intent};
use crate::port::{Disk, DiskFile, Open};
use crate::record::{Head, HeadState};
use std::io;
use std::path::{Path, PathBuf};

/// The open file.
pub(super) struct HeadFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    generation: u64,
}

impl HeadFile {
    /// Makes the file; both slots are empty.
    pub(super) fn create(disk: &dyn Disk, path: &Path) -> Result<Self, JournalError> {
        let mut file = disk.open(path, Open::CreateNew).map_err(JournalError::disk("create", path))?;
        file.set_len(Head::FILE_LEN as u64).map_err(JournalError::disk("write", path))?;
        file.sync_all().map_err(JournalError::disk(SYNC, path))?;
        Ok(Self { file, path: path.to_owned(), generation: 0 })
    }

    /// Opens the file to go on after `head`.
    pub(super) fn open(disk: &dyn Disk, path: &Path, head: &Head) -> Result<Self, JournalError> {
        let file = disk.open(path, Open::Write).map_err(JournalError::disk("open", path))?;
        Ok(Self { file, path: path.to_owned(), generation: head.generation })
    }

    /// Says that the record `seq` with this hash is durable, in a segment of `len` bytes.
    pub(super) fn write(&mut self, seq: u64, len: u64, hash: Digest) -> Result<(), JournalError> {
        let head = Head { generation: self.generation + 1, seq, len, hash };
        let (slot, start) = (head.to_slot(), head.offset());
        let mut done = 0;
        while let Some(rest) = slot.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file.write_at(rest, start + done as u64) {
                Ok(0) => return Err(JournalError::disk("write", &self.path)(io::ErrorKind::WriteZero.into())),
                Ok(written) => done += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(JournalError::disk("write", &self.path)(error)),
            }
        }
        self.file.sync_data().map_err(JournalError::disk(SYNC, &self.path))?;
        self.generation = head.generation;
        Ok(())
    }
}

/// What the file says, with its bytes; a file that is not there says nothing.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> Result<(HeadState, Vec<u8>), JournalError> {
    match disk.read(path, 64 * 1024) {
        Ok(bytes) => Ok((Head::read(&bytes), bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((HeadState::Unreadable, Vec::new())),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok((HeadState::Unreadable, Vec::new())),
        Err(error) => Err(JournalError::disk("read", path)(error)),
    }
}

/// Whether nothing shows that the journal has its end: the file is missing, or nothing of it can be read.
pub fn is_headless(disk: &dyn Disk, dir: &RunDir) -> bool {
    matches!(read(disk, &dir.head()), Ok((HeadState::Unreadable, _)))
}

/// What is wrong with the file, for people; nothing where it is as it was written.
pub fn head_trouble(disk: &dyn Disk, dir: &RunDir) -> Option<String> {
    let path = dir.head();
    match disk.read(&path, 64 * 1024) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some("`journal.head` is missing: that the journal has its end cannot be seen".to_owned())
        }
        Ok(bytes) if Head::read(&bytes) == HeadState::Unreadable => {
            Some("`journal.head` cannot be read: that the journal has its end cannot be seen".to_owned())
        }
        Ok(bytes) if Head::is_damaged(&bytes) => {
            Some("`journal.head` is damaged; the part that counts is whole, and the journal agrees with it".to_owned())
        }
        _ => None,
    }
}

/// Whether the head is moved on behind this event: births, ends, what people said, what cannot be taken back, and
/// what holds the only copy of a password.
pub(super) fn is_moment(body: &Body) -> bool {
    match body {
        Body::RunOpened(_) | Body::SessionOpened(_) | Body::QuestionAnswered { .. } | Body::RunClosed { .. } => true,
        Body::CallIntended(intent) => is_irreversible(intent) || matches!(intent.call, Call::Rotate),
        Body::CallSettled(settled) => {
            takes_away(settled.call) || matches!(settled.call, Call::Create | Call::Rotate | Call::Request | Call::Run)
        }
        _ => false,
    }
}

/// Whether an effect takes something away that nothing brings back. Of a request or a command its step declares that,
/// and only such a step cites evidence.
pub(super) fn is_irreversible(intent: &Intent) -> bool {
    let is_declared = matches!(intent.call, Call::Request | Call::Run);
    takes_away(intent.call) || is_declared && !intent.evidence.is_empty()
}

const fn takes_away(call: Call) -> bool {
    matches!(call, Call::Delete | Call::Replace | Call::Overwrite)
}
