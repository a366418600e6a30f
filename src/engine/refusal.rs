//! Why an event cannot be taken in.

/// The event does not fit the state: a bug, or a damaged journal; never a mistake of the user's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` cannot happen {place}: {reason}")]
pub struct Refusal {
    /// The record type.
    pub event: &'static str,
    /// Where: the run, or the step and its status.
    pub place: String,
    /// Why.
    pub reason: String,
}
