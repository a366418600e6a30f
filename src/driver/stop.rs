//! Who is told of a run, and how driving it ends.

use crate::engine::event::{Event, Verdict};
use crate::engine::{Engine, Refusal};
use crate::port::Poisoned;

/// Told of every batch after it is durable and before anything new is sent.
pub trait Observer {
    /// These events have just become durable; `engine` is the state after them. An error stops the run.
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String>;
}

/// Why driving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The run is closed.
    Closed(Verdict),
    /// Nothing can be done without a person, or the run is paused.
    Waiting,
    /// The person at the terminal asked to stop; what was in flight is recorded.
    Interrupted,
}

/// Why driving cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The journal could not be written.
    #[error(transparent)]
    Poisoned(#[from] Poisoned),
    /// An observer could not do its part.
    #[error("{0}")]
    Observer(String),
    /// The engine refused an event of its own: a bug.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
