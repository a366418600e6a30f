//! What the operator does besides answering: interrupts a process, and comes between two of them to give the run up or
//! to record the outcome of an effect in doubt, as with `surefoot cancel` and `surefoot resolve`.
//!
//! Whoever resolves has looked, and says what is the case; while a request may still arrive nobody can tell.

use super::condition::Condition;
use super::fault_injector::Odds;
use super::rng::Rng;
use super::sim_world::SimWorld;
use crate::engine::call::{Call, Outcome};
use crate::engine::event::{Body, Intent};
use crate::engine::{Engine, StepState};
use std::time::Duration;

/// How an instance is asked for.
const CREATE: &str = "POST /v1/instances";

/// A process is interrupted within so many seconds.
const INTERRUPTED_WITHIN: u64 = 1800;

/// What happens in a trial of a seed beside its calls: what the operator does, and trails that cannot be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    pub(super) rng: Rng,
    pub(super) odds: Odds,
}

impl Habits {
    /// What the operator comes for before a process; `is_held`: whether the last one was.
    pub(super) fn errand(self, number: u32, is_held: bool) -> Option<OperatorAction> {
        let mut roll = self.rng.roll("errand", u64::from(number));
        if roll.happens(self.odds.word / 4) {
            Some(OperatorAction::Cancel)
        } else {
            Some(OperatorAction::Resolve).filter(|_| is_held && roll.happens(self.odds.word * 4))
        }
    }

    /// After how long a process is interrupted; none where it is not.
    pub(super) fn interrupts(self, number: u32) -> Option<Duration> {
        let mut roll = self.rng.roll("interrupt", u64::from(number));
        roll.happens(self.odds.word).then(|| Duration::from_secs(roll.between(1, INTERRUPTED_WITHIN)))
    }

    /// Whether the trail of a process's batch cannot be written.
    pub(super) fn trail_fails(self, number: u32, batch: u64) -> bool {
        self.rng.roll("trail", u64::from(number) << 32 | batch).happens(self.odds.trail)
    }
}

/// What the operator comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperatorAction {
    /// To give the run up, if that is still possible.
    Cancel,
    /// To say the outcome of an effect that holds the run.
    Resolve,
}

impl OperatorAction {
    /// What it is in reports.
    pub(super) const fn condition(self) -> Condition {
        match self {
            Self::Cancel => Condition::GivenUp,
            Self::Resolve => Condition::Resolved,
        }
    }

    /// What is recorded; none where there is nothing to say.
    pub(super) fn word(self, engine: &Engine, sim: &SimWorld) -> Option<Body> {
        match self {
            Self::Cancel => engine.may_cancel().then_some(Body::RunCancelAsked),
            Self::Resolve if sim.is_awaited() => None,
            Self::Resolve => engine.plan().steps.iter().zip(engine.steps()).find_map(|(step, state)| {
                let applied =
                    Some(state).filter(|state| state.may_be_resolved()).and_then(|one| took(engine, sim, one))?;
                let because = "the console shows it".to_owned();
                Some(Body::OperatorResolved { step: step.id.clone(), applied, because })
            }),
        }
    }
}

/// Whether the step's last effect in doubt took place; none where that cannot be seen from outside.
fn took(engine: &Engine, sim: &SimWorld, state: &StepState) -> Option<bool> {
    let attempts = state.history.attempts.iter();
    let mut doubtful = attempts.filter(|one| one.outcome().is_none_or(|outcome| outcome == Outcome::Unknown));
    is_done(engine, sim, &doubtful.next_back()?.intent)
}

fn is_done(engine: &Engine, sim: &SimWorld, intent: &Intent) -> Option<bool> {
    match intent.call {
        // A name of ours is given to one attempt only.
        Call::Create if intent.request == CREATE => Some(sim.own.values().any(|name| *name == intent.target)),
        Call::Create | Call::Delete | Call::Overwrite | Call::Pause | Call::Resume | Call::Request => {
            let attempts = engine.steps().iter().flat_map(|state| &state.history.attempts);
            let same = attempts.filter(|one| one.intent.request == intent.request);
            let known = same.filter(|one| one.outcome().is_some_and(Outcome::took)).count();
            Some(sim.accepted(&intent.request) > known)
        }
        Call::Run => {
            let attempts = engine.steps().iter().flat_map(|state| &state.history.attempts);
            let same = attempts.filter(|one| one.intent.request == intent.request);
            let known = same.filter(|one| one.outcome().is_some_and(Outcome::took)).count();
            Some(sim.machine.took_effect(&intent.request)? > known)
        }
        _ => None,
    }
}
