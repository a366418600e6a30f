//! What a step has begun, and what is not settled or delivered of it yet.

use super::call::{Call, Outcome};
use super::command::Act;
use super::event::Verdict;
use super::history::{Attempt, History};
use super::protocol::{self, Next, Parting};
use super::run::{Phase, RunState};
use crate::base::{PlantedBug, Value, planted};
use serde_json::json;

/// Whether its outcome holds a sealed secret.
pub(super) fn is_sealed(attempt: &Attempt) -> bool {
    attempt.settled.as_ref().is_some_and(|(_, settlement)| settlement.sealed.is_some())
}

/// Whether the step has begun something that is seen through whatever happens to the run: an effect in doubt, or one
/// that made something. Of a run that was cancelled what is made and whose password is delivered is left as it is.
pub(super) fn is_bound(run: &RunState, history: &History) -> bool {
    let is_lost = || history.last_attempt(Call::Create).is_some_and(|last| history.is_lost(last));
    let is_left = !may_name(run) && !owes_secret(history) && !is_lost();
    in_doubt(history) || may_yet_arrive(history) || history.is_in_force() || has_created(history) && !is_left
}

/// What the run, which is ending, still does for this step.
///
/// A person is asked what happens to an instance whose password is lost; who cancels a run has decided: it is left in
/// place. Whether the password is lost at all is asked in any case.
pub(super) fn parting(run: &RunState, history: &History) -> Parting {
    let is_open = run.phase == Phase::Ending(Verdict::Failed) && !history.lost.is_empty();
    Parting { may_decide: is_open || protocol::is_key_asked(history), may_name: may_name(run) }
}

/// Whether what was created gets its name: after a person has cancelled the run nothing more is written.
pub(super) fn may_name(run: &RunState) -> bool {
    !run.cancelled || planted(PlantedBug::CancelGoesOn)
}

/// Whether a secret that exists nowhere else has not reached its sink.
pub(super) fn owes_secret(history: &History) -> bool {
    let is_owed = |attempt: &Attempt| {
        let is_delivered = history.delivered.iter().any(|(version, _)| *version == attempt.intent.attempt);
        attempt.sealed().is_some() && !is_delivered && !history.is_lost(attempt)
    };
    let created = history.last_attempt(Call::Create);
    created.is_some_and(|last| is_owed(last) && last.outcome().is_some_and(Outcome::took))
        || history.rotation().is_some_and(|last| is_owed(last) && history.is_in_force())
}

/// Whether a request of the step that was never answered may take effect yet: nobody has looked at the world since its
/// settling time was over, and no operator has recorded its outcome.
pub(super) fn may_yet_arrive(history: &History) -> bool {
    let known = history.resolved.map_or(0, |(count, _)| count);
    let is_settled = |attempt: &Attempt| {
        let settled_at = protocol::settles_at(history, attempt);
        history.probes.iter().any(|probe| probe.seq > attempt.seq && probe.at >= settled_at)
    };
    // What a process that died was writing to a file is not written any more, and a command leaves a receipt.
    let is_here = |attempt: &&Attempt| matches!(attempt.intent.call, Call::Write | Call::Run);
    let unanswered = history.attempts.iter().skip(known).filter(|attempt| !is_here(attempt));
    // What was found has arrived.
    let unanswered = unanswered.filter(|attempt| !history.is_lost(attempt));
    unanswered.filter(|attempt| attempt.outcome() == Some(Outcome::Unknown)).any(|attempt| !is_settled(attempt))
}

/// What a run that is ending does of what its step wants next; `None` where that is left.
pub(super) fn seen_through(next: Next, history: &History, parting: Parting) -> Option<Next> {
    if next.is_seen_through(parting) { Some(next) } else { last_look(&next, history) }
}

/// The last look, instead of sending again what was never answered: once what was sent can no longer arrive. What waits
/// that long by itself before it sends again needs none.
fn last_look(next: &Next, history: &History) -> Option<Next> {
    let Next::Do { act: Act::Prepare(call @ (Call::Update | Call::Rotate | Call::Rename)), input, .. } = next else {
        return None;
    };
    let last = history.attempts_at(*call).rfind(|attempt| attempt.outcome() == Some(Outcome::Unknown))?;
    let settled_at = protocol::settles_at(history, last);
    let looked_at = if *call == Call::Rename { json!({"id": input.get("id")}) } else { Value::Null };
    may_yet_arrive(history).then(|| Next::read(Call::Probe, settled_at, looked_at))
}

/// Whether the step changed a password, or any of its attempts may have.
pub(super) fn may_have_rotated(history: &History) -> bool {
    history.rotation().is_some()
}

/// Whether the step created something that the run owns from then on, or has to get rid of.
pub(super) fn has_created(history: &History) -> bool {
    let last = history.last_attempt(Call::Create);
    last.is_some_and(|attempt| attempt.outcome().is_some_and(Outcome::took) || history.is_lost(attempt))
}

/// Whether the outcome of the step's last effect is not known.
pub(super) fn in_doubt(history: &History) -> bool {
    let last = history.attempts.last();
    last.is_some_and(|attempt| attempt.outcome().is_none_or(|outcome| outcome == Outcome::Unknown))
}
