//! What happens to each call of a port: nothing, a fault, or a crash of the process before or after it.

use super::case_script::{StepFault, Strike};
use super::disk::Loss;
use super::fault::{Edge, Fault, Point, Port};
use super::rng::Rng;
use crate::twin::FaultSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How likely what is, in millionths, for each call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Odds {
    /// That the process dies at it.
    pub crash: u64,
    /// That a read over HTTP meets a fault.
    pub http: u64,
    /// That an effect over HTTP does.
    pub effect: u64,
    /// That one to the object store does.
    pub objects: u64,
    /// That a sync fails, or a write finds the disk full.
    pub disk: u64,
    /// That a person is away, or mistaken.
    pub person: u64,
    /// That the operator interrupts a process, or comes to say something before it.
    pub word: u64,
    /// That the trail of a batch cannot be written.
    pub trail: u64,
    /// That the start of a program meets a mishap.
    pub command: u64,
}

impl Odds {
    fn of(&self, port: Port) -> u64 {
        match port {
            Port::Http => self.http,
            Port::Effect => self.effect,
            Port::Objects => self.objects,
            Port::Sync | Port::Change => self.disk,
            Port::Operator => self.person,
            Port::Command => self.command,
        }
    }
}

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The number of the call.
    pub call: u64,
    /// What was called.
    pub port: Port,
    /// The call in words.
    pub what: String,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The process died, and this happened to unsynced bytes.
    Crash(Edge, Loss),
    /// A fault.
    Fault(Fault),
}

impl Event {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash(Edge::Before, Loss::Everything) => "crash before, unsynced bytes lost",
            Self::Crash(Edge::Before, Loss::Nothing) => "crash before, unsynced bytes kept",
            Self::Crash(Edge::Before, Loss::Torn) => "crash before, unsynced bytes torn",
            Self::Crash(Edge::After, Loss::Everything) => "crash after, unsynced bytes lost",
            Self::Crash(Edge::After, Loss::Nothing) => "crash after, unsynced bytes kept",
            Self::Crash(Edge::After, Loss::Torn) => "crash after, unsynced bytes torn",
            Self::Fault(fault) => fault.name(),
        }
    }
}

/// The process is dead; whoever sees this does nothing any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dead;

/// A call that may be made.
pub(super) struct Passage {
    pub(super) fault: Option<Fault>,
    /// That fault as a test has written it, where one has.
    pub(super) spec: Option<FaultSpec>,
    dies: Option<Loss>,
    call: u64,
    port: Port,
}

/// What the process works on at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// The index of the step.
    pub(super) step: usize,
    /// Whether it sends an effect.
    pub(super) is_sending: bool,
}

/// Decides about calls.
pub(super) struct FaultInjector {
    rng: Rng,
    odds: Odds,
    points: Vec<Point>,
    /// The only calls that something may happen to.
    allowed: Option<BTreeSet<u64>>,
    /// What happens to the calls of which step, whatever the odds.
    at_steps: Vec<StepFault>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: u64,
    dead: Option<Loss>,
    is_over: bool,
    at: Option<At>,
    /// How many calls each of `at_steps` has covered.
    covered: BTreeMap<usize, u64>,
    fired: Vec<Fired>,
    calls_of: BTreeMap<Port, u64>,
}

impl FaultInjector {
    pub(super) fn new(seed: u64, odds: Odds, points: Vec<Point>, allowed: Option<BTreeSet<u64>>) -> Self {
        Self { rng: Rng::new(seed), odds, points, allowed, at_steps: Vec::new(), state: Mutex::default() }
    }

    /// The same with what happens at which step.
    pub(super) fn with_step_faults(self, at_steps: Vec<StepFault>) -> Self {
        Self { at_steps, ..self }
    }

    /// From now on calls are those of this step.
    pub(super) fn stand_at(&self, at: Option<At>) {
        self.state().at = at;
    }

    /// The places among the faults of steps of those that no call has met.
    pub(super) fn unmet(&self) -> Vec<usize> {
        let state = self.state();
        let covered = |place: usize| state.covered.get(&place).copied().unwrap_or_default();
        let unmet = self.at_steps.iter().enumerate().filter(|(place, one)| covered(*place) <= one.after);
        unmet.map(|(place, _)| place).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the process has died.
    pub(super) fn is_dead(&self) -> bool {
        self.state().dead.is_some()
    }

    /// A new process; what happened to unsynced bytes when the last one died.
    pub(super) fn revive(&self) -> Option<Loss> {
        self.state().dead.take()
    }

    /// From now on nothing happens any more, so that whoever is ever to end can.
    pub(super) fn calm_down(&self) {
        self.state().is_over = true;
    }

    /// Whether nothing happens any more.
    pub(super) fn is_calm(&self) -> bool {
        self.state().is_over
    }

    /// How many calls there have been.
    pub(super) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// What has happened so far.
    pub(super) fn fired(&self) -> Vec<Fired> {
        self.state().fired.clone()
    }

    /// How often each port was called.
    pub(super) fn calls_of(&self) -> BTreeMap<Port, u64> {
        self.state().calls_of.clone()
    }

    /// Before a call. `what` tells it in words where something happens to it.
    pub(super) fn enter(&self, port: Port, what: impl Fn() -> String) -> Result<Passage, Dead> {
        let mut state = self.state();
        if state.dead.is_some() {
            return Err(Dead);
        }
        state.calls += 1;
        *state.calls_of.entry(port).or_default() += 1;
        let call = state.calls;
        let strike = self.strike(&mut state, port);
        let event = strike.map(event_of).or_else(|| self.decide(call, port, state.is_over));
        if let Some(event) = event {
            // What a process did not live to see of a call shows when it has been made.
            state.fired.push(Fired { call, port, what: what(), event });
        }
        let spec = match strike {
            Some(Strike::Fault(spec)) => Some(spec.clone()),
            _ => None,
        };
        let passage = Passage { fault: None, spec, dies: None, call, port };
        match event {
            Some(Event::Crash(Edge::Before, loss)) => {
                state.dead = Some(loss);
                Err(Dead)
            }
            Some(Event::Crash(Edge::After, loss)) => Ok(Passage { dies: Some(loss), ..passage }),
            Some(Event::Fault(fault)) => Ok(Passage { fault: Some(fault), ..passage }),
            None => Ok(passage),
        }
    }

    /// After a call.
    pub(super) fn leave(&self, passage: &Passage) -> Result<(), Dead> {
        let mut state = self.state();
        state.dead = state.dead.or(passage.dies);
        if state.dead.is_some() { Err(Dead) } else { Ok(()) }
    }

    /// Says what a fault of the scenario did to a call.
    pub(super) fn note(&self, passage: &Passage, what: String, fault: Fault) {
        let fired = Fired { call: passage.call, port: passage.port, what, event: Event::Fault(fault) };
        self.state().fired.push(fired);
    }

    /// What a test has laid down for this call. Every fault that covers it counts it.
    fn strike(&self, state: &mut State, port: Port) -> Option<&Strike> {
        let at = state.at?;
        let mut struck = None;
        for (place, fault) in self.at_steps.iter().enumerate() {
            if fault.covers(at.step, at.is_sending, port) {
                let seen = state.covered.entry(place).or_default();
                if struck.is_none() && (fault.after..fault.after.saturating_add(fault.count)).contains(seen) {
                    struck = Some(&fault.strike);
                }
                *seen += 1;
            }
        }
        struck
    }

    fn decide(&self, call: u64, port: Port, is_over: bool) -> Option<Event> {
        if let Some(point) = self.points.iter().find(|point| point.call == call) {
            return Some(Event::Crash(point.edge, point.loss));
        }
        if is_over || self.allowed.as_ref().is_some_and(|calls| !calls.contains(&call)) {
            return None;
        }
        let mut roll = self.rng.roll("call", call);
        if roll.happens(self.odds.crash) {
            let edge = roll.pick(Edge::Before, &[Edge::After]);
            return Some(Event::Crash(edge, roll.pick(Loss::Everything, &[Loss::Nothing, Loss::Torn])));
        }
        roll.happens(self.odds.of(port)).then(|| Event::Fault(Fault::random(port, &mut roll)))
    }
}

/// What a test has laid down, as an event of a trial.
fn event_of(strike: &Strike) -> Event {
    match strike {
        Strike::Fault(spec) => Event::Fault(Fault::of(spec)),
        Strike::Refused => Event::Fault(Fault::Refused),
        Strike::Away => Event::Fault(Fault::Away),
        Strike::WrongFile => Event::Fault(Fault::WrongFile),
        Strike::Crash(edge, loss) => Event::Crash(*edge, *loss),
    }
}
