//! What follows from the state alone when a step cannot go on or nothing is left to do.

use super::call::{Call, CallError, ErrorClass, Outcome};
use super::event::{Body, HoldClass, Verdict};
use super::history::{Attempt, History};
use super::limit::give_up_at;
use super::machine::Engine;
use super::obligations::{has_created, in_doubt, may_have_rotated, may_yet_arrive, owes_secret};
use super::protocol;
use super::run::Phase;
use super::step::{Status, StepState};
use crate::base::{Map, Timestamp, Value, escape};
use crate::runbook::kind::Idempotency;
use crate::runbook::plan::Step;
use serde_json::json;

impl Engine {
    /// What follows when this step cannot be done: failed, or held where a failure may not close the run.
    pub(super) fn failure(&self, index: usize, error: CallError) -> Body {
        let step = self.plan.steps.get(index).map(|step| step.id.clone()).unwrap_or_default();
        let must_go_on = |state: &StepState| {
            state.status.is_over()
                || in_doubt(&state.history)
                || has_created(&state.history)
                || may_have_rotated(&state.history)
        };
        let is_attempting = self.steps.get(index).is_some_and(must_go_on);
        let is_outside = matches!(error.class, ErrorClass::Outside);
        let may_arrive = self.steps.get(index).is_some_and(|state| may_yet_arrive(&state.history));
        let holds = self.holds_failure(index, &error);
        let is_undoing = matches!(self.run.phase, Phase::Undoing(_));
        if self.run.crossed.is_none() && !is_undoing && !is_attempting && !is_outside && !may_arrive && !holds {
            return Body::StepFailed { step, error };
        }
        let mut error = error;
        if may_arrive {
            error.message.push_str("; an earlier request of this step was never answered and may still take effect");
        }
        let class = match is_outside {
            true => HoldClass::Outside,
            false
                if holds
                    && self.run.crossed.is_none()
                    && matches!(error.class, ErrorClass::Check | ErrorClass::Timeout) =>
            {
                HoldClass::Check
            }
            false => HoldClass::Person,
        };
        let mut remedy = if error.remedy.is_empty() { self.default_remedy(index) } else { error.remedy };
        if self.steps.get(index).is_some_and(|state| in_doubt(&state.history)) {
            remedy.push_str("; if nobody can look anymore: ");
            remedy.push_str(protocol::RESOLVE);
        }
        Body::StepHeld { step, reason: error.message, remedy, class }
    }

    /// Whether a failure before the point of no return leaves the run open: a person can mend it, and hours of waiting
    /// are not thrown away.
    fn holds_failure(&self, index: usize, error: &CallError) -> bool {
        let Some((step, state)) = self.plan.steps.get(index).zip(self.steps.get(index)) else { return false };
        let is_preflight = step.kind.preflight && self.run.phase.checks() && state.preflight.is_none();
        let is_kind = matches!(error.class, ErrorClass::Check | ErrorClass::Timeout);
        is_preflight && !step.on_failure_is_written
            || step.on_failure.holds() && (step.on_failure_is_written || is_kind)
    }

    fn default_remedy(&self, index: usize) -> String {
        let changeable = self.plan.steps.get(index).map_or(&[][..], |step| step.kind.changeable);
        match changeable {
            [] => "fix the cause, then `surefoot resume`".to_owned(),
            [first, ..] => format!(
                "fix the cause, then `surefoot resume`; \
                 these may be changed with `--set STEP.{first}=VALUE`: {}",
                changeable.join(", ")
            ),
        }
    }

    /// What happens to a step whose time is over.
    pub(super) fn timed_out(&self, index: usize) -> Option<Body> {
        let step = self.plan.steps.get(index)?;
        let state = self.steps.get(index)?;
        if state.history.open_question().is_some() {
            return Some(self.unanswered(index, step));
        }
        let span = crate::base::format_duration(step.timeout);
        let message = match last_trouble(&state.history) {
            Some(trouble) => format!("not done after {span}; the last trouble was: {}", trouble.message),
            None => match last_status(state) {
                Some(status) => format!("not done after {span}; at the last look it was {status}"),
                None => format!("not done after {span}"),
            },
        };
        if in_doubt(&state.history) && !has_created(&state.history) && step.effect.repeat == Idempotency::Reconcilable {
            let (step, remedy) = (step.id.clone(), protocol::DOUBT_REMEDY.to_owned());
            return Some(Body::StepHeld { step, reason: message, remedy, class: HoldClass::Doubt });
        }
        Some(self.failure(index, CallError::new(ErrorClass::Timeout, message)))
    }

    /// The end of a step whose question nobody has answered in time: the time-out means no. It is held, or the run
    /// fails, as the runbook says.
    fn unanswered(&self, index: usize, step: &Step) -> Body {
        let within = crate::base::format_duration(step.answer_within.unwrap_or(step.timeout));
        let error = CallError::new(ErrorClass::Timeout, format!("nobody answered within {within}"))
            .with_remedy("`surefoot resume` asks again");
        self.failure(index, error)
    }

    /// When the open question of a step lapses, where it does.
    pub fn answer_until(&self, index: usize) -> Option<Timestamp> {
        let (step, state) = (self.plan.steps.get(index)?, self.steps.get(index)?);
        state.history.open_question().and_then(|_| give_up_at(step, state))
    }

    /// Whether the run may still be given up: nothing irreversible was announced, or all that was certainly had no
    /// effect.
    pub fn may_cancel(&self) -> bool {
        let irreversible = self.guarded.iter().filter_map(|index| self.steps.get(*index));
        irreversible.filter(|state| !state.history.attempts.is_empty()).all(|state| {
            let is_undone = |attempt: &Attempt| {
                let is_gone = attempt.intent.call == Call::Delete && attempt.found_nothing();
                let outcome = attempt.outcome();
                !is_gone && outcome.is_some_and(|outcome| outcome != Outcome::Unknown && !outcome.took())
            };
            let took = state.history.attempts.iter().any(|one| one.outcome().is_some_and(Outcome::took));
            let is_word = state.history.word() == Some(false);
            !state.status.is_over() && !took && (is_word || state.history.attempts.iter().all(is_undone))
        })
    }

    /// The end of the run, once nothing is left to do.
    pub(super) fn closing(&self) -> Option<Body> {
        if !self.lanes.is_empty() {
            return None;
        }
        match self.run.phase {
            Phase::Sweeping if self.steps.iter().all(|state| state.sweep_held.is_none()) => {
                let outputs = self.inputs().map(|inputs| inputs.outputs()).unwrap_or_default();
                let mut summary = Map::new();
                summary.insert("outputs".to_owned(), Value::Object(outputs));
                if self.plan.steps.iter().any(|step| step.effect.repeat == Idempotency::Reconcilable) {
                    summary.insert("orphans".to_owned(), json!(0));
                }
                let failed = self.let_through();
                if !failed.is_empty() {
                    summary.insert("failed_steps".to_owned(), json!(failed));
                }
                let unconfirmed = self.unconfirmed();
                if !unconfirmed.is_empty() {
                    summary.insert("unconfirmed_deletions".to_owned(), json!(unconfirmed));
                }
                Some(Body::RunClosed { verdict: Verdict::Done, summary })
            }
            Phase::Ending(verdict) => {
                let is_in_doubt = |state: &StepState| {
                    in_doubt(&state.history) && !state.is_word_tried && !protocol::is_known(&state.history)
                };
                let is_open = |state: &StepState| {
                    is_in_doubt(state) || owes_secret(&state.history) || may_yet_arrive(&state.history)
                };
                let is_held = |state: &StepState| matches!(state.status, Status::Held { .. }) && is_open(state);
                let none_open = !self.steps.iter().any(is_held);
                let close = || self.undoing().unwrap_or(Body::RunClosed { verdict, summary: Map::new() });
                none_open.then(close)
            }
            Phase::Undoing(verdict) if self.is_undone() => {
                let undone: Vec<&str> = self.undoing.iter().filter_map(|index| self.undone(*index)).collect();
                let summary = Map::from_iter([("undone".to_owned(), json!(undone))]);
                Some(Body::RunClosed { verdict, summary })
            }
            _ => None,
        }
    }
}

impl Engine {
    /// The instances whose deletion counts although no answer said that it was accepted: by what was seen, or by a
    /// person's word. Another run or person may have deleted them.
    fn unconfirmed(&self) -> Vec<String> {
        let deletion = |state: &StepState| {
            let is_confirmed = |one: &Attempt| one.outcome().is_some_and(Outcome::took);
            let history = &state.history;
            let last = history.last_attempt(Call::Delete)?;
            let is_unconfirmed = !history.attempts_at(Call::Delete).any(is_confirmed);
            is_unconfirmed.then(|| last.intent.target.clone())
        };
        self.steps.iter().filter_map(deletion).collect()
    }
}

/// What failed last, where nothing has gone well since.
fn last_trouble(history: &History) -> Option<&CallError> {
    let refused = history.attempts.last().filter(|last| history.probes.iter().all(|probe| probe.seq < last.seq));
    let refused = refused.filter(|last| last.outcome() != Some(Outcome::Unknown)).and_then(Attempt::error);
    history.trouble.as_ref().or(refused)
}

/// The status that the last look of a step told.
fn last_status(state: &StepState) -> Option<String> {
    let last = state.history.probes.last()?;
    last.found.get("status").and_then(Value::as_str).filter(|status| !status.is_empty()).map(escape)
}
