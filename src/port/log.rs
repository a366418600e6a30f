//! The journal as the driver sees it.

use crate::engine::event::Event;

/// The only way to make events durable.
pub trait Log: Send {
    /// Makes a batch durable with one write and one sync, in order. After an error every later call fails too.
    fn commit(&mut self, events: &[Event]) -> Result<Committed, Poisoned>;

    /// Goes on in a new segment where this one has become long, and returns the event that says so: it is durable
    /// already and has to be applied. Called between commits, because the engine counts its events.
    fn rotate_if_due(&mut self) -> Result<Option<Event>, Poisoned>;
}

/// Proof that everything decided so far is durable. Sending an effect takes one, so that "sent before durable" does
/// not type-check.
#[derive(Clone, Copy, Debug)]
pub struct Committed(());

impl Committed {
    /// Only implementations of [`Log`] may call this; `tests/it/tidy.rs` sees to it.
    pub fn after_sync() -> Self {
        Self(())
    }
}

/// The journal could not be written; nothing may be sent any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot write the journal: {reason}")]
pub struct Poisoned {
    /// What failed, with path and operation.
    pub reason: String,
}
