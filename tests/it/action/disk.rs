//! Disks that are not quite what they should be.

use super::archive::{bytes, spec};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use surefoot::adapter::disk::RealDisk;
use surefoot::port::{Disk, DiskFile, FileId, Open, Stat};
use surefoot::twin::archive::Format;

/// The real disk with one thing different.
#[derive(Default)]
pub(super) struct Altered {
    /// How often something was looked at.
    pub(super) looks: AtomicU64,
    /// By so much is a file longer at every look: it is still being written.
    pub(super) growth: u64,
    /// Files can be opened and not read.
    pub(super) worn: bool,
    /// These bits are added to the mode of every file: a file system that keeps no permissions.
    pub(super) mode: u32,
    /// What is read of a file is not what was written.
    pub(super) lies: bool,
}

impl Disk for Altered {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        if self.worn { Ok(Box::new(Worn)) } else { RealDisk.open(path, how) }
    }
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = RealDisk.read(path, limit)?;
        if self.lies {
            bytes.push(b'?');
        }
        Ok(bytes)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_dir_all(path)
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir_all(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let mut stat = RealDisk.stat(path)?;
        stat.len += self.growth * self.looks.fetch_add(1, Ordering::SeqCst);
        stat.mode |= if stat.is_file { self.mode } else { 0 };
        Ok(stat)
    }
    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        RealDisk.free_bytes(path)
    }
}

/// A file whose disk fails after its first 4000 bytes.
struct Worn;

impl DiskFile for Worn {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from_raw_os_error(5))
    }
    fn write_at(&mut self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::Error::from_raw_os_error(5))
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset > 4000 {
            return Err(io::Error::from_raw_os_error(5));
        }
        let whole = self::bytes(&spec(Format::Backup, true, 1 << 20));
        let from = usize::try_from(offset).unwrap();
        let count = bytes.len().min(4096);
        bytes[..count].copy_from_slice(&whole[from..from + count]);
        Ok(count)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn len(&self) -> io::Result<u64> {
        Ok(1 << 20)
    }
    fn set_len(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn reserve(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn try_lock(&mut self) -> io::Result<bool> {
        Ok(true)
    }
    fn id(&self) -> io::Result<FileId> {
        Ok(FileId { device: 0, inode: 0 })
    }
}
