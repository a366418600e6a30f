//! A disk in memory that can fail at any operation, fill up, write short, and lose what was not synced.
//!
//! Each file has what processes see and what stands on the platter. A sync copies what is dirty from one to the
//! other; a failed sync forgets that it was dirty, as Linux does, so that a later sync succeeds and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use surefoot::port::{Disk, DiskFile, FileId, Open, Stat};

/// An operation that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    Open,
    Read,
    Write,
    SyncData,
    SyncAll,
    SyncDir,
    Rename,
    Remove,
    SetLen,
    Reserve,
    Look,
}

/// What a power loss leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// Nothing.
    Everything,
    /// All of it.
    Nothing,
    /// The new length, but only every second sector; names as if nothing were lost.
    OddSectors,
}

#[derive(Clone, Default)]
struct Node {
    seen: Vec<u8>,
    platter: Vec<u8>,
    dirty: Vec<(usize, usize)>,
    len_dirty: bool,
    reserved: u64,
    locked_by: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    Dir,
    File(u64),
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<u64, Node>,
    names: BTreeMap<PathBuf, Entry>,
    platter_names: BTreeMap<PathBuf, Entry>,
    next: u64,
    counts: BTreeMap<Op, u64>,
    fail: Option<(Op, u64, io::ErrorKind)>,
    failed: bool,
    budget: Option<u64>,
    write_at_most: Option<usize>,
    no_reserve: bool,
    failed_syncs: BTreeSet<u64>,
    retried_syncs: u64,
}

/// The disk.
#[derive(Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

impl SimDisk {
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Fails the `nth` operation (from 1) of this kind from now on.
    pub fn fail(&self, op: Op, nth: u64, kind: io::ErrorKind) {
        let mut state = self.state();
        state.counts.clear();
        state.failed = false;
        state.fail = Some((op, nth, kind));
    }

    /// Whether the fault has struck.
    pub fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// Lifts every fault and limit.
    pub fn heal(&self) {
        let mut state = self.state();
        state.fail = None;
        state.budget = None;
        state.write_at_most = None;
    }

    /// Allows `bytes` in all, reserved ones included.
    pub fn limit_to(&self, bytes: u64) {
        self.state().budget = Some(bytes);
    }

    /// Lets somebody else take all the space that is neither used nor reserved.
    pub fn fill_up(&self) {
        let mut state = self.state();
        state.budget = Some(state.used());
    }

    /// Lets no write take more than `bytes`.
    pub fn write_at_most(&self, bytes: usize) {
        self.state().write_at_most = Some(bytes);
    }

    /// Makes the file system one that cannot reserve.
    pub fn cannot_reserve(&self) {
        self.state().no_reserve = true;
    }

    /// How often a file was synced again through a handle whose sync had failed.
    pub fn retried_syncs(&self) -> u64 {
        self.state().retried_syncs
    }

    /// Takes the power away. Whoever still has a file open must be gone by then.
    pub fn lose_power(&self, loss: Loss) {
        let mut state = self.state();
        let names = if matches!(loss, Loss::Everything) { state.platter_names.clone() } else { state.names.clone() };
        for node in state.nodes.values_mut() {
            match loss {
                Loss::Everything => {}
                Loss::Nothing => flush(node, |_| true),
                Loss::OddSectors => flush(node, |sector| sector % 2 == 1),
            }
            node.seen = node.platter.clone();
            node.dirty.clear();
            node.len_dirty = false;
            node.reserved = 0;
            node.locked_by = None;
        }
        state.names = names.clone();
        state.platter_names = names;
    }

    /// The bytes of a file as processes see them.
    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        match state.names.get(path) {
            Some(Entry::File(id)) => state.nodes[id].seen.clone(),
            other => panic!("{}: {other:?}", path.display()),
        }
    }

    /// Puts a file there, durably.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = match state.names.get(path) {
            Some(Entry::File(id)) => *id,
            _ => state.make(path),
        };
        let node = state.nodes.get_mut(&id).unwrap();
        *node = Node { seen: bytes.to_vec(), platter: bytes.to_vec(), ..Node::default() };
        state.platter_names.insert(path.to_owned(), Entry::File(id));
    }

    /// Every file with its bytes.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let file = |(path, entry): (&PathBuf, &Entry)| match entry {
            Entry::File(id) => Some((path.clone(), state.nodes[id].seen.clone())),
            Entry::Dir => None,
        };
        state.names.iter().filter_map(file).collect()
    }
}

impl State {
    fn step(&mut self, op: Op) -> io::Result<()> {
        let count = self.counts.entry(op).or_insert(0);
        *count += 1;
        match self.fail {
            Some((at, nth, kind)) if at == op && nth == *count => {
                self.failed = true;
                Err(kind.into())
            }
            _ => Ok(()),
        }
    }

    fn make(&mut self, path: &Path) -> u64 {
        self.next += 1;
        self.nodes.insert(self.next, Node::default());
        self.names.insert(path.to_owned(), Entry::File(self.next));
        self.next
    }

    fn used(&self) -> u64 {
        self.nodes.values().map(|node| node.reserved.max(node.seen.len() as u64)).sum()
    }

    /// How far a file may grow, in bytes.
    fn room(&self, id: u64) -> u64 {
        let node = &self.nodes[&id];
        let has = node.reserved.max(node.seen.len() as u64);
        self.budget.map_or(u64::MAX, |budget| has + budget.saturating_sub(self.used()))
    }

    fn write(&mut self, id: u64, at: usize, bytes: &[u8]) -> io::Result<usize> {
        self.step(Op::Write)?;
        let room = self.room(id).saturating_sub(at as u64);
        let len = bytes.len().min(self.write_at_most.unwrap_or(usize::MAX)).min(usize::try_from(room).unwrap());
        if len == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let node = self.nodes.get_mut(&id).unwrap();
        if node.seen.len() < at + len {
            node.seen.resize(at + len, 0);
            node.len_dirty = true;
        }
        node.seen[at..at + len].copy_from_slice(&bytes[..len]);
        node.dirty.push((at, at + len));
        Ok(len)
    }

    fn sync(&mut self, op: Op, id: u64, handle: u64) -> io::Result<()> {
        if self.failed_syncs.contains(&handle) {
            self.retried_syncs += 1;
        }
        let done = self.step(op);
        let node = self.nodes.get_mut(&id).unwrap();
        if done.is_ok() {
            flush(node, |_| true);
        } else {
            node.dirty.clear();
            node.len_dirty = false;
            self.failed_syncs.insert(handle);
        }
        done
    }
}

/// Brings what is dirty, and in a sector that `reaches` the platter, there.
fn flush(node: &mut Node, reaches: impl Fn(usize) -> bool) {
    if node.len_dirty {
        node.platter.resize(node.seen.len(), 0);
    }
    for (start, end) in std::mem::take(&mut node.dirty) {
        for at in start..end.min(node.platter.len()).min(node.seen.len()) {
            if reaches(at / 512) {
                node.platter[at] = node.seen[at];
            }
        }
    }
    node.len_dirty = false;
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.step(Op::Open)?;
        let id = match (state.names.get(path).copied(), how) {
            (Some(Entry::Dir), _) => return Err(io::ErrorKind::IsADirectory.into()),
            (Some(Entry::File(_)), Open::CreateNew | Open::CreateAppend) => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            (Some(Entry::File(id)), _) => id,
            (None, Open::Read | Open::Write | Open::Append) => return Err(io::ErrorKind::NotFound.into()),
            (None, _) if path.parent().is_some_and(|parent| !state.names.contains_key(parent)) => {
                return Err(io::ErrorKind::NotFound.into());
            }
            (None, _) => state.make(path),
        };
        state.next += 1;
        let append = matches!(how, Open::Append | Open::CreateAppend);
        Ok(Box::new(SimFile { disk: self.clone(), id, handle: state.next, append, cursor: 0 }))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.step(Op::Read)?;
        match state.names.get(path) {
            Some(Entry::File(id)) if state.nodes[id].seen.len() as u64 > limit => {
                Err(io::ErrorKind::FileTooLarge.into())
            }
            Some(Entry::File(id)) => Ok(state.nodes[id].seen.clone()),
            Some(Entry::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Rename)?;
        if !state.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        // What is durable below a directory moves with it; whether the directory's own new name is durable is decided
        // by a sync of its parent, which looks at names only.
        let moved: Vec<_> = state.names.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for old in moved {
            let entry = state.names.remove(&old).unwrap();
            let new = if old == from { to.to_owned() } else { to.join(old.strip_prefix(from).unwrap()) };
            state.names.insert(new, entry);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Remove)?;
        match state.names.remove(path) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Remove)?;
        state.names.retain(|name, _| !name.starts_with(path));
        Ok(())
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Open)?;
        for above in path.ancestors() {
            state.names.entry(above.to_owned()).or_insert(Entry::Dir);
        }
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::SyncDir)?;
        let is_child = |name: &Path| name.parent() == Some(path);
        let gone: Vec<_> = state
            .platter_names
            .keys()
            .filter(|name| name.ancestors().any(|above| is_child(above) && !state.names.contains_key(above)))
            .cloned()
            .collect();
        for name in gone {
            state.platter_names.remove(&name);
        }
        let children: Vec<_> =
            state.names.iter().filter(|(name, _)| is_child(name)).map(|(name, entry)| (name.clone(), *entry)).collect();
        for (name, entry) in children {
            if entry == Entry::Dir && !state.platter_names.contains_key(&name) {
                // A directory renamed to here brings what was durable in it.
                let below: Vec<_> = state
                    .names
                    .iter()
                    .filter(|(path, _)| path.starts_with(&name))
                    .map(|(path, entry)| (path.clone(), *entry))
                    .collect();
                state.platter_names.extend(below);
            }
            state.platter_names.insert(name, entry);
        }
        for above in path.ancestors() {
            state.platter_names.entry(above.to_owned()).or_insert(Entry::Dir);
        }
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut state = self.state();
        state.step(Op::Look)?;
        if state.names.get(path) != Some(&Entry::Dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let names = state.names.keys().filter(|name| name.parent() == Some(path));
        Ok(names.filter_map(|name| name.file_name().map(PathBuf::from)).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let mut state = self.state();
        state.step(Op::Look)?;
        let (inode, len, is_dir) = match state.names.get(path) {
            Some(Entry::File(id)) => (*id, state.nodes[id].seen.len() as u64, false),
            Some(Entry::Dir) => (0, 0, true),
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        let id = FileId { device: 1, inode };
        let mode = if is_dir { 0o700 } else { 0o600 };
        Ok(Stat { id, len, mode, is_dir, is_file: !is_dir, uid: 0, modified_micros: 0 })
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.budget.map_or(u64::MAX, |budget| budget.saturating_sub(state.used())))
    }
}

struct SimFile {
    disk: SimDisk,
    id: u64,
    handle: u64,
    append: bool,
    cursor: usize,
}

impl DiskFile for SimFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let at = if self.append { state.nodes[&self.id].seen.len() } else { self.cursor };
        let written = state.write(self.id, at, bytes)?;
        self.cursor = at + written;
        Ok(written)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.state().write(self.id, usize::try_from(offset).unwrap(), bytes)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.step(Op::Read)?;
        let seen = &state.nodes[&self.id].seen;
        let from = seen.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let len = from.len().min(bytes.len());
        bytes[..len].copy_from_slice(&from[..len]);
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
        Ok(state.nodes[&self.id].seen.len() as u64)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step(Op::SetLen)?;
        if len > state.room(self.id) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let node = state.nodes.get_mut(&self.id).unwrap();
        node.seen.resize(usize::try_from(len).unwrap(), 0);
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
        let node = state.nodes.get_mut(&self.id).unwrap();
        node.reserved = node.reserved.max(end);
        Ok(())
    }

    fn try_lock(&mut self) -> io::Result<bool> {
        let mut state = self.disk.state();
        state.step(Op::Open)?;
        let node = state.nodes.get_mut(&self.id).unwrap();
        let free = node.locked_by.is_none_or(|handle| handle == self.handle);
        if free {
            node.locked_by = Some(self.handle);
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
