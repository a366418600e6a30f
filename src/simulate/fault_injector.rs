//! What happens to each call of a port: nothing, a fault, or a crash of the process before or after it.

use super::disk::Loss;
use super::fault::{Edge, Fault, Point, Port};
use super::rng::Rng;
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
    dies: Option<Loss>,
    call: u64,
    port: Port,
}

/// Decides about calls.
pub(super) struct FaultInjector {
    rng: Rng,
    odds: Odds,
    points: Vec<Point>,
    /// The only calls that something may happen to.
    allowed: Option<BTreeSet<u64>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: u64,
    dead: Option<Loss>,
    is_over: bool,
    fired: Vec<Fired>,
    calls_of: BTreeMap<Port, u64>,
}

impl FaultInjector {
    pub(super) fn new(seed: u64, odds: Odds, points: Vec<Point>, allowed: Option<BTreeSet<u64>>) -> Self {
        Self { rng: Rng::new(seed), odds, points, allowed, state: Mutex::default() }
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
        let event = self.decide(call, port, state.is_over);
        if let Some(event) = event {
            // What a process did not live to see of a call shows when it has been made.
            state.fired.push(Fired { call, port, what: what(), event });
        }
        let passage = Passage { fault: None, dies: None, call, port };
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
