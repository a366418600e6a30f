//! Replies become events.

use super::call::{Call, CallError, ErrorClass, Reply};
use super::command::{Act, Command, CommandId};
use super::event::{Body, HoldClass, Intent, Settlement};
use super::guard::{self, Obstacle};
use super::last_look;
use super::lineage;
use super::machine::Engine;
use super::protocol::{self, Instead};
use super::retry::Retries;
use super::step::{Status, StepState};
use crate::base::{Moment, PlantedBug, Timestamp, Value, planted};
use crate::runbook::kind::{Proof, Reversibility};
use crate::runbook::plan::Step;
use std::time::Duration;

/// How long an announced effect may wait to be sent.
const INTENT_MAX: Duration = Duration::from_mins(5);

impl Engine {
    /// The event that a reply to a command makes; `None` where the command is not wanted any more.
    ///
    /// What was sent is always recorded, whatever happened to the run meanwhile.
    pub fn record(&self, id: CommandId, reply: Reply, now: impl Into<Moment>) -> Option<Body> {
        let now = now.into();
        let step = self.plan.steps.get(id.step)?;
        let state = self.steps.get(id.step)?;
        if let Reply::Settled { .. } = reply {
            return settled(step, state, id, reply);
        }
        let command = self.command(id.step).filter(|command| command.id == id)?;
        let name = step.id.clone();
        Some(match reply {
            Reply::Done { output, mut evidence } if id.call == Call::Recheck => {
                let source = command.input.get("step").and_then(Value::as_str).unwrap_or_default();
                if let Some((at, proved)) = self.index_of(source).and_then(|at| Some((at, self.plan.steps.get(at)?))) {
                    evidence.extend(self.provided(at, proved, &output, now.at));
                }
                let found = last_look::found(source, &output, &evidence);
                Body::CallProbed { step: name, call: id.call, found }
            }
            Reply::Done { output, .. } if Self::is_judged(step, id.call) => match self.judge(step, id.call, &output) {
                Ok(found) => Body::CallProbed { step: name, call: id.call, found },
                Err(error) => self.failed(id.step, step, state, command, error, now.at),
            },
            Reply::Done { output, mut evidence } => {
                evidence.extend(self.provided(id.step, step, &output, now.at));
                Body::StepSucceeded { step: name, output, evidence }
            }
            Reply::Found(found) => Body::CallProbed { step: name, call: id.call, found },
            Reply::Prepared { target, request, request_digest, guard, sealed } => {
                let intent = Intent {
                    step: name,
                    call: id.call,
                    attempt: id.attempt,
                    target,
                    request,
                    request_digest,
                    guard,
                    evidence: Vec::new(),
                    input: command.input.clone(),
                    deadline: Some(now.at.plus(INTENT_MAX)),
                    sealed,
                };
                self.announced(id.step, step, state, intent, now)
            }
            Reply::Delivered { sink, reference, version } => {
                Body::SecretDelivered { step: name, sink, reference, version }
            }
            // The time-out of a question means no, whatever is said a moment later.
            Reply::Answered(_) if self.answer_until(id.step).is_some_and(|until| until <= now.at) => {
                return self.timed_out(id.step);
            }
            Reply::Answered(answer) => Body::QuestionAnswered { step: name, answer },
            Reply::Checked { passed: true, detail, .. } => {
                Body::GateChecked { step: name, name: "preflight".to_owned(), passed: true, detail }
            }
            Reply::Checked { error, .. } => {
                let error = error.unwrap_or_else(|| CallError::new(ErrorClass::Check, "the preflight did not pass"));
                self.failed(id.step, step, state, command, error, now.at)
            }
            Reply::Failed(error) => self.failed(id.step, step, state, command, error, now.at),
            Reply::Settled { .. } => return None,
        })
    }

    /// Whether an effect may be announced; the guards of the irreversible ones and of the replacement of orphans.
    pub(super) fn allows_intent(
        &self,
        index: usize,
        step: &Step,
        state: &StepState,
        intent: &Intent,
        now: Moment,
    ) -> Result<(), String> {
        let with = self.with(index).map(|with| &**with);
        self.protocol(index).allows(with, &state.history, intent)?;
        if Some(intent.call) == self.protocol(index).sweeps() || step.effect.reverse != Reversibility::Irreversible {
            // What was announced once was announced by the rules of the version that did so.
            return if self.is_replaying() { Ok(()) } else { self.allows_target(step, state, intent.call) };
        }
        let evidence = self.evidence_for(step, state, intent, now).map_err(|obstacle| obstacle.to_string())?;
        self.room(step, now.at).map_err(|obstacle| obstacle.to_string())?;
        let is_link = |name: &str| self.is_replaying() && lineage::LINKS.contains(&name);
        let cited = intent.evidence.iter().filter(|(name, _)| !is_link(name));
        if cited.eq(&evidence) { Ok(()) } else { Err("the announcement does not name its evidence".to_owned()) }
    }

    /// The evidence an irreversible effect rests on, or why it may not be announced.
    fn evidence_for(
        &self,
        step: &Step,
        state: &StepState,
        intent: &Intent,
        now: Moment,
    ) -> Result<Vec<(String, u64)>, Obstacle> {
        let subject = intent.target.as_str();
        let confirmed = self.confirmation(state, intent, now);
        let mut evidence = self.ledger.allows(
            &step.effect.needs,
            subject,
            |entry| self.age(entry, now) > self.max_age(entry),
            confirmed,
        )?;
        let looks = self.looks(step, state, subject);
        let unseen = |proof| Obstacle::Missing(proof, "it was not looked at again".to_owned());
        evidence.extend(looks.map_err(unseen)?);
        if let Some(entry) = self.ledger.get(Proof::Config, subject) {
            let output = self.plan.steps.get(entry.step).zip(self.steps.get(entry.step));
            let captured = output.and_then(|(step, state)| state.outputs(step.kind)).unwrap_or_default();
            guard::unchanged(step.kind.unchanged, &captured, &intent.guard)?;
        }
        if !self.is_replaying() {
            evidence.extend(self.lineage(&step.effect.needs, subject)?);
        }
        let checks = self.steps.iter().zip(&self.plan.steps).filter(|(_, step)| step.kind.preflight);
        for (state, step) in checks {
            let seq = state.preflight.ok_or_else(|| Obstacle::Unchecked(step.id.clone()))?;
            evidence.push((format!("preflight:{}", step.id), seq));
        }
        Ok(evidence)
    }

    fn announced(&self, index: usize, step: &Step, state: &StepState, mut intent: Intent, now: Moment) -> Body {
        let protocol = self.protocol(index);
        let general = "find out what changed; `surefoot cancel` ends the run; a new run captures it again";
        let remedy = protocol.not_sent_remedy(intent.call).unwrap_or(general);
        let not_sent = |obstacle: String| Body::StepHeld {
            step: step.id.clone(),
            reason: format!("nothing was sent: {obstacle}"),
            remedy: remedy.to_owned(),
            class: HoldClass::Person,
        };
        if step.effect.reverse != Reversibility::Irreversible || Some(intent.call) == protocol.sweeps() {
            return match self.allows_intent(index, step, state, &intent, now) {
                Ok(()) => Body::CallIntended(intent),
                Err(obstacle) => not_sent(obstacle),
            };
        }
        if let Some(instead) = protocol.instead(&state.history, &intent) {
            return in_place(step, instead);
        }
        let room = match self.room(step, now.at) {
            Ok(room) => room,
            Err(obstacle) => return no_room(step, &obstacle),
        };
        match self.evidence_for(step, state, &intent, now) {
            Ok(evidence) => {
                intent.evidence = evidence;
                // It leaves while the confirmation is fresh, or it does not leave (docs/evidence.md, "Confirmation").
                let confirmed = self.confirmation(state, &intent, now).map(|one| one.at.plus(guard::CONFIRMED_MAX));
                intent.deadline = intent.deadline.into_iter().chain(confirmed).chain(room).min();
                Body::CallIntended(intent)
            }
            Err(Obstacle::Aged(proof)) => {
                let back = self.go_back_for_age(index, step, proof, &intent.target);
                back.unwrap_or_else(|| not_sent(Obstacle::Aged(proof).to_string()))
            }
            Err(Obstacle::Stale(_)) if asked(state, self.run.session) >= protocol::ROUNDS => {
                not_sent(format!("the confirmation was not typed in {} tries", protocol::ROUNDS))
            }
            Err(Obstacle::Stale(how)) => {
                Body::QuestionAsked { step: step.id.clone(), question: self.renewal(state, &intent, how) }
            }
            Err(obstacle) => not_sent(obstacle.to_string()),
        }
    }

    fn failed(
        &self,
        index: usize,
        step: &Step,
        state: &StepState,
        command: &Command,
        error: CallError,
        now: Timestamp,
    ) -> Body {
        let name = step.id.clone();
        if error.class == ErrorClass::NotFound
            && let Act::Prepare(call) = command.act
            && let Some(instead) =
                self.protocol(index).not_found(call, command, &state.history, self.run.crossed.is_some())
        {
            return in_place(step, instead);
        }
        if matches!(command.act, Act::Read(Call::Recheck))
            && let Some(found) = last_look::problem(&command.input, &error)
        {
            return Body::CallProbed { step: name, call: Call::Recheck, found };
        }
        if matches!(command.act, Act::Ask(_)) {
            let remedy = "`surefoot resume` asks again".to_owned();
            return Body::StepHeld { step: name, reason: error.message, remedy, class: HoldClass::Person };
        }
        if let Act::Deliver { attempt, .. } = &command.act
            && error.reason == protocol::UNOPENED
            && let Some(created) = state.history.attempts_at(Call::Create).find(|one| one.intent.attempt == *attempt)
        {
            let question = protocol::about_key(&state.history, created, &error.message);
            return Body::QuestionAsked { step: name, question };
        }
        // What is under way ends, and the step's time-out bounds how long that is waited for; a check before the run
        // and a sweep after it have none.
        let is_bounded = state.status == Status::Ready && !planted(PlantedBug::BusyCounted);
        let was_busy = state.history.trouble.as_ref().is_some_and(|trouble| trouble.class == ErrorClass::Busy);
        let nonce = self.run.facts.as_ref().map_or("", |facts| facts.nonce.as_str());
        let retries = Retries::of(step, nonce);
        let is_busy = error.class == ErrorClass::Busy && retries.passes(&error);
        let tries = if is_bounded && was_busy && !is_busy { 1 } else { state.history.tries + 1 };
        if is_bounded && is_busy {
            let until = now.plus(retries.busy(tries, &error));
            return Body::StepWaiting { step: name, until, tries, error };
        }
        // A full disk or a mount that is away may come back, and the secret stands sealed in the journal meanwhile.
        let is_sink = matches!(command.act, Act::Deliver { .. }) && error.class == ErrorClass::Local;
        // Where a proof cannot be read again the subject is looked at, however often the step may be tried.
        let may_wait = retries.allowed(tries) || self.looks_first(step, state, command);
        if (retries.passes(&error) || is_sink) && may_wait {
            let until = now.plus(retries.wait(tries, &error));
            return Body::StepWaiting { step: name, until, tries, error };
        }
        self.failure(index, error)
    }
}

/// A step that waits for more room in the change window.
fn no_room(step: &Step, obstacle: &Obstacle) -> Body {
    Body::StepHeld {
        step: step.id.clone(),
        reason: format!("nothing was sent: {obstacle}"),
        remedy: "`surefoot resume --wait` goes on when the window opens again".to_owned(),
        class: HoldClass::Window,
    }
}

/// The event of what happens in place of an announcement.
fn in_place(step: &Step, instead: Instead) -> Body {
    let step = step.id.clone();
    match instead {
        Instead::Found(call, found) => Body::CallProbed { step, call, found },
        Instead::Hold { reason, remedy, class } => Body::StepHeld { step, reason, remedy, class },
    }
}

/// How many questions a session asked.
fn asked(state: &StepState, session: u32) -> usize {
    state.history.questions.iter().filter(|asked| asked.session == session).count()
}

/// The record of an effect that was sent; it belongs to the attempt that is in flight.
fn settled(step: &Step, state: &StepState, id: CommandId, reply: Reply) -> Option<Body> {
    let open = state.history.in_flight()?;
    let is_same = open.intent.call == id.call && open.intent.attempt == id.attempt;
    let Reply::Settled { outcome, status, request_id, server_date, output, sealed, error } = reply else {
        return None;
    };
    is_same.then(|| {
        Body::CallSettled(Settlement {
            step: step.id.clone(),
            call: id.call,
            attempt: id.attempt,
            outcome,
            status,
            request_id,
            server_date,
            output,
            sealed,
            error,
        })
    })
}
