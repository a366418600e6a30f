//! The disk as a process that can die reaches it.

use super::disk::{Op, SimDisk};
use super::fault::{Fault, Port};
use super::fault_injector::{Dead, FaultInjector};
use crate::port::{Disk, DiskFile, FileId, Open, Stat};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A disk each of whose changes may be the last thing that its process did.
#[derive(Clone)]
pub(super) struct MortalDisk {
    pub(super) disk: SimDisk,
    pub(super) injector: Arc<FaultInjector>,
}

fn dead(_: Dead) -> io::Error {
    io::Error::other("the power is gone")
}

impl MortalDisk {
    fn guarded<T>(&self, op: Op, what: impl Fn() -> String, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let port = if matches!(op, Op::SyncData | Op::SyncAll | Op::SyncDir) { Port::Sync } else { Port::Change };
        let passage = self.injector.enter(port, what).map_err(dead)?;
        match passage.fault {
            Some(Fault::SyncFails) => self.disk.fail(op, 1, io::ErrorKind::Other),
            Some(Fault::DiskFull) => self.disk.fill_up(),
            _ => {}
        }
        let done = work();
        self.injector.leave(&passage).map_err(dead)?;
        done
    }

    /// Reads are not counted: whether a process dies before or after one makes no difference to anything outside.
    fn look<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.injector.is_dead() { Err(dead(Dead)) } else { work() }
    }
}

fn named(verb: &str, path: &Path) -> String {
    format!("{verb} {}", path.file_name().unwrap_or_default().to_string_lossy())
}

impl Disk for MortalDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let open = || self.disk.open(path, how);
        let file = match how {
            Open::Read | Open::Write | Open::Append => self.look(open)?,
            _ => self.guarded(Op::Open, || named("create", path), open)?,
        };
        Ok(Box::new(MortalFile { file, disk: self.clone(), name: named("", path) }))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.look(|| self.disk.read(path, limit))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.guarded(Op::Rename, || named("rename to", to), || self.disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.guarded(Op::Remove, || named("remove", path), || self.disk.remove(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.guarded(Op::Remove, || named("remove", path), || self.disk.remove_dir_all(path))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.guarded(Op::Open, || named("create", path), || self.disk.create_dir_all(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.guarded(Op::SyncDir, || named("sync", path), || self.disk.sync_dir(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.look(|| self.disk.list(path))
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.look(|| self.disk.stat(path))
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.look(|| self.disk.free_bytes(path))
    }
}

struct MortalFile {
    file: Box<dyn DiskFile>,
    disk: MortalDisk,
    name: String,
}

impl DiskFile for MortalFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::Write, || format!("write{name}"), || file.write(bytes))
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::Write, || format!("write{name}"), || file.write_at(bytes, offset))
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.look(|| self.file.read_at(bytes, offset))
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::SyncData, || format!("sync{name}"), || file.sync_data())
    }

    fn sync_all(&mut self) -> io::Result<()> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::SyncAll, || format!("sync{name}"), || file.sync_all())
    }

    fn len(&self) -> io::Result<u64> {
        self.disk.look(|| self.file.len())
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::SetLen, || format!("cut{name}"), || file.set_len(len))
    }

    fn reserve(&mut self, end: u64) -> io::Result<()> {
        let (file, name) = (&mut self.file, &self.name);
        self.disk.guarded(Op::Reserve, || format!("reserve{name}"), || file.reserve(end))
    }

    fn try_lock(&mut self) -> io::Result<bool> {
        let file = &mut self.file;
        self.disk.look(|| file.try_lock())
    }

    fn id(&self) -> io::Result<FileId> {
        self.disk.look(|| self.file.id())
    }
}
