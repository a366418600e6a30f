//! What a step has been through: the fold of its events, on which its protocol decides.

use super::call::{Call, CallError, ErrorClass, Outcome, Sealed};
use super::event::{Intent, Settlement};
use super::question::{Answer, Question};
use crate::base::{PlantedBug, Timestamp, Value, planted};
use std::collections::BTreeMap;
use std::time::Duration;

/// The fold of a step's events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The effects, in the order they were announced.
    pub attempts: Vec<Attempt>,
    /// What the reads of the protocol saw, in order.
    pub probes: Vec<Probe>,
    /// Reads or preparations that failed in a row in a way that passes.
    pub tries: u32,
    /// The last failure that passes.
    pub trouble: Option<CallError>,
    /// Not before this is it tried again.
    pub wait_until: Option<Timestamp>,
    /// The questions and what was answered.
    pub questions: Vec<Asked>,
    /// The versions of a one-time secret that stand in their sink, with the sink's reference.
    pub delivered: Vec<(u32, String)>,
    /// The attempts whose one-time secret is lost, with what they created.
    pub lost: Vec<(u32, String)>,
    /// The attempt whose secret took the place of the older one.
    pub rotated: Option<u32>,
    /// What an operator decided about the attempts so far: how many there were, and whether the last one applied.
    pub resolved: Option<(usize, bool)>,
    /// How many attempts at each call there were before the run last went back over the step.
    pub past: BTreeMap<Call, u32>,
    /// How far lists are taken to be behind from now on, where an operator has said so; otherwise each attempt at a
    /// creation says it.
    pub lag_max: Option<Duration>,
}

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its announcement.
    pub intent: Intent,
    /// When it was announced.
    pub at: Timestamp,
    /// Sequence number of the announcement.
    pub seq: u64,
    /// The session that announced it.
    pub session: u32,
    /// Its outcome, once seen.
    pub settled: Option<(Timestamp, Settlement)>,
    /// When a later session found it without an outcome.
    pub abandoned: Option<Timestamp>,
}

/// What a read saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Which read.
    pub call: Call,
    /// When.
    pub at: Timestamp,
    /// The same moment by the session's clock that nobody can set, in milliseconds.
    pub mono_ms: u64,
    /// Its sequence number.
    pub seq: u64,
    /// The session that read it.
    pub session: u32,
    /// What it saw.
    pub found: Value,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What was asked.
    pub question: Question,
    /// When.
    pub at: Timestamp,
    /// The session that asked it.
    pub session: u32,
    /// What was answered, and the answer's sequence number.
    pub answer: Option<(u64, Answer)>,
    /// The session that recorded the answer, and when by the clock that nobody can set.
    pub answered: Option<(u32, u64)>,
    /// Whether its time was over before anybody answered; an answer is no answer to it any more.
    pub lapsed: bool,
}

impl Attempt {
    /// What is known of it; `None` while its request may be in flight.
    pub fn outcome(&self) -> Option<Outcome> {
        match (&self.settled, self.abandoned) {
            (Some((_, settlement)), _) => Some(settlement.outcome),
            (None, Some(_)) if planted(PlantedBug::DoubtForgotten) => Some(Outcome::NotSent),
            (None, Some(_)) => Some(Outcome::Unknown),
            (None, None) => None,
        }
    }

    /// The last moment at which its request may have left us.
    pub fn last_sent(&self) -> Timestamp {
        self.settled.as_ref().map(|(at, _)| *at).or(self.abandoned).unwrap_or(self.at)
    }

    /// Whether it was answered that there is no such thing: 404, or another status that says the same.
    pub fn found_nothing(&self) -> bool {
        let status = self.settled.as_ref().and_then(|(_, settlement)| settlement.status);
        matches!(status, Some(404 | 410)) || self.error().is_some_and(|error| error.class == ErrorClass::NotFound)
    }

    /// Whether it took place, or may have.
    pub fn may_have_taken(&self) -> bool {
        self.outcome().is_some_and(|outcome| outcome == Outcome::Unknown || outcome.took())
    }

    /// The one-time secret that its response told, or that it was to set.
    pub fn sealed(&self) -> Option<&Sealed> {
        let told = self.settled.as_ref().and_then(|(_, settlement)| settlement.sealed.as_ref());
        told.or(self.intent.sealed.as_ref())
    }

    /// What went wrong with it.
    pub fn error(&self) -> Option<&CallError> {
        self.settled.as_ref().and_then(|(_, settlement)| settlement.error.as_ref())
    }

    /// A declared field of its response.
    pub fn output(&self, field: &str) -> Option<&Value> {
        self.settled.as_ref().and_then(|(_, settlement)| settlement.output.get(field))
    }
}

impl History {
    /// Whether a deletion of ours may have taken place. What was refused, or never left, deleted nothing: where the
    /// instance goes all the same, somebody else deletes it.
    pub fn may_have_deleted(&self) -> bool {
        let is_possible = |attempt: &Attempt| attempt.outcome().is_none() || attempt.may_have_taken();
        self.attempts_at(Call::Delete).any(|attempt| is_possible(attempt) || planted(PlantedBug::RefusalCredited))
    }

    /// Whether a deletion of ours was refused by the service.
    pub fn was_refused_deletion(&self) -> bool {
        let is_refused =
            |attempt: &Attempt| matches!(attempt.outcome(), Some(Outcome::Rejected | Outcome::RejectedAuth));
        self.attempts_at(Call::Delete).any(is_refused)
    }

    /// The attempts at one call, in order.
    pub fn attempts_at(&self, call: Call) -> impl DoubleEndedIterator<Item = &Attempt> + Clone {
        self.attempts.iter().filter(move |attempt| attempt.intent.call == call)
    }

    /// The last attempt at a call.
    pub fn last_attempt(&self, call: Call) -> Option<&Attempt> {
        self.attempts_at(call).next_back()
    }

    /// Whether an operator said that the last effect took place, where one said anything about it.
    pub fn word(&self) -> Option<bool> {
        self.resolved.filter(|(count, _)| *count == self.attempts.len()).map(|(_, applied)| applied)
    }

    /// The newest secret that the step holds, with its attempt: one that a response told, or one that the step itself
    /// set or was about to set. An attempt that certainly did nothing comes after all others.
    pub fn secret(&self) -> Option<(u32, &Sealed)> {
        let held = |attempt: &&Attempt| attempt.sealed().is_some() && !self.is_lost(attempt);
        let may = |attempt: &&Attempt| held(attempt) && (attempt.may_have_taken() || attempt.outcome().is_none());
        let attempts = || self.attempts.iter().rev();
        let attempt = attempts().find(may).or_else(|| attempts().find(held))?;
        Some((attempt.intent.attempt, attempt.sealed()?))
    }

    /// Whether the one-time secret of an attempt at a creation is lost.
    pub fn is_lost(&self, attempt: &Attempt) -> bool {
        attempt.intent.call == Call::Create && self.lost.iter().any(|(lost, _)| *lost == attempt.intent.attempt)
    }

    /// The attempt that changed a password, if any did: the last one that may have.
    pub fn rotation(&self) -> Option<&Attempt> {
        self.attempts_at(Call::Rotate).rfind(|attempt| attempt.may_have_taken())
    }

    /// Whether the password that the step set is known to be the one that opens the database. Every attempt sets the
    /// same one, so whichever arrived, what a look saw since is true of all.
    pub fn is_in_force(&self) -> bool {
        let is_seen = || {
            let last = self.last_probe(Call::Probe);
            last.is_some_and(|probe| probe.found.get("new") == Some(&Value::Bool(true)))
        };
        let took = |attempt: &Attempt| attempt.outcome().is_some_and(Outcome::took);
        self.rotation()
            .is_some_and(|attempt| took(attempt) || self.rotated.is_some() || self.word() == Some(true) || is_seen())
    }

    /// The password that the step stands for, with its attempt: the newest secret that it holds, or the one that a
    /// person gave by hand for what an attempt has created whose own was lost.
    pub fn password(&self) -> Option<(u32, Sealed)> {
        let obtained = self.secret().map(|(attempt, sealed)| (attempt, sealed.clone()));
        obtained.or_else(|| {
            let found = &self.last_probe(Call::Read)?.found;
            let id = found.get("id")?.as_str()?;
            let (attempt, _) = self.lost.iter().rfind(|(_, lost)| lost == id)?;
            Some((*attempt, given(found)?))
        })
    }

    /// The number of the next attempt at a call, from 1.
    pub fn next_attempt(&self, call: Call) -> u32 {
        let past = self.past.get(&call).copied().unwrap_or_default();
        u32::try_from(self.attempts_at(call).count()).unwrap_or(u32::MAX).saturating_add(1).saturating_add(past)
    }

    /// What is left of it where the step is done again: the numbers of its attempts go on.
    pub(super) fn reset(&self) -> Self {
        let calls = self.attempts.iter().map(|attempt| attempt.intent.call).chain(self.past.keys().copied());
        let past = calls.map(|call| (call, self.next_attempt(call) - 1)).collect();
        Self { past, ..Self::default() }
    }

    /// Moves every moment that the clock now calls the future to now.
    pub(super) fn set_back(&mut self, now: Timestamp) {
        let attempts = self.attempts.iter_mut().flat_map(|attempt| {
            let settled = attempt.settled.as_mut().map(|(at, _)| at);
            [Some(&mut attempt.at), settled, attempt.abandoned.as_mut()].into_iter().flatten()
        });
        let seen = self.probes.iter_mut().map(|probe| &mut probe.at);
        let asked = self.questions.iter_mut().map(|asked| &mut asked.at);
        for at in attempts.chain(seen).chain(asked).chain(self.wait_until.as_mut()) {
            *at = (*at).min(now);
        }
    }

    /// The effect that was announced in this session and has no outcome yet.
    pub fn in_flight(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.outcome().is_none())
    }

    /// The last sight of one read.
    pub fn last_probe(&self, call: Call) -> Option<&Probe> {
        self.probes.iter().rev().find(|probe| probe.call == call)
    }

    /// The sights of one read after a point in the journal, in order.
    pub fn probes_after(&self, call: Call, seq: u64) -> impl DoubleEndedIterator<Item = &Probe> + Clone {
        self.probes.iter().filter(move |probe| probe.call == call && probe.seq > seq)
    }

    /// The question that waits for an answer.
    pub fn open_question(&self) -> Option<&Asked> {
        self.questions.last().filter(|asked| asked.answer.is_none() && !asked.lapsed)
    }

    /// The last question, where its time was over before anybody answered.
    pub fn lapsed_question(&self) -> Option<&Asked> {
        self.questions.last().filter(|asked| asked.lapsed)
    }

    /// The time of the open question is over.
    pub(super) fn lapse(&mut self) {
        if let Some(asked) = self.questions.last_mut().filter(|asked| asked.answer.is_none()) {
            asked.lapsed = true;
        }
    }

    /// The last answer with its sequence number.
    pub fn last_answer(&self) -> Option<&(u64, Answer)> {
        self.questions.last().and_then(|asked| asked.answer.as_ref())
    }

    /// The questions of one sort about an attempt, in order.
    pub fn asked_about<'a>(&'a self, task: &'a str, attempt: u32) -> impl DoubleEndedIterator<Item = &'a Asked> {
        let is_it = move |asked: &&Asked| {
            let about = &asked.question.task;
            about.get("task").and_then(Value::as_str) == Some(task)
                && about.get("attempt").and_then(Value::as_u64) == Some(u64::from(attempt))
        };
        self.questions.iter().filter(is_it)
    }

    /// The number of the next question, from 1.
    pub fn next_round(&self) -> u32 {
        u32::try_from(self.questions.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        *self == Self { past: self.past.clone(), lag_max: self.lag_max, ..Self::default() }
    }
}

/// A secret that a person gave by hand, sealed when it was read.
fn given(found: &Value) -> Option<Sealed> {
    let sealed = found.get("sealed")?;
    let text = |name: &str| sealed.get(name).and_then(Value::as_str);
    let recipients = sealed.get("recipients")?.as_array()?;
    Some(Sealed {
        alg: text("alg")?.to_owned(),
        b64: text("b64")?.to_owned(),
        recipients: recipients.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        sha256: text("sha256")?.parse().ok()?,
    })
}
