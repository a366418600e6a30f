//! Where the bytes stand.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of a blob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(pub String);

/// Keeps the bytes of objects and parts. A blob is written once, then only read or removed.
pub trait Blobs: Send + Sync {
    /// Begins a blob.
    fn draft(&self) -> Result<Box<dyn Draft>>;

    /// Up to `length` bytes from `offset`; fewer only at the end of the blob.
    fn read(&self, blob: &BlobId, offset: u64, length: usize) -> Result<Bytes>;

    /// Removes a blob; one that is not there is no error.
    fn remove(&self, blob: &BlobId) -> Result<()>;
}

/// A blob in the making; dropping it leaves nothing behind that counts.
pub trait Draft: Send {
    /// Takes in the next bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Keeps the blob under a name of its own.
    fn keep(self: Box<Self>) -> Result<BlobId>;
}

/// Blobs in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryBlobs(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    next: u64,
    blobs: BTreeMap<BlobId, Bytes>,
}

impl MemoryBlobs {
    /// No blobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many blobs there are.
    pub fn count(&self) -> usize {
        self.shelf().blobs.len()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs for MemoryBlobs {
    fn draft(&self) -> Result<Box<dyn Draft>> {
        Ok(Box::new(MemoryDraft { shelf: self.clone(), bytes: Vec::new() }))
    }

    fn read(&self, blob: &BlobId, offset: u64, length: usize) -> Result<Bytes> {
        let bytes = self.shelf().blobs.get(blob).cloned().ok_or_else(|| Error::from(ErrorKind::NotFound))?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = start.saturating_add(length).min(bytes.len());
        Ok(bytes.slice(start..end))
    }

    fn remove(&self, blob: &BlobId) -> Result<()> {
        self.shelf().blobs.remove(blob);
        Ok(())
    }
}

struct MemoryDraft {
    shelf: MemoryBlobs,
    bytes: Vec<u8>,
}

impl Draft for MemoryDraft {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn keep(self: Box<Self>) -> Result<BlobId> {
        let mut inner = self.shelf.shelf();
        let blob = BlobId(format!("{:08}", inner.next));
        inner.next += 1;
        inner.blobs.insert(blob.clone(), self.bytes.into());
        Ok(blob)
    }
}
