//! A new segment.

use super::dir::{RunDir, remove_if_there};
use super::error::JournalError;
use super::segment::{SYNC, Segment, write_all};
use super::writer::Journal;
use crate::base::{Actor, Digest, Moment};
use crate::engine::event::{Body, Event};
use crate::port::{Disk, Open};

/// The length over which a segment is ended, in bytes.
const SEGMENT_LIMIT: u64 = 64 * 1024 * 1024;

/// The longest segment that is read, in bytes: a session may go on in its segment past the limit.
pub(super) const SEGMENT_MAX: u64 = 4 * 1024 * 1024 * 1024;

impl Journal {
    /// Whether the segment is over its limit.
    pub(super) fn is_rotation_due(&self) -> bool {
        self.segment.len() > SEGMENT_LIMIT
    }

    /// Goes on in a new segment, and returns the event that says so.
    pub(super) fn rotate(&mut self) -> Result<Event, JournalError> {
        let path = self.segment.path();
        let old = self.disk.read(path, SEGMENT_MAX).map_err(JournalError::disk("read", path))?;
        let event = segment_event(self.clock.moment(), "size", Digest::of(&old));
        drop(old);
        let number = self.segment.number() + 1;
        self.segment = begin(self.disk.as_ref(), &self.dir, number, &[])?;
        self.write_own(&event)?;
        place(self.disk.as_ref(), &self.dir, &mut self.segment)?;
        Ok(event)
    }
}

/// The event that begins a segment.
pub(super) fn segment_event(now: Moment, reason: &str, old_sha256: Digest) -> Event {
    let body = Body::JournalSegment { reason: reason.to_owned(), old_sha256 };
    Event { at: now.at, mono_ms: now.mono_ms, actor: Actor::Engine, body }
}

/// Makes a segment under a provisional name, with `content` in it.
pub(super) fn begin(disk: &dyn Disk, dir: &RunDir, number: u32, content: &[u8]) -> Result<Segment, JournalError> {
    let path = dir.segment(number).with_extension("jsonl.new");
    remove_if_there(disk, &path)?;
    let mut file = disk.open(&path, Open::CreateAppend).map_err(JournalError::disk("create", &path))?;
    write_all(file.as_mut(), content).map_err(JournalError::disk("write", &path))?;
    file.sync_all().map_err(JournalError::disk(SYNC, &path))?;
    Ok(Segment::new(file, path, number, content.len() as u64))
}

/// Gives a segment its name, now that its first record is durable.
pub(super) fn place(disk: &dyn Disk, dir: &RunDir, segment: &mut Segment) -> Result<(), JournalError> {
    let path = dir.segment(segment.number());
    disk.rename(segment.path(), &path).map_err(JournalError::disk("rename", segment.path()))?;
    disk.sync_dir(dir.path()).map_err(JournalError::disk(SYNC, dir.path()))?;
    segment.moved_to(path);
    Ok(())
}
