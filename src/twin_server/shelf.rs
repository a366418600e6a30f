//! Blobs as files.

use crate::twin::objects::{BlobId, Blobs, Draft};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory with a file for each blob. A blob gets its name by a rename, when all of it has arrived.
#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    next: AtomicU64,
}

impl Shelf {
    /// Opens the directory and removes every file that is none of the blobs in use.
    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    pub(super) fn open(dir: &Path, in_use: &BTreeSet<BlobId>) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let mut next = 0;
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let number = name.parse::<u64>().ok();
            if number.is_some() && in_use.contains(&BlobId(name.clone())) {
                next = next.max(number.unwrap_or(0) + 1);
            } else {
                fs::remove_file(dir.join(name))?;
            }
        }
        Ok(Self { dir: dir.to_owned(), next: AtomicU64::new(next) })
    }
}

impl Blobs for Shelf {
    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    fn draft(&self) -> Result<Box<dyn Draft>> {
        let name = format!("{:08}", self.next.fetch_add(1, Ordering::Relaxed));
        let path = self.dir.join(format!("{name}.part"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Box::new(FileDraft { file, path: Some(path), name }))
    }

    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    fn read(&self, blob: &BlobId, offset: u64, length: usize) -> Result<Bytes> {
        let file = File::open(self.dir.join(&blob.0))?;
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        Ok(bytes.into())
    }

    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    fn remove(&self, blob: &BlobId) -> Result<()> {
        match fs::remove_file(self.dir.join(&blob.0)) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(source),
            _ => Ok(()),
        }
    }
}

/// A blob in the making; its file is removed unless it is kept.
struct FileDraft {
    file: File,
    path: Option<PathBuf>,
    name: String,
}

impl Draft for FileDraft {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes)
    }

    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    fn keep(mut self: Box<Self>) -> Result<BlobId> {
        let blob = BlobId(std::mem::take(&mut self.name));
        if let Some(path) = &self.path {
            fs::rename(path, path.with_file_name(&blob.0))?;
        }
        self.path = None;
        Ok(blob)
    }
}

impl Drop for FileDraft {
    #[expect(clippy::disallowed_methods, reason = "the stand's blobs are its own files")]
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed here is removed when the stand opens the directory next time.
            let _kept_until_then = fs::remove_file(path);
        }
    }
}
