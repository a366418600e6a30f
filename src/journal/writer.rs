//! The journal of a run that this process holds.

use super::batch;
use super::dir::RunDir;
use super::error::JournalError;
use super::head::{HeadFile, is_irreversible, is_moment};
use super::lock::Lock;
use super::segment::{SYNC, Segment};
use crate::base::{PlantedBug, planted};
use crate::engine::event::{Body, Event};
use crate::port::{Clock, Committed, Disk, Log, Open, Poisoned};
use crate::record::Chain;
use std::fmt;
use std::sync::Arc;

/// The journal of a run that this process holds, until it is dropped.
pub struct Journal {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dir: RunDir,
    pub(super) chain: Chain,
    pub(super) segment: Segment,
    head: HeadFile,
    buffer: Vec<u8>,
    poisoned: Option<String>,
    awaits_session: bool,
    lock: Lock,
}

/// The open files of a run.
pub(super) struct Files {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dir: RunDir,
    pub(super) segment: Segment,
    pub(super) head: HeadFile,
    pub(super) lock: Lock,
}

impl Journal {
    /// Goes on after `chain`, all of which is durable.
    pub(super) fn new(files: Files, chain: Chain) -> Self {
        let Files { disk, clock, dir, segment, head, lock } = files;
        let awaits_session = chain.len > 0;
        let (buffer, poisoned) = (Vec::with_capacity(16 * 1024), None);
        Self { disk, clock, dir, chain, segment, head, buffer, poisoned, awaits_session, lock }
    }

    /// Leaves the run in order: everything about it was told.
    pub fn leave(self) {
        self.lock.leave();
    }

    /// The run directory.
    pub const fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// The number that the next record will have.
    pub const fn next_seq(&self) -> u64 {
        self.chain.len
    }

    /// The number of the session, from 1; it rises with `session.open`.
    pub const fn epoch(&self) -> u64 {
        self.chain.epoch
    }

    /// What the user should be told once about this file system.
    pub const fn notice(&self) -> Option<&'static str> {
        if self.segment.can_reserve() {
            None
        } else {
            Some("this file system cannot reserve space: if the disk fills up, the outcome of an effect may not fit")
        }
    }

    /// Writes events; an error leaves the journal in doubt and must poison it.
    pub(super) fn write(&mut self, events: &[Event]) -> Result<(), JournalError> {
        self.check_first(events)?;
        let batch = batch::format(events, self.chain, &mut self.buffer)?;
        let intended = |event: &Event| matches!(event.body, Body::CallIntended(_));
        let destructive = |event: &Event| matches!(&event.body, Body::CallIntended(intent) if is_irreversible(intent));
        self.segment.extend_reserve(self.buffer.len() as u64, events.iter().any(destructive));
        if events.iter().any(intended) {
            self.segment.demand_reserve()?;
        }
        for (range, after) in batch.rounds {
            if planted(PlantedBug::HeadFirst) {
                let len = self.segment.len() + range.len() as u64;
                self.head.write(after.len - 1, len, after.last)?;
            }
            self.segment.append(self.buffer.get(range).unwrap_or_default())?;
            self.chain = after;
        }
        self.awaits_session = false;
        if events.iter().any(|event| is_moment(&event.body)) {
            self.write_head()?;
        }
        if events.iter().any(|event| matches!(event.body, Body::RunClosed { .. })) {
            self.segment.release_reserve();
        }
        Ok(())
    }

    /// Says in `journal.head` that everything so far is durable.
    pub(super) fn write_head(&mut self) -> Result<(), JournalError> {
        let Some(seq) = self.chain.last_seq() else { return Ok(()) };
        self.head.write(seq, self.segment.len(), self.chain.last)
    }

    /// Writes a record of the journal itself, which belongs to the session it mends or goes on.
    pub(super) fn write_own(&mut self, event: &Event) -> Result<(), JournalError> {
        let awaits_session = std::mem::replace(&mut self.awaits_session, false);
        let written = self.write(std::slice::from_ref(event));
        self.awaits_session = awaits_session;
        written
    }

    /// Refuses everything from now on.
    pub(super) fn poison(&mut self, error: &JournalError) -> Poisoned {
        let reason = match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        if matches!(error, JournalError::Disk { operation: SYNC, .. }) {
            mark_sync_failed(self.disk.as_ref(), &self.dir);
        }
        self.poisoned = Some(reason.clone());
        Poisoned { reason }
    }

    /// Fails where an earlier error forbids to write.
    pub(super) fn check_poison(&self) -> Result<(), Poisoned> {
        self.poisoned.as_ref().map_or(Ok(()), |reason| Err(Poisoned { reason: reason.clone() }))
    }

    fn check_first(&self, events: &[Event]) -> Result<(), JournalError> {
        let (of, expected) = if self.chain.len == 0 { ("run", "run.opened") } else { ("session", "session.open") };
        let first = self.awaits_session || self.chain.len == 0;
        for (index, event) in events.iter().enumerate() {
            let found = event.body.name();
            let opens = matches!(event.body, Body::RunOpened(_) | Body::SessionOpened(_));
            if (first && index == 0 && found != expected) || (opens && !(first && index == 0)) {
                return Err(JournalError::WrongFirst { of, expected, found });
            }
        }
        Ok(())
    }
}

/// Leaves a mark for the next session, as far as the disk still lets us: after a failed sync the file may hold bytes
/// in memory that never reached the disk, and syncing it once more would say that all is well.
pub(super) fn mark_sync_failed(disk: &dyn Disk, dir: &RunDir) {
    let marked = disk.open(&dir.sync_failed(), Open::CreateNew).and_then(|mut file| file.sync_all());
    if marked.is_ok() {
        disk.sync_dir(dir.path()).ok();
    }
}

impl Log for Journal {
    fn commit(&mut self, events: &[Event]) -> Result<Committed, Poisoned> {
        self.check_poison()?;
        if planted(PlantedBug::OutcomeUnrecorded) && events.iter().any(|one| matches!(one.body, Body::CallSettled(_))) {
            return Ok(Committed::after_sync(self.next_seq()));
        }
        match self.write(events) {
            Ok(()) => Ok(Committed::after_sync(self.next_seq())),
            Err(_) if planted(PlantedBug::PoisonForgotten) => Ok(Committed::after_sync(self.next_seq())),
            Err(error) => Err(self.poison(&error)),
        }
    }

    fn rotate_if_due(&mut self) -> Result<Option<Event>, Poisoned> {
        self.check_poison()?;
        if !self.is_rotation_due() {
            return Ok(None);
        }
        self.rotate().map(Some).map_err(|error| self.poison(&error))
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("dir", &self.dir).field("chain", &self.chain).finish_non_exhaustive()
    }
}
