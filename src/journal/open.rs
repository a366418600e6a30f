//! Taking a run over (docs/journal.md, "Recovery").

use super::dir::{RunDir, above, remove_if_there};
use super::error::JournalError;
use super::head::{self, HeadFile};
use super::lock::{Holder, Lock};
use super::mend::{self, Recovered};
use super::read::{Loaded, load};
use super::rotate::{begin, place, segment_event};
use super::segment::SYNC;
use super::writer::{Files, Journal, mark_sync_failed};
use crate::base::{Actor, Digest, Moment, PlantedBug, planted};
use crate::engine::event::{Body, Event};
use crate::port::{Clock, Disk, Open};
use crate::record::{Chain, HeadState, Tail};
use std::io;
use std::sync::Arc;

/// A run that was taken over.
#[derive(Debug)]
pub struct Opened {
    /// Its journal; the first event it takes is `session.open`.
    pub journal: Journal,
    /// Its events with their numbers, those of the recovery included.
    pub events: Vec<(u64, Event)>,
    /// What had to be mended; nothing after a clean end.
    pub recovered: Vec<Recovered>,
}

impl Journal {
    /// Takes a run over: locks it, makes what is there durable, reads it, judges it and mends it.
    ///
    /// A damaged journal is an error, and then nothing was written.
    pub fn open(
        disk: &Arc<dyn Disk>,
        clock: &Arc<dyn Clock>,
        dir: &RunDir,
        holder: &Holder,
    ) -> Result<Opened, JournalError> {
        match disk.stat(dir.path()) {
            Ok(stat) if stat.is_dir => {}
            Ok(_) => return Err(JournalError::Missing { dir: dir.path().to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(JournalError::Missing { dir: dir.path().to_owned() });
            }
            Err(error) => return Err(JournalError::disk("look at", dir.path())(error)),
        }
        if dir.segments(disk.as_ref())?.is_empty() {
            return Err(JournalError::Missing { dir: dir.path().to_owned() });
        }
        let lock = Lock::take(disk.as_ref(), dir.path(), &dir.lock(), holder)?;
        take_over(disk, clock, dir, lock).inspect_err(|error| {
            if matches!(error, JournalError::Disk { operation: SYNC, .. }) {
                mark_sync_failed(disk.as_ref(), dir);
            }
        })
    }
}

fn take_over(disk: &Arc<dyn Disk>, clock: &Arc<dyn Clock>, dir: &RunDir, lock: Lock) -> Result<Opened, JournalError> {
    let trusted = make_durable(disk.as_ref(), dir)?;
    let (head_state, head_bytes) = head::read(disk.as_ref(), &dir.head())?;
    let mut loaded = load(disk.as_ref(), dir, head_state)?;
    let mut recovered = Vec::new();
    let now = clock.moment();
    let segment = if trusted {
        mend::segment(disk.as_ref(), dir, &loaded, now.at, &mut recovered)?
    } else {
        recovered.push(Recovered::Copied { number: loaded.number + 1 });
        let sound = loaded.bytes.get(..loaded.sound).unwrap_or_default();
        begin(disk.as_ref(), dir, loaded.number + 1, sound)?
    };
    let own = own_events(&loaded, trusted, head_state, &head_bytes, now);
    let head = open_head(disk.as_ref(), dir, head_state, &mut recovered)?;
    let Loaded { chain, events, .. } = &mut loaded;
    let files = Files { disk: Arc::clone(disk), clock: Arc::clone(clock), dir: dir.clone(), segment, head, lock };
    let chain = if planted(PlantedBug::ChainBroken) { Chain { last: Digest::ZERO, ..*chain } } else { *chain };
    let mut journal = Journal::new(files, chain);
    for event in own {
        let seq = journal.next_seq();
        journal.write_own(&event)?;
        events.push((seq, event));
    }
    if !trusted {
        place(disk.as_ref(), dir, &mut journal.segment)?;
        remove_if_there(disk.as_ref(), &dir.sync_failed())?;
        disk.sync_dir(dir.path()).map_err(JournalError::disk(SYNC, dir.path()))?;
    }
    if head_state == HeadState::Unreadable {
        journal.write_head()?;
    }
    Ok(Opened { journal, events: loaded.events, recovered })
}

/// Step 2: what is about to be trusted must be durable and not merely cached. Says whether it can be: after a failed
/// sync, in this session or an earlier one, what the file shows may never have reached the disk.
fn make_durable(disk: &dyn Disk, dir: &RunDir) -> Result<bool, JournalError> {
    let Some(last) = dir.segments(disk)?.last().copied() else {
        return Err(JournalError::Missing { dir: dir.path().to_owned() });
    };
    let path = dir.segment(last);
    let marked = disk.stat(&dir.sync_failed()).is_ok();
    let trusted = planted(PlantedBug::FailedSyncTrusted)
        || !marked && {
            let mut file = disk.open(&path, Open::Write).map_err(JournalError::disk("open", &path))?;
            file.sync_all().is_ok()
        };
    // The process that began the run may have died before its name was durable.
    for dir in [Some(dir.path()), above(dir.path())].into_iter().flatten() {
        disk.sync_dir(dir).map_err(JournalError::disk(SYNC, dir))?;
    }
    Ok(trusted)
}

/// What the journal has to say about its own recovery.
fn own_events(loaded: &Loaded, trusted: bool, head: HeadState, head_bytes: &[u8], now: Moment) -> Vec<Event> {
    let event = |body| Event { at: now.at, mono_ms: now.mono_ms, actor: Actor::Engine, body };
    let (sound, torn) = loaded.bytes.split_at_checked(loaded.sound).unwrap_or_default();
    let offset = sound.len() as u64;
    let mut own = Vec::new();
    if !trusted {
        own.push(segment_event(now, "sync-error", Digest::of(&loaded.bytes)));
    } else if loaded.tail == Tail::Torn {
        let (len, sha256) = (torn.len() as u64, Digest::of(torn));
        own.push(event(Body::JournalRecovered { offset, len, sha256 }));
    }
    if head == HeadState::Unreadable {
        // Nothing was removed, hence the length; the digest is that of the unreadable file.
        own.push(event(Body::JournalRecovered { offset, len: 0, sha256: Digest::of(head_bytes) }));
    }
    own
}

fn open_head(
    disk: &dyn Disk,
    dir: &RunDir,
    state: HeadState,
    recovered: &mut Vec<Recovered>,
) -> Result<HeadFile, JournalError> {
    let path = dir.head();
    match state {
        HeadState::Valid(head) => HeadFile::open(disk, &path, &head),
        HeadState::Unreadable => {
            recovered.push(Recovered::Head);
            remove_if_there(disk, &path)?;
            let head = HeadFile::create(disk, &path)?;
            disk.sync_dir(dir.path()).map_err(JournalError::disk(SYNC, dir.path()))?;
            Ok(head)
        }
    }
}
