//! A disk in memory that can fail at any operation, fill up, write short, and lose what was not synced.
//!
//! Each file has what processes see and what stands on the platter. A sync copies what is dirty from one to the
//! other; a failed sync forgets that it was dirty, as Linux does, so that a later sync succeeds and writes nothing.

mod control;
mod file;
mod state;

pub use control::{Loss, Op};

use crate::port::{Disk, DiskFile, FileId, Open, Stat};
use file::SimFile;
use state::{Entry, Node, SECTOR, Shared, State};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

/// Files with their bytes, one after another.
pub(super) type Files<'a> = &'a mut dyn Iterator<Item = (&'a Path, &'a [u8])>;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimDisk(Shared);

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimDisk")
    }
}

impl SimDisk {
    /// An empty disk without limits.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
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
        let durable = state.platter_names.iter().filter(|(path, _)| state.is_durable(path));
        let names = match loss {
            Loss::Everything => durable.map(|(path, entry)| (path.clone(), *entry)).collect(),
            Loss::Nothing | Loss::Torn => state.names.clone(),
        };
        // Which sectors reach the platter: the odd ones, the even ones, or those before some place.
        let written: usize = state.nodes.values().map(|node| node.seen.len()).sum();
        let (way, place) = (written % 3, written / SECTOR % 8);
        for node in state.nodes.values_mut() {
            let durable = node.platter.len() / SECTOR;
            match loss {
                Loss::Everything => {}
                Loss::Nothing => node.flush(|_| true),
                Loss::Torn => node.flush(|sector| match way {
                    0 => sector % 2 == 1,
                    1 => sector % 2 == 0,
                    _ => sector < durable + place,
                }),
            }
        }
        state.come_back(names);
    }

    /// The bytes of a file as processes see them; none where there is no such file.
    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        self.state().file(path).map(|node| node.seen.clone()).unwrap_or_default()
    }

    /// Puts a file there, durably, with the directories above it.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = match state.names.get(path) {
            Some(Entry::File(id)) => *id,
            _ => state.make(path),
        };
        state.nodes.insert(id, Node::durable(path, bytes));
        state.platter_names.insert(path.to_owned(), Entry::File(id));
        for above in path.ancestors().skip(1) {
            state.names.entry(above.to_owned()).or_insert(Entry::Dir);
            state.platter_names.entry(above.to_owned()).or_insert(Entry::Dir);
        }
    }

    /// Every file with its bytes.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let file = |(path, entry): (&PathBuf, &Entry)| Some((path.clone(), state.entry(entry)?.seen.clone()));
        state.names.iter().filter_map(file).collect()
    }

    /// Looks at every file in which something was wrong at an earlier look, or that was not durable then.
    pub(super) fn with_suspects<T>(&self, look: impl FnOnce(Files<'_>) -> T) -> T {
        let state = self.state();
        let suspects = state.names.iter().filter_map(|(path, entry)| {
            let node = state.entry(entry).filter(|node| node.is_suspect)?;
            Some((&**path, &*node.seen))
        });
        look(&mut { suspects })
    }

    /// Looks at everything that has changed since the last look, with so many bytes in front of it, or, where no number
    /// is given, at everything: at files that have no name any more too, and at what stands on the platter under
    /// something newer. Each with the name it was made under, and the one it has now; `look` tells whether something
    /// is wrong with it.
    pub(super) fn look_at_changes(
        &self,
        before: Option<usize>,
        mut look: impl FnMut(&Path, Option<&Path>, &[u8]) -> bool,
    ) {
        let mut state = self.state();
        let State { nodes, names, .. } = &mut *state;
        let file = |entry: &Entry| if let Entry::File(id) = entry { Some(*id) } else { None };
        let named: BTreeMap<u64, &Path> =
            names.iter().filter_map(|(path, entry)| Some((file(entry)?, &**path))).collect();
        for (id, node) in nodes.iter_mut() {
            let from = match (node.touched.take(), before) {
                (_, None) => 0,
                (Some(from), Some(before)) => from.saturating_sub(before),
                (None, Some(_)) => continue,
            };
            let is_dirty = !node.dirty.is_empty() || node.len_dirty;
            let now = named.get(id).copied();
            let mut is_wrong = look(&node.born, now, node.seen.get(from..).unwrap_or_default());
            if is_dirty {
                is_wrong |= look(&node.born, now, node.platter.get(from..).unwrap_or_default());
            }
            node.is_suspect |= is_wrong || is_dirty;
        }
    }

    /// Looks at every file of a directory as a power loss at this moment would surely leave it.
    pub(super) fn with_durable<T>(&self, dir: &Path, look: impl FnOnce(Files<'_>) -> T) -> T {
        let state = self.state();
        let is_there = state.is_durable(dir);
        let names = state.platter_names.iter().filter(|(path, _)| is_there && path.parent() == Some(dir));
        look(&mut names.filter_map(|(path, entry)| Some((&**path, &*state.entry(entry)?.platter))))
    }
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
        Ok(Box::new(SimFile::new(self.0.clone(), id, state.next, append)))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.step(Op::Read)?;
        let node = state.file(path)?;
        if node.seen.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(node.seen.clone()) }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Rename)?;
        if !state.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let moved: Vec<_> = state.names.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for old in moved {
            let Some(entry) = state.names.remove(&old) else { continue };
            let below = old.strip_prefix(from).ok().filter(|rest| !rest.as_os_str().is_empty());
            let new = below.map_or_else(|| to.to_owned(), |rest| to.join(rest));
            // What is durable below a directory moves with it; whether the directory's own new name is durable is
            // decided by a sync of its parent.
            if let Some(durable) = state.platter_names.get(&old).copied().filter(|_| below.is_some()) {
                state.platter_names.insert(new.clone(), durable);
            }
            state.names.insert(new, entry);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Remove)?;
        state.names.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step(Op::Remove)?;
        state.names.retain(|name, _| !name.starts_with(path));
        if !state.platter_names.contains_key(path) {
            // What would have become durable with its name never will.
            state.platter_names.retain(|name, _| !name.starts_with(path));
        }
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
        state.sync_names(path);
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
            Some(Entry::File(id)) => (*id, state.node(*id)?.seen.len() as u64, false),
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
