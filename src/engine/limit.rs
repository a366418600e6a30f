//! When a step is given up.

use super::obligations::in_doubt;
use super::protocol;
use super::ready_queue::Limit;
use super::step::StepState;
use crate::base::Timestamp;
use crate::runbook::plan::Step;

/// When a step is given up, as its lane has it.
pub(super) fn limit(step: &Step, state: &StepState) -> Option<Limit> {
    let unbegun = state.history.is_empty().then_some(step.timeout);
    give_up_at(step, state).map(|at| Limit { at, unbegun })
}

/// When the step is given up; never while a request is in flight or a wait is all it is, and while a person is asked
/// only where the step itself says how long that may take.
///
/// An effect in doubt has its settling time and the time-out after that, counted from when it was last sent, or, where
/// lists settle it, from when the step was taken up again.
pub(super) fn give_up_at(step: &Step, state: &StepState) -> Option<Timestamp> {
    if let Some(asked) = state.history.open_question() {
        return step.answer_within.map(|within| asked.at.plus(within));
    }
    if step.kind.untimed || state.history.in_flight().is_some() {
        return None;
    }
    let last = state.history.attempts.last().filter(|_| in_doubt(&state.history));
    let settled = last.map_or(Timestamp::default(), |attempt| {
        let listed = state.since.plus(protocol::lists_take(&state.history, attempt));
        protocol::settles_at(&state.history, attempt).max(listed)
    });
    Some(state.since.max(settled).plus(state.idle).plus(step.timeout))
}
