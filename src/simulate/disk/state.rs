//! What the files of a simulated disk hold: what processes see, and what stands on the platter.

use super::control::Op;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) const SECTOR: usize = 512;

/// One file.
#[derive(Clone, Default)]
pub(super) struct Node {
    pub(super) seen: Vec<u8>,
    pub(super) platter: Vec<u8>,
    pub(super) dirty: Vec<(usize, usize)>,
    pub(super) len_dirty: bool,
    pub(super) reserved: u64,
    pub(super) locked_by: Option<u64>,
    /// The name it was made under.
    pub(super) born: PathBuf,
    /// From where on it has changed since somebody looked at what has.
    pub(super) touched: Option<usize>,
    /// Whether it is to be looked at again.
    pub(super) is_suspect: bool,
}

impl Node {
    /// A file all of which is durable.
    pub(super) fn durable(path: &Path, bytes: &[u8]) -> Self {
        let (seen, platter) = (bytes.to_vec(), bytes.to_vec());
        Self { seen, platter, born: path.to_owned(), touched: Some(0), ..Self::default() }
    }

    fn size(&self) -> u64 {
        self.reserved.max(self.seen.len() as u64)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
            self.len_dirty = true;
        }
        if let Some(place) = self.seen.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
        self.dirty.push((at, end));
        self.touched = Some(self.touched.map_or(at, |from| from.min(at)));
    }

    /// Brings what is dirty, and in a sector that `reaches` the platter, there.
    pub(super) fn flush(&mut self, reaches: impl Fn(usize) -> bool) {
        if self.len_dirty {
            self.platter.resize(self.seen.len(), 0);
        }
        for (start, end) in std::mem::take(&mut self.dirty) {
            let end = end.min(self.platter.len()).min(self.seen.len());
            let mut at = start;
            while at < end {
                let next = ((at / SECTOR + 1) * SECTOR).min(end);
                if reaches(at / SECTOR)
                    && let (Some(to), Some(from)) = (self.platter.get_mut(at..next), self.seen.get(at..next))
                {
                    to.copy_from_slice(from);
                }
                at = next;
            }
        }
        self.len_dirty = false;
    }

    /// Forgets what is dirty, as Linux does after a failed sync, so that a later one succeeds and writes nothing.
    fn forget(&mut self) {
        self.dirty.clear();
        self.len_dirty = false;
    }
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    Dir,
    File(u64),
}

/// The state that a disk shares with its open files.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files, names and faults.
#[derive(Default)]
pub(super) struct State {
    pub(super) nodes: BTreeMap<u64, Node>,
    pub(super) names: BTreeMap<PathBuf, Entry>,
    pub(super) platter_names: BTreeMap<PathBuf, Entry>,
    pub(super) next: u64,
    pub(super) counts: BTreeMap<Op, u64>,
    pub(super) fail: Option<(Op, u64, io::ErrorKind)>,
    pub(super) failed: bool,
    pub(super) budget: Option<u64>,
    pub(super) write_at_most: Option<usize>,
    pub(super) no_reserve: bool,
    pub(super) failed_syncs: BTreeSet<u64>,
    pub(super) retried_syncs: u64,
}

impl State {
    /// Counts an operation, and fails it where it is the one that has to fail.
    pub(super) fn step(&mut self, op: Op) -> io::Result<()> {
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

    pub(super) fn make(&mut self, path: &Path) -> u64 {
        self.next += 1;
        self.nodes.insert(self.next, Node { born: path.to_owned(), ..Node::default() });
        self.names.insert(path.to_owned(), Entry::File(self.next));
        self.next
    }

    /// The file of this name.
    pub(super) fn file(&self, path: &Path) -> io::Result<&Node> {
        match self.names.get(path) {
            Some(Entry::File(id)) => self.node(*id),
            Some(Entry::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The file that a name stands for.
    pub(super) fn entry(&self, entry: &Entry) -> Option<&Node> {
        match entry {
            Entry::File(id) => self.nodes.get(id),
            Entry::Dir => None,
        }
    }

    pub(super) fn node(&self, id: u64) -> io::Result<&Node> {
        self.nodes.get(&id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn node_mut(&mut self, id: u64) -> io::Result<&mut Node> {
        self.nodes.get_mut(&id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn used(&self) -> u64 {
        self.nodes.values().map(Node::size).sum()
    }

    /// How far a file may grow, in bytes.
    pub(super) fn room(&self, id: u64) -> u64 {
        let has = self.nodes.get(&id).map_or(0, Node::size);
        self.budget.map_or(u64::MAX, |budget| has + budget.saturating_sub(self.used()))
    }

    pub(super) fn write(&mut self, id: u64, at: usize, bytes: &[u8]) -> io::Result<usize> {
        self.step(Op::Write)?;
        let room = usize::try_from(self.room(id).saturating_sub(at as u64)).unwrap_or(usize::MAX);
        let len = bytes.len().min(self.write_at_most.unwrap_or(usize::MAX)).min(room);
        if len == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.node_mut(id)?.put(at, bytes.get(..len).unwrap_or_default());
        Ok(len)
    }

    pub(super) fn sync(&mut self, op: Op, id: u64, handle: u64) -> io::Result<()> {
        if self.failed_syncs.contains(&handle) {
            self.retried_syncs += 1;
        }
        let done = self.step(op);
        let node = self.node_mut(id)?;
        if done.is_ok() {
            node.flush(|_| true);
        } else {
            node.forget();
            self.failed_syncs.insert(handle);
        }
        done
    }

    /// What processes see is what stands on the platter, and the names are these.
    pub(super) fn come_back(&mut self, names: BTreeMap<PathBuf, Entry>) {
        for node in self.nodes.values_mut() {
            node.seen.clone_from(&node.platter);
            node.forget();
            node.reserved = 0;
            node.locked_by = None;
        }
        self.names.clone_from(&names);
        self.platter_names = names;
    }

    /// Brings the names in a directory to the platter. They are found there when the directory's own name is, too.
    pub(super) fn sync_names(&mut self, path: &Path) {
        let is_child = |name: &Path| name.parent() == Some(path);
        let is_gone = |name: &&PathBuf| name.ancestors().any(|up| is_child(up) && !self.names.contains_key(up));
        let gone: Vec<_> = self.platter_names.keys().filter(is_gone).cloned().collect();
        for name in gone {
            self.platter_names.remove(&name);
        }
        let children = self.names.iter().filter(|(name, _)| is_child(name));
        self.platter_names.extend(children.map(|(name, entry)| (name.clone(), *entry)));
    }

    /// Whether a name and those of all directories above it stand on the platter; the root always does.
    pub(super) fn is_durable(&self, path: &Path) -> bool {
        path.ancestors().all(|up| up.parent().is_none() || self.platter_names.contains_key(up))
    }
}
