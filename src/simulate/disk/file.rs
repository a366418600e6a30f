//! An open file of a simulated disk.

use super::control::Op;
use super::state::Shared;
use crate::port::{DiskFile, FileId};
use std::io;

/// An open file.
pub(super) struct SimFile {
    disk: Shared,
    id: u64,
    handle: u64,
    append: bool,
    cursor: usize,
}

impl SimFile {
    pub(super) fn new(disk: Shared, id: u64, handle: u64, append: bool) -> Self {
        Self { disk, id, handle, append, cursor: 0 }
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl DiskFile for SimFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let at = if self.append { state.node(self.id)?.seen.len() } else { self.cursor };
        let written = state.write(self.id, at, bytes)?;
        self.cursor = at + written;
        Ok(written)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.state().write(self.id, place(offset), bytes)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.step(Op::Read)?;
        let from = state.node(self.id)?.seen.get(place(offset)..).unwrap_or_default();
        let len = from.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..len), from.get(..len)) {
            to.copy_from_slice(from);
        }
        Ok(len)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.disk.state().sync(Op::SyncData, self.id, self.handle)
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.disk.state().sync(Op::SyncAll, self.id, self.handle)
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.step(Op::Look)?;
        Ok(state.node(self.id)?.seen.len() as u64)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step(Op::SetLen)?;
        if len > state.room(self.id) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let node = state.node_mut(self.id)?;
        node.seen.resize(place(len), 0);
        node.len_dirty = true;
        node.reserved = 0;
        Ok(())
    }

    fn reserve(&mut self, end: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step(Op::Reserve)?;
        if state.no_reserve {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if end > state.room(self.id) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let node = state.node_mut(self.id)?;
        node.reserved = node.reserved.max(end);
        Ok(())
    }

    fn try_lock(&mut self) -> io::Result<bool> {
        let mut state = self.disk.state();
        state.step(Op::Open)?;
        let handle = self.handle;
        let node = state.node_mut(self.id)?;
        let free = node.locked_by.is_none_or(|holder| holder == handle);
        if free {
            node.locked_by = Some(handle);
        }
        Ok(free)
    }

    fn id(&self) -> io::Result<FileId> {
        let mut state = self.disk.state();
        state.step(Op::Look)?;
        Ok(FileId { device: 1, inode: self.id })
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if let Some(node) = state.nodes.get_mut(&self.id).filter(|node| node.locked_by == Some(self.handle)) {
            node.locked_by = None;
        }
    }
}
