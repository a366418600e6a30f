//! The journal as the driver sees it.

use crate::base::{PlantedBug, planted};
use crate::engine::event::Event;

/// The only way to make events durable.
pub trait Log: Send {
    /// Makes a batch durable with one write and one sync, in order. After an error every later call fails too.
    fn commit(&mut self, events: &[Event]) -> Result<Committed, Poisoned>;

    /// Goes on in a new segment where this one has become long, and returns the event that says so: it is durable
    /// already and has to be applied. Called between commits, because the engine counts its events.
    fn rotate_if_due(&mut self) -> Result<Option<Event>, Poisoned>;
}

/// Proof that the first records of a journal are durable. Sending an effect takes one that covers its announcement.
#[derive(Clone, Debug)]
pub struct Committed(u64);

impl Committed {
    /// All records with a sequence number below this one are durable. Only implementations of [`Log`] may call this;
    /// `tests/it/tidy/words.rs` sees to it.
    pub fn after_sync(next: u64) -> Self {
        Self(next)
    }

    /// Whether the record of this sequence number is durable.
    pub fn covers(&self, seq: u64) -> bool {
        seq < self.0 || planted(PlantedBug::SentBeforeCommit)
    }
}

/// The journal could not be written; nothing may be sent any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write the journal: {reason}")]
pub struct Poisoned {
    /// What failed, with path and operation.
    pub reason: String,
}
