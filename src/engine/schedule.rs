//! What each step contributes, derived from the state alone.

use super::call::{Call, CallError};
use super::command::{Act, Command, CommandId};
use super::event::Body;
use super::history::Attempt;
use super::inputs::Inputs;
use super::last_look::{self, LastLook};
use super::limit::limit;
use super::machine::Engine;
use super::obligations::{is_bound, parting, seen_through};
use super::protocol::{self, Context, Next};
use super::ready_queue::{Lane, Limit};
use super::run::Phase;
use super::step::{Status, StepState};
use crate::base::{Map, Timestamp, Value};
use crate::runbook::kind::Proof;
use crate::runbook::plan::Step;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Engine {
    pub(super) fn inputs(&self) -> Option<Inputs<'_>> {
        let facts = self.run.facts.as_ref()?;
        Some(Inputs { plan: &self.plan, renderer: &self.renderer, facts, steps: &self.steps })
    }

    /// What a step locks; nothing before it has become ready.
    pub fn locks(&self, index: usize) -> Vec<String> {
        let step = self.plan.steps.get(index).filter(|step| !step.locks.is_empty());
        let is_known = self.steps.get(index).is_some_and(|state| state.status != Status::Blocked);
        let locks = step.filter(|_| is_known).and_then(|step| Some(self.inputs()?.locks(step)));
        locks.unwrap_or_default()
    }

    /// What the run changes or locks, as far as it can be known before it begins; nothing before it is opened.
    pub fn claims(&self) -> BTreeSet<String> {
        self.inputs().map(|inputs| inputs.claims()).unwrap_or_default()
    }

    /// What a step contributes, from the state alone.
    pub(super) fn lane(&self, index: usize) -> Lane {
        let (Some(step), Some(state), Some(inputs)) =
            (self.plan.steps.get(index), self.steps.get(index), self.inputs())
        else {
            return Lane::Idle;
        };
        let is_early = matches!(self.run.phase, Phase::Preflight | Phase::Running);
        if is_early && !self.flow().lets(state) {
            return Lane::Idle;
        }
        match (self.run.phase, &state.status) {
            (phase, Status::Blocked) if phase.checks() && self.run.unchecked.contains(&index) => {
                let with = Arc::new(inputs.early(step));
                let at = state.history.wait_until.unwrap_or_default();
                Lane::Command(Box::new(self.make(index, step, Act::Check, at, Value::Null, with)), None)
            }
            (Phase::Running, Status::Ready) if self.is_out_of_reach(index) => Lane::Idle,
            (Phase::Running, Status::Ready) => self.running(index, step, state, &inputs),
            (Phase::Undoing(_), Status::Ready) if step.undoes.is_some() => self.running(index, step, state, &inputs),
            (Phase::Ending(_), Status::Ready) if is_bound(&self.run, &state.history) => {
                self.running(index, step, state, &inputs)
            }
            (Phase::Sweeping, Status::Succeeded { .. }) if state.sweep_held.is_none() => {
                let Some(with) = self.with(index) else { return Lane::Idle };
                let context = self.context(step, state, with, &inputs.facts.nonce, &[]);
                self.protocol(index)
                    .sweep(&context)
                    .map_or(Lane::Idle, |next| self.act_on(index, step, next, with, None))
            }
            _ => Lane::Idle,
        }
    }

    fn running(&self, index: usize, step: &Step, state: &StepState, inputs: &Inputs<'_>) -> Lane {
        let conclude = |body| Lane::Conclusion(Box::new(body));
        if let Some(why) = &state.goes_back
            && let Some(body) = self.retried(index, step, why)
        {
            return conclude(body);
        }
        if let Some(body) = self.gathered(step) {
            return conclude(body);
        }
        if state.history.is_empty() {
            if let Some(why) = self.cut_off(step) {
                return conclude(Body::StepSkipped { step: step.id.clone(), why });
            }
            match inputs.is_off(step) {
                Ok(true) => {
                    let why = "`when` is false".to_owned();
                    return conclude(Body::StepSkipped { step: step.id.clone(), why });
                }
                Ok(false) => {}
                Err(error) => return conclude(self.failure(index, error)),
            }
        }
        if self.is_beyond(index) {
            return Lane::Idle;
        }
        let Some(with) = self.with(index) else {
            return match inputs.with(step, &state.set) {
                Err(error) => conclude(self.failure(index, error)),
                Ok(_) => Lane::Idle,
            };
        };
        let (mut headline, mut broken) = (String::new(), Vec::new());
        let mut show = if step.kind.asks { inputs.show(step.shows.iter()) } else { Vec::new() };
        let mut context = self.context(step, state, with, &inputs.facts.nonce, &[]);
        let subject = step.kind.subject.and_then(|name| with.get(name)).and_then(Value::as_str);
        if let Some(subject) = subject.filter(|_| step.effect.yields.contains(&Proof::Confirmed)) {
            show.splice(0..0, self.vouching(subject, state.since));
            headline = self.headline(subject);
            broken = self.consequences(subject);
        }
        (context.show, context.headline, context.consequences) = (&show, &headline, &broken);
        let mut next = protocol::next(self.protocol(index), &context);
        let is_ending = matches!(self.run.phase, Phase::Ending(_));
        if let Some(at) = last_look::due(step, &next).filter(|_| !is_ending) {
            match self.last_look(index, step, &context, at) {
                Some(LastLook::Next(look)) => next = look,
                Some(LastLook::Body(body)) => return Lane::Conclusion(body),
                None => {}
            }
        }
        let parting = parting(&self.run, &state.history);
        let next = if is_ending { seen_through(next, &state.history, parting) } else { Some(next) };
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
            headline: "",
            consequences: &[],
        }
    }

    /// The contribution that a protocol's decision makes.
    fn act_on(&self, index: usize, step: &Step, next: Next, with: &Arc<Map>, limit: Option<Limit>) -> Lane {
        let id = step.id.clone();
        let body = match next {
            Next::Do { act, at, input } => {
                let with = match self.inputs_of(step, &act, with) {
                    Ok(with) => with,
                    Err(error) => return Lane::Conclusion(Box::new(self.failure(index, error))),
                };
                return Lane::Command(Box::new(self.make(index, step, act, at, input, with)), limit);
            }
            Next::Ask(question) => {
                let again = self.steps.get(index).and_then(|state| Some((state.again.as_ref()?, &state.history)));
                let question = match again {
                    Some((again, history)) => again.explain(history, question),
                    None => question,
                };
                Body::QuestionAsked { step: id, question }
            }
            Next::Lose { attempt, target } => Body::SecretLost { step: id, attempt, target },
            Next::Rotated { attempt, target } => Body::SecretRotated { step: id, attempt, target },
            Next::Succeed { output, mut evidence } => {
                let last = self.steps.get(index).and_then(|state| state.history.attempts.last());
                let at = last.map(Attempt::last_sent).unwrap_or_default();
                evidence.extend(self.provided(index, step, &output, at));
                Body::StepSucceeded { step: id, output, evidence }
            }
            Next::Fail(error) => self.failure(index, error),
            Next::Hold { reason, remedy, class } => Body::StepHeld { step: id, reason, remedy, class },
        };
        Lane::Conclusion(Box::new(body))
    }

    /// The inputs of what is to be done: those of the step, or of the probe by which it looks.
    fn inputs_of(&self, step: &Step, act: &Act, with: &Arc<Map>) -> Result<Arc<Map>, CallError> {
        match (&step.probe, act, self.inputs()) {
            (Some(probe), Act::Read(Call::Probe), Some(inputs)) => inputs.probe_with(step, probe).map(Arc::new),
            _ => Ok(Arc::clone(with)),
        }
    }

    fn make(&self, index: usize, step: &Step, act: Act, at: Timestamp, input: Value, with: Arc<Map>) -> Command {
        // The last look is made as the step made it whose proof it is about.
        let source = input.get("step").and_then(Value::as_str).filter(|_| act == Act::Read(Call::Recheck));
        let source =
            source.and_then(|id| self.index_of(id)).and_then(|at| Some((self.plan.steps.get(at)?, self.with(at)?)));
        let (kind, with) = source.map_or((step.kind, with), |(source, with)| (source.kind, Arc::clone(with)));
        let looks_by = step.probe.as_ref().filter(|_| act == Act::Read(Call::Probe));
        let kind = looks_by.map_or(kind, |probe| probe.kind);
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
        let takes_secrets = kind.inputs.iter().any(|field| field.secret || field.holds_secrets);
        let sealed = match self.inputs().filter(|_| takes_secrets) {
            Some(inputs) => {
                let own = state.and_then(|state| state.history.secret());
                let own = own.map(|(_, sealed)| (step.id.clone(), sealed.clone()));
                Arc::new(inputs.sealed(&with).into_iter().chain(own).collect())
            }
            None => Arc::default(),
        };
        // A probe is one read of its own kind.
        let act = if looks_by.is_some() { Act::Read(Call::Read) } else { act };
        let serial = state.map_or(0, |state| state.serial);
        let id = CommandId { step: index, call, attempt, serial };
        let not_before = at.max(state.and_then(|state| state.history.wait_until).unwrap_or_default());
        let sent = state.filter(|_| matches!(act, Act::Send(_))).and_then(|state| state.history.in_flight());
        let announced = sent.map(|attempt| attempt.seq);
        Command { id, not_before, step: step.id.clone(), kind, act, announced, with, input, sealed }
    }
}
