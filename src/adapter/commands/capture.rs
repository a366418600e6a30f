//! What a program writes: filtered, digested as a whole, and kept up to a limit.

use super::filter::SecretFilter;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Hasher, Secret};
use crate::port::{Captured, Disk as _, DiskFile, Open};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// How much is read at a time, in bytes: what a pipe of Linux holds.
const PIECE: usize = 64 * 1024;

/// One output of a program.
#[derive(Clone)]
pub(super) struct Capture(Arc<Mutex<Inner>>);

struct Inner {
    /// None once nothing is taken in any more.
    filter: Option<SecretFilter>,
    sink: Sink,
}

/// Where the bytes go.
struct Sink {
    name: &'static str,
    file: Box<dyn DiskFile>,
    hasher: Hasher,
    limit: u64,
    kept: u64,
    len: u64,
    /// Whether the disk took what it was given. Where it did not, the program is not to notice.
    is_writable: bool,
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        let room = usize::try_from(self.limit.saturating_sub(self.kept)).unwrap_or(usize::MAX);
        let mut rest = bytes.get(..room).unwrap_or(bytes);
        while !rest.is_empty() && self.is_writable {
            match self.file.write_at(rest, self.kept) {
                Ok(written) if written > 0 => {
                    self.kept += written as u64;
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => self.is_writable = false,
            }
        }
    }
}

impl Capture {
    /// Makes the file of this name, empty.
    pub(super) fn create(dir: &Path, name: &'static str, limit: u64, secrets: &[Secret<String>]) -> io::Result<Self> {
        let mut file = RealDisk.open(&dir.join(name), Open::Create)?;
        file.set_len(0)?;
        let filter = SecretFilter::of(secrets).map_err(io::Error::other)?;
        let sink = Sink { name, file, hasher: Hasher::new(), limit, kept: 0, len: 0, is_writable: true };
        Ok(Self(Arc::new(Mutex::new(Inner { filter: Some(filter), sink }))))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end of what is written, beside everything else. It goes on when the rest is of no interest any
    /// more, so that whoever still writes is not ended by it.
    pub(super) fn drain(&self, mut from: impl Read + Send + 'static) -> io::Result<JoinHandle<()>> {
        let capture = self.clone();
        let work = move || {
            let mut piece = vec![0; PIECE];
            loop {
                match from.read(&mut piece) {
                    Ok(0) => return,
                    Ok(read) => capture.take(piece.get(..read).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        };
        std::thread::Builder::new().name("surefoot-output".to_owned()).spawn(work)
    }

    fn take(&self, piece: &[u8]) {
        let mut inner = self.inner();
        let Inner { filter, sink } = &mut *inner;
        if let Some(filter) = filter {
            filter.push(piece, |bytes| sink.take(bytes));
        }
    }

    /// Takes nothing in any more; what was kept is durable.
    pub(super) fn close(&self) -> Captured {
        let mut inner = self.inner();
        let Inner { filter, sink } = &mut *inner;
        if let Some(mut filter) = filter.take() {
            filter.finish(|bytes| sink.take(bytes));
        }
        if sink.file.sync_all().is_err() {
            // Nobody knows how much of it is there.
            sink.kept = 0;
        }
        let sha256: Digest = std::mem::take(&mut sink.hasher).finish();
        Captured { file: sink.name.to_owned(), kept: sink.kept, len: sink.len, sha256 }
    }
}
