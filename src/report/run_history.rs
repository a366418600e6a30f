//! What is worth telling of a run's records: a fold over them that keeps no secret and little memory.

use crate::base::{Actor, Timestamp};
use crate::engine::event::{Body, Event, RunOpened, Verdict};
use crate::engine::evidence::Evidence;
use std::collections::BTreeMap;
use std::time::Duration;

/// What follows where a deletion counts that no answer has confirmed.
pub(super) const ANOTHER: &str = "another run or person may have deleted it: check that nothing else replaces it";

/// What is worth telling of a run, gathered record by record.
#[derive(Clone, Debug, Default)]
pub struct RunHistory {
    pub(super) opened: Option<(Timestamp, RunOpened)>,
    pub(super) operators: Vec<String>,
    pub(super) sessions: u32,
    pub(super) records: u64,
    pub(super) last_at: Timestamp,
    pub(super) closed: Option<(Timestamp, Verdict)>,
    pub(super) steps: BTreeMap<String, Times>,
    pub(super) people: Vec<Said>,
    pub(super) deviations: Vec<Deviation>,
    pub(super) evidence: Vec<Found>,
    pub(super) effects: Vec<Sent>,
    pub(super) delivered: Vec<(u64, Timestamp, String)>,
    /// When another password took the place of the one that came with the new instance, and in which record.
    pub(super) rotated: Option<(u64, Timestamp)>,
}

/// When a step was first and last heard of, and when it succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) ended: Option<(u64, Timestamp)>,
}

/// What a person said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) record: u64,
    pub(super) at: Timestamp,
    pub(super) step: String,
    pub(super) by: String,
    pub(super) text: String,
    pub(super) note: String,
    /// The record of the reset that made it void.
    pub(super) void: Option<u64>,
}

/// Something that went another way than planned.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    pub(super) record: u64,
    pub(super) text: String,
}

/// Evidence and the record that holds it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) record: u64,
    pub(super) step: String,
    pub(super) evidence: Evidence,
    /// The record of the reset that made it void.
    pub(super) void: Option<u64>,
}

/// An effect: its announcement and its outcome.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) record: u64,
    pub(super) at: Timestamp,
    pub(super) step: String,
    pub(super) call: &'static str,
    pub(super) request: String,
    pub(super) attempt: u32,
    pub(super) outcome: Option<(u64, &'static str, Option<u16>)>,
}

impl RunHistory {
    /// The story of a run whose records are all there.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut story = Self::default();
        for event in events {
            story.hear(event);
        }
        story
    }

    /// Takes in the next record.
    pub fn hear(&mut self, event: &Event) {
        let record = self.records;
        self.records += 1;
        self.last_at = event.at;
        match &event.body {
            Body::RunOpened(opened) => {
                self.sessions = 1;
                self.opened = Some((event.at, opened.clone()));
                self.operated_by(&event.actor.to_string());
            }
            Body::SessionOpened(session) => {
                self.sessions += 1;
                self.operated_by(&event.actor.to_string());
                self.deviates(record, format!("resumed by {}@{}", session.user, session.host));
            }
            Body::RunClosed { verdict, .. } => self.closed = Some((event.at, *verdict)),
            Body::StepSucceeded { step, evidence, .. } => {
                self.hear_unconfirmed(record, step);
                self.ends(step, record, event.at);
                let found =
                    |evidence: &Evidence| Found { record, step: step.clone(), evidence: evidence.clone(), void: None };
                self.evidence.extend(evidence.iter().map(found));
            }
            Body::StepFailed { step, .. } | Body::StepSkipped { step, .. } => self.ends(step, record, event.at),
            Body::QuestionAnswered { step, answer } => self.people.push(Said {
                record,
                at: answer.at,
                step: step.clone(),
                by: answer.by.to_string(),
                text: answer.text.clone(),
                note: answer.note.clone(),
                void: None,
            }),
            Body::SecretDelivered { reference, .. } => self.delivered.push((record, event.at, reference.clone())),
            Body::SecretRotated { .. } => self.rotated = Some((record, event.at)),
            body => {
                self.hear_reset(record, body);
                self.hear_effect(record, event.at, body);
                self.hear_deviation(record, body, &event.actor.to_string());
            }
        }
    }

    /// How long the run has taken so far, by its own clock.
    pub fn span(&self) -> Duration {
        self.opened.as_ref().map_or(Duration::ZERO, |(at, _)| self.last_at.since(*at))
    }

    /// Whatever the steps that are done again have proved and people have told them does not count any more.
    fn hear_reset(&mut self, record: u64, body: &Body) {
        let Body::StepReset { steps, .. } = body else { return };
        let found = self.evidence.iter_mut().map(|found| (&found.step, &mut found.void));
        let said = self.people.iter_mut().map(|said| (&said.step, &mut said.void));
        for (_, void) in found.chain(said).filter(|(step, _)| steps.contains(step)) {
            void.get_or_insert(record);
        }
        self.steps.retain(|step, _| !steps.contains(step));
    }

    fn hear_effect(&mut self, record: u64, at: Timestamp, body: &Body) {
        match body {
            Body::CallIntended(intent) => self.effects.push(Sent {
                record,
                at,
                step: intent.step.clone(),
                call: intent.call.name(),
                request: intent.request.clone(),
                attempt: intent.attempt,
                outcome: None,
            }),
            Body::CallSettled(settled) => {
                let is_it = |sent: &&mut Sent| {
                    sent.step == settled.step && sent.call == settled.call.name() && sent.attempt == settled.attempt
                };
                if let Some(sent) = self.effects.iter_mut().rev().find(is_it) {
                    sent.outcome = Some((record, settled.outcome.name(), settled.status));
                }
                if settled.outcome == crate::engine::call::Outcome::Unknown {
                    let text = format!("`{}`: no answer to {} was received", settled.step, settled.call.name());
                    self.deviates(record, text);
                }
            }
            _ => {}
        }
    }

    /// A deletion that counts although no answer confirmed it: by what was seen, or by a person's word.
    fn hear_unconfirmed(&mut self, record: u64, step: &str) {
        let name = crate::engine::call::Call::Delete.name();
        let sent: Vec<_> = self.effects.iter().filter(|sent| sent.step == step && sent.call == name).collect();
        let is_confirmed = |sent: &&Sent| matches!(sent.outcome, Some((_, "accepted" | "applied", _)));
        if let Some(last) = sent.last().filter(|_| !sent.iter().any(is_confirmed)) {
            let text = format!("`{step}`: no answer confirmed that {} was accepted; {ANOTHER}", last.request);
            self.deviates(record, text);
        }
    }

    fn hear_deviation(&mut self, record: u64, body: &Body, actor: &str) {
        let text = match body {
            Body::StepHeld { step, reason, .. } => format!("`{step}` was held: {reason}"),
            Body::SecretLost { step, attempt, target } => {
                format!("`{step}`: the password of {target} (attempt {attempt}) is lost")
            }
            Body::OperatorResolved { step, applied, because } => {
                let verdict = if *applied { "applied" } else { "not applied" };
                format!("`{step}` was resolved as {verdict} by {actor}: {because}")
            }
            Body::StepReset { step, reason, steps } => {
                format!("`{step}` went back, and repeated these steps: {}: {reason}", steps.join(", "))
            }
            Body::StepChanged { step, set } => {
                let names: Vec<String> = set
                    .iter()
                    .map(|(name, value)| format!("{name} = {}", crate::base::lines::one_line(value)))
                    .collect();
                format!("`{step}` was changed by {actor}: {}", names.join(", "))
            }
            Body::WindowOverridden { reason } => {
                format!("acted outside of the change window, for a reason that {actor} gave: {reason}")
            }
            Body::RunPaused if actor == Actor::Engine.to_string() => "paused where it was asked to".to_owned(),
            Body::RunPaused => format!("paused by {actor}"),
            Body::RunCancelAsked => format!("cancellation requested by {actor}"),
            Body::UndoBegun { steps } => format!("what was done is undone: {}", steps.join(", ")),
            Body::JournalRecovered { len, .. } => format!("a torn tail of {len} bytes was removed from the journal"),
            Body::JournalSegment { reason, .. } => format!("the journal continued in a new segment: {reason}"),
            Body::GateChecked { step, name, passed: false, .. } => format!("`{step}`: the check {name} did not hold"),
            _ => return,
        };
        self.deviates(record, text);
    }

    fn deviates(&mut self, record: u64, text: String) {
        self.deviations.push(Deviation { record, text });
    }

    fn ends(&mut self, step: &str, record: u64, at: Timestamp) {
        self.steps.insert(step.to_owned(), Times { ended: Some((record, at)) });
    }

    fn operated_by(&mut self, actor: &str) {
        if !self.operators.iter().any(|known| known == actor) {
            self.operators.push(actor.to_owned());
        }
    }
}
