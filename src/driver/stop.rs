//! Who is told of a run, and how driving it ends.

use crate::engine::call::Sealed;
use crate::engine::event::{Event, Verdict};
use crate::engine::{Engine, Refusal};
use crate::port::Poisoned;

/// Told of every batch after it is durable and before anything new is sent.
pub trait Observer {
    /// These events have just become durable; `engine` is the state after them. An error stops the run, as
    /// soon as the answers to what was sent are recorded.
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

/// A one-time secret whose record could not be made, or not be made durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The step that obtained it.
    pub step: String,
    /// Its attempt.
    pub attempt: u32,
    /// The secret, sealed as it would stand in the record.
    pub sealed: Sealed,
}

/// Why driving cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The journal could not be written.
    #[error("{cause}")]
    Poisoned {
        /// Why not.
        cause: Poisoned,
        /// What would be lost with the record.
        rescued: Vec<Rescued>,
    },
    /// An observer could not do its part.
    #[error("{0}")]
    Observer(String),
    /// The engine refused an event of its own: a bug.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<Poisoned> for DriveError {
    fn from(cause: Poisoned) -> Self {
        Self::Poisoned { cause, rescued: Vec::new() }
    }
}
