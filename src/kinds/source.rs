//! A file that is hashed as it is read.

use crate::base::{Digest, Hasher};
use crate::kinds::task::Task;
use crate::port::{DiskFile, Progress};
use std::io::{Read, Result};
use std::sync::Arc;

/// The file, hashed as it is read.
pub(in crate::kinds) struct Source {
    file: Box<dyn DiskFile>,
    offset: u64,
    total: u64,
    hasher: Hasher,
    step: String,
    progress: Arc<dyn Progress>,
}

impl Source {
    /// A file of so many bytes, of which nothing has been read.
    pub(in crate::kinds) fn new(task: &Task<'_>, file: Box<dyn DiskFile>, total: u64) -> Self {
        let (step, progress) = (task.command.step.clone(), task.ports().progress.clone());
        Self { file, offset: 0, total, hasher: Hasher::new(), step, progress }
    }

    /// How much was read, and the digest of that.
    pub(in crate::kinds) fn finish(self) -> (u64, Digest) {
        (self.offset, self.hasher.finish())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.offset += count as u64;
        self.progress.transferred(&self.step, self.offset, self.total);
        Ok(count)
    }
}
