//! What each step contributes, derived from the state alone.

use super::call::Call;
use super::command::{Act, Command, CommandId};
use super::event::Body;
use super::inputs::Inputs;
use super::lanes::{Lane, Limit};
use super::machine::Engine;
use super::owed::{in_doubt, is_bound, may_decide, seen_through};
use super::protocol::{self, Context, Next};
use super::run::Phase;
use super::step::{Status, StepState};
use crate::base::{Map, Timestamp, Value};
use crate::runbook::plan::Step;
use std::sync::Arc;

impl Engine {
    pub(super) fn inputs(&self) -> Option<Inputs<'_>> {
        let facts = self.run.facts.as_ref()?;
        Some(Inputs { plan: &self.plan, renderer: &self.renderer, facts, steps: &self.steps })
    }

    /// What a step contributes, from the state alone.
    pub(super) fn lane(&self, index: usize) -> Lane {
        let (Some(step), Some(state), Some(inputs)) =
            (self.plan.steps.get(index), self.steps.get(index), self.inputs())
        else {
            return Lane::Idle;
        };
        match (self.run.phase, &state.status) {
            (phase, Status::Blocked) if phase.checks() && self.run.unchecked.contains(&index) => {
                let with = Arc::new(inputs.early(step));
                let at = state.history.wait_until.unwrap_or_default();
                Lane::Command(Box::new(self.make(index, step, Act::Check, at, Value::Null, with)), None)
            }
            (Phase::Running, Status::Ready) => self.running(index, step, state, &inputs),
            (Phase::Ending(_), Status::Ready) if is_bound(&state.history) => self.running(index, step, state, &inputs),
            (Phase::Sweeping, Status::Succeeded { .. }) if state.sweep_held.is_none() => {
                let Some(sweep) = protocol::sweep(step.kind) else { return Lane::Idle };
                let Some(with) = self.with(index) else { return Lane::Idle };
                let context = self.context(step, state, with, &inputs.facts.nonce, &[]);
                sweep(&context).map_or(Lane::Idle, |next| self.act_on(index, step, next, with, None))
            }
            _ => Lane::Idle,
        }
    }

    fn running(&self, index: usize, step: &Step, state: &StepState, inputs: &Inputs<'_>) -> Lane {
        let conclude = |body| Lane::Conclusion(Box::new(body));
        if state.history.is_empty() {
            match inputs.is_off(step) {
                Ok(true) => {
                    let why = "`when` is false".to_owned();
                    return conclude(Body::StepSkipped { step: step.id.clone(), why });
                }
                Ok(false) => {}
                Err(error) => return conclude(self.failure(index, error)),
            }
        }
        let Some(with) = self.with(index) else {
            return match inputs.with(step, &state.set) {
                Err(error) => conclude(self.failure(index, error)),
                Ok(_) => Lane::Idle,
            };
        };
        let show = if step.kind.asks { inputs.show(step) } else { Vec::new() };
        let context = self.context(step, state, with, &inputs.facts.nonce, &show);
        let next = protocol::next(&context);
        let is_ending = matches!(self.run.phase, Phase::Ending(_));
        let may_decide = may_decide(self.run.phase, &state.history);
        let next = if is_ending { seen_through(next, &state.history, may_decide) } else { Some(next) };
        next.map_or(Lane::Idle, |next| self.act_on(index, step, next, with, limit(step, state)))
    }

    pub(super) fn context<'a>(
        &'a self,
        step: &'a Step,
        state: &'a StepState,
        with: &'a Map,
        nonce: &'a str,
        show: &'a [(String, Value)],
    ) -> Context<'a> {
        Context {
            step,
            with,
            history: &state.history,
            since: state.since,
            idle: state.idle,
            ready_at: state.ready_at,
            session: self.run.session,
            nonce,
            plan_digest: &self.plan_digest,
            show,
        }
    }

    /// The contribution that a protocol's decision makes.
    fn act_on(&self, index: usize, step: &Step, next: Next, with: &Arc<Map>, limit: Option<Limit>) -> Lane {
        let id = step.id.clone();
        let body = match next {
            Next::Do { act, at, input } => {
                return Lane::Command(Box::new(self.make(index, step, act, at, input, Arc::clone(with))), limit);
            }
            Next::Ask(question) => Body::QuestionAsked { step: id, question },
            Next::Lose { attempt, target } => Body::SecretLost { step: id, attempt, target },
            Next::Rotated { attempt, target } => Body::SecretRotated { step: id, attempt, target },
            Next::Succeed { output, evidence } => Body::StepSucceeded { step: id, output, evidence },
            Next::Fail(error) => self.failure(index, error),
            Next::Hold { reason, remedy, class } => Body::StepHeld { step: id, reason, remedy, class },
        };
        Lane::Conclusion(Box::new(body))
    }

    fn make(&self, index: usize, step: &Step, act: Act, at: Timestamp, input: Value, with: Arc<Map>) -> Command {
        let state = self.steps.get(index);
        let call = match &act {
            Act::Check | Act::Ask(_) => Call::Read,
            Act::Read(call) | Act::Prepare(call) => *call,
            Act::Send(intent) => intent.call,
            // What is delivered was obtained by the last effect.
            Act::Deliver { .. } if state.is_some_and(|state| state.history.last_attempt(Call::Rotate).is_some()) => {
                Call::Rotate
            }
            Act::Deliver { .. } => Call::Create,
        };
        let attempt = match &act {
            Act::Prepare(call) => state.map_or(1, |state| state.history.next_attempt(*call)),
            Act::Send(intent) => intent.attempt,
            Act::Deliver { attempt, .. } => *attempt,
            Act::Check | Act::Ask(_) | Act::Read(_) => 0,
        };
        let takes_secrets = step.kind.inputs.iter().any(|field| field.secret);
        let sealed = match self.inputs().filter(|_| takes_secrets) {
            Some(inputs) => {
                let own = state.and_then(|state| state.history.secret());
                let own = own.map(|(_, sealed)| (step.id.clone(), sealed.clone()));
                Arc::new(inputs.sealed(&with).into_iter().chain(own).collect())
            }
            None => Arc::default(),
        };
        let serial = state.map_or(0, |state| state.serial);
        let id = CommandId { step: index, call, attempt, serial };
        let not_before = at.max(state.and_then(|state| state.history.wait_until).unwrap_or_default());
        Command { id, not_before, step: step.id.clone(), kind: step.kind, act, with, input, sealed }
    }
}

fn limit(step: &Step, state: &StepState) -> Option<Limit> {
    let unbegun = state.history.is_empty().then_some(step.timeout);
    give_up_at(step, state).map(|at| Limit { at, unbegun })
}

/// When the step is given up; never while a request is in flight, a person is asked or a wait is all it is.
///
/// An effect in doubt has its settling time and the time-out after that, counted from when it was last sent, or, where
/// lists settle it, from when the step was taken up again.
pub(super) fn give_up_at(step: &Step, state: &StepState) -> Option<Timestamp> {
    let is_endless = step.kind.name == "sleep" || state.history.open_question().is_some();
    if is_endless || state.history.in_flight().is_some() {
        return None;
    }
    let last = state.history.attempts.last().filter(|_| in_doubt(&state.history));
    let settled = last.map_or(Timestamp::default(), |attempt| {
        let listed = state.since.plus(protocol::lists_take(&state.history, attempt));
        protocol::settles_at(&state.history, attempt).max(listed)
    });
    Some(state.since.max(settled).plus(state.idle).plus(step.timeout))
}
