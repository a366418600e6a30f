//! The names of the record types.

/// The type of the first record of every run.
pub(super) const GENESIS: &str = "run.opened";

/// Every type, in the order of the engine's events.
pub const TYPES: [&str; 30] = [
    GENESIS,
    "session.open",
    "call.intended",
    "call.settled",
    "call.probed",
    "step.noted",
    "step.waiting",
    "step.succeeded",
    "step.failed",
    "step.skipped",
    "step.held",
    "step.changed",
    "step.reset",
    "question.asked",
    "question.answered",
    "gate.checked",
    "secret.delivered",
    "secret.lost",
    "secret.rotated",
    "operator.resolved",
    "run.paused",
    "run.cancel_asked",
    "run.undo_begun",
    "window.opened",
    "window.closed",
    "window.awaited",
    "window.overridden",
    "journal.recovered",
    "journal.segment",
    "run.closed",
];
