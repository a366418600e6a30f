//! What unpacks to far more than a backup can is given up.

use std::cell::Cell;
use std::fmt;
use std::io::{Error, Read, Result};
use std::rc::Rc;

/// A file may unpack to so much whatever its size: a small database has transaction logs of 256 MiB that are hardly
/// written to yet, and those are next to nothing when they are packed.
const FREE: u64 = 4 << 30;
/// Beyond that to so many times its size. Stores pack to between a half and a twentieth; gzip ends at a thousand, zstd
/// at thirty thousand.
const RATIO: u64 = 256;

/// Counts what is read of a file.
pub(super) struct Packed<R> {
    pub(super) inner: R,
    pub(super) count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get().saturating_add(count as u64));
        Ok(count)
    }
}

/// What comes out of a decoder.
pub(super) struct Unpacked<R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    count: u64,
}

impl<R> Unpacked<R> {
    pub(super) fn new(inner: R, packed: &Rc<Cell<u64>>) -> Self {
        Self { inner, packed: packed.clone(), count: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count = self.count.saturating_add(count as u64);
        if self.count > FREE.saturating_add(self.packed.get().saturating_mul(RATIO)) {
            return Err(Error::other(TooMuch));
        }
        Ok(count)
    }
}

/// More comes out than a backup can hold.
#[derive(Debug)]
pub(super) struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {RATIO} times what it has")
    }
}

impl std::error::Error for TooMuch {}
