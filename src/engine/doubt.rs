//! What is in doubt in a run: what was sent, what was seen since, and what will be done about it.

use super::call::{Call, Outcome};
use super::event::HoldClass;
use super::forecast::{RecoveryForecast, Stage, outlook};
use super::history::{Attempt, Probe};
use super::limit::give_up_at;
use super::machine::Engine;
use super::obligations::parting;
use super::protocol::Context;
use super::run::Phase;
use super::step::{Status, StepState};
use crate::base::Timestamp;
use crate::runbook::plan::Step;

/// A step with effects of which nobody knows what became.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The step.
    pub step: String,
    /// Its kind.
    pub kind: &'static str,
    /// What was sent, in the order it was announced.
    pub sent: Vec<Sent>,
    /// What was seen since, oldest first.
    pub looks: Vec<Look>,
    /// Why the last look did not succeed.
    pub trouble: Option<String>,
    /// What will be done.
    pub outlook: RecoveryForecast,
    /// Nobody works on it: this is what would be done by a process that took it over at this moment.
    pub if_resumed_at: Option<Timestamp>,
}

/// An effect in doubt.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Method and path.
    pub request: String,
    /// What it acts on.
    pub target: String,
    /// Which attempt.
    pub attempt: u32,
    /// When it was announced, right before it was sent.
    pub at: Timestamp,
    /// The last moment at which it may have left.
    pub last_sent: Timestamp,
    /// HTTP status, where there was a response that could not be understood.
    pub status: Option<u16>,
    /// Why nobody knows its outcome.
    pub why: String,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub saw: String,
}

impl Engine {
    /// What is in doubt, and what the process that has the run will do about it.
    pub fn doubts(&self) -> Vec<Doubt> {
        let doubt = |(step, state): (&Step, &StepState)| {
            // What is held or paused does nothing until it is resumed.
            let is_held = matches!(state.status, Status::Held { .. }) || state.sweep_held.is_some();
            if is_held || self.run.paused {
                self.if_resumed(step, state, self.run.last)
            } else {
                self.doubt(step, state, self.run.session, self.run.last)
            }
        };
        self.plan.steps.iter().zip(&self.steps).filter_map(doubt).collect()
    }

    /// What is in doubt, as a process would find it that took the run over at `at`.
    pub fn doubts_if_resumed(&self, at: Timestamp) -> Vec<Doubt> {
        let steps = self.plan.steps.iter().zip(&self.steps);
        steps.filter_map(|(step, state)| self.if_resumed(step, state, at.max(self.run.last))).collect()
    }

    fn if_resumed(&self, step: &Step, state: &StepState, at: Timestamp) -> Option<Doubt> {
        let mut state = state.clone();
        state.reopen(at, at.since(self.run.last), self.run.phase);
        let doubt = self.doubt(step, &state, self.run.session + 1, at)?;
        Some(Doubt { if_resumed_at: Some(at), ..doubt })
    }

    fn doubt(&self, step: &Step, state: &StepState, session: u32, now: Timestamp) -> Option<Doubt> {
        let sweeping = self.run.phase == Phase::Sweeping && matches!(state.status, Status::Succeeded { .. });
        let is_over = state.status.is_over() || matches!(self.run.phase, Phase::Closed(_));
        if state.history.attempts.is_empty() || is_over && !sweeping {
            return None;
        }
        let index = self.index_of(&step.id)?;
        let (with, protocol) = (self.with(index)?, self.protocol(index));
        let nonce = self.run.facts.as_ref().map(|facts| facts.nonce.as_str()).unwrap_or_default();
        let context = Context { session, ..self.context(step, state, with, nonce, &[]) };
        let open = protocol.unsettled(&context, sweeping);
        let first = open.first()?;
        // What is looked at because it is to be renamed says nothing about an earlier attempt.
        let own = state.history.last_attempt(Call::Create).and_then(|last| last.output("id"));
        let own = own.filter(|_| !open.iter().any(|one| one.intent.call == Call::Rename));
        let is_own = |probe: &Probe| probe.call == Call::Probe && own.is_some() && probe.found.get("id") == own;
        let looks = state.history.probes.iter().filter(|probe| probe.seq > first.seq && !is_own(probe));
        let target_of = |seq: u64| open.iter().rev().find(|one| one.seq < seq).map_or("", |one| &one.intent.target);
        let looks = looks.map(|probe| Look { at: probe.at, saw: protocol.saw(&context, probe, target_of(probe.seq)) });
        let standing = Stage {
            protocol,
            context,
            stuck: matches!(state.status, Status::Held { class: HoldClass::Doubt, .. }),
            sweeping,
            ending: matches!(self.run.phase, Phase::Ending(_)).then(|| parting(&self.run, &state.history)),
            now,
            deadline: give_up_at(step, state).filter(|_| !sweeping),
        };
        Some(Doubt {
            step: step.id.clone(),
            kind: step.kind.name,
            sent: open.iter().map(|attempt| sent(attempt)).collect(),
            looks: looks.collect(),
            trouble: state.history.trouble.as_ref().map(|error| error.message.clone()),
            outlook: outlook(&standing),
            if_resumed_at: None,
        })
    }
}

fn sent(attempt: &Attempt) -> Sent {
    let settled = attempt.settled.as_ref().map(|(_, settlement)| settlement);
    let why = match (attempt.error(), attempt.outcome()) {
        (Some(error), _) => error.message.clone(),
        (None, None) => "no answer yet".to_owned(),
        (None, Some(Outcome::Unknown)) if settled.is_none() => {
            "the process that sent it ended before it recorded an answer".to_owned()
        }
        (None, Some(_)) => "its answer cannot be understood".to_owned(),
    };
    Sent {
        request: attempt.intent.request.clone(),
        target: attempt.intent.target.clone(),
        attempt: attempt.intent.attempt,
        at: attempt.at,
        last_sent: attempt.last_sent(),
        status: settled.and_then(|settlement| settlement.status),
        why,
    }
}
