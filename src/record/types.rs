//! The names of the record types.

use crate::engine::event::Body;

/// The type of the first record of every run.
pub(super) const GENESIS: &str = "run.opened";

/// Every type, in the order of the engine's events.
pub const TYPES: [&str; 23] = [
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
    "question.asked",
    "question.answered",
    "gate.checked",
    "secret.delivered",
    "secret.lost",
    "operator.resolved",
    "run.paused",
    "run.cancel_asked",
    "journal.recovered",
    "journal.segment",
    "run.closed",
];

/// The type of an event's record.
pub const fn type_of(body: &Body) -> &'static str {
    match body {
        Body::RunOpened(_) => GENESIS,
        Body::SessionOpened(_) => "session.open",
        Body::CallIntended(_) => "call.intended",
        Body::CallSettled(_) => "call.settled",
        Body::CallProbed { .. } => "call.probed",
        Body::StepNoted { .. } => "step.noted",
        Body::StepWaiting { .. } => "step.waiting",
        Body::StepSucceeded { .. } => "step.succeeded",
        Body::StepFailed { .. } => "step.failed",
        Body::StepSkipped { .. } => "step.skipped",
        Body::StepHeld { .. } => "step.held",
        Body::StepChanged { .. } => "step.changed",
        Body::QuestionAsked { .. } => "question.asked",
        Body::QuestionAnswered { .. } => "question.answered",
        Body::GateChecked { .. } => "gate.checked",
        Body::SecretDelivered { .. } => "secret.delivered",
        Body::SecretLost { .. } => "secret.lost",
        Body::OperatorResolved { .. } => "operator.resolved",
        Body::RunPaused => "run.paused",
        Body::RunCancelAsked => "run.cancel_asked",
        Body::JournalRecovered { .. } => "journal.recovered",
        Body::JournalSegment { .. } => "journal.segment",
        Body::RunClosed { .. } => "run.closed",
    }
}

/// The step an event is about.
pub(super) fn step_of(body: &Body) -> Option<&str> {
    match body {
        Body::CallIntended(intent) => Some(&intent.step),
        Body::CallSettled(settlement) => Some(&settlement.step),
        Body::CallProbed { step, .. }
        | Body::StepNoted { step, .. }
        | Body::StepWaiting { step, .. }
        | Body::StepSucceeded { step, .. }
        | Body::StepFailed { step, .. }
        | Body::StepSkipped { step, .. }
        | Body::StepHeld { step, .. }
        | Body::StepChanged { step, .. }
        | Body::QuestionAsked { step, .. }
        | Body::QuestionAnswered { step, .. }
        | Body::GateChecked { step, .. }
        | Body::SecretDelivered { step, .. }
        | Body::SecretLost { step, .. }
        | Body::OperatorResolved { step, .. } => Some(step),
        Body::RunOpened(_)
        | Body::SessionOpened(_)
        | Body::RunPaused
        | Body::RunCancelAsked
        | Body::JournalRecovered { .. }
        | Body::JournalSegment { .. }
        | Body::RunClosed { .. } => None,
    }
}
