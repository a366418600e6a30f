//! [`Engine`]: the fold and what follows from it.

use super::call::Call;
use super::command::Command;
use super::event::{Body, Event, Verdict};
use super::guard::{CLOCK_SLACK, Ledger};
use super::limit::give_up_at;
use super::obligations::may_name;
use super::protocol::{Protocol, Protocols};
use super::ready_queue::ReadyQueue;
use super::refusal::Refusal;
use super::run::{Phase, RunState};
use super::step::{Stamp, Status, StepState};
use crate::base::{Map, PlantedBug, Timestamp, planted};
use crate::runbook::Renderer;
use crate::runbook::kind::Reversibility;
use crate::runbook::plan::{Plan, Step};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The state of a run and what follows from it.
#[derive(Debug)]
pub struct Engine {
    pub(super) plan: Arc<Plan>,
    pub(super) renderer: Renderer,
    pub(super) plan_digest: String,
    pub(super) run: RunState,
    pub(super) steps: Vec<StepState>,
    pub(super) ledger: Ledger,
    /// The protocol of each step.
    protocols: Vec<&'static dyn Protocol>,
    /// The rendered inputs of each step, worked out when they are asked for: they follow from the rest.
    withs: Vec<OnceLock<Arc<Map>>>,
    pub(super) lanes: ReadyQueue,
    index: BTreeMap<String, usize>,
    pub(super) followers: Vec<Vec<usize>>,
    /// The irreversible steps.
    pub(super) guarded: Vec<usize>,
    /// The steps that undo what was done, once that has begun.
    pub(super) undoing: Vec<usize>,
    seq: u64,
    /// Whether what is under way is of no interest yet, because more events follow.
    is_replaying: bool,
}

/// What a step that the plan does not have would go by: one read.
struct Absent;

impl Protocol for Absent {}

/// An event that was checked and may be applied.
#[derive(Debug)]
pub struct Admitted(Event);

impl Admitted {
    /// The event.
    pub fn event(&self) -> &Event {
        &self.0
    }
}

impl Engine {
    /// An engine for a run that has not been opened. `protocols` knows every kind of the plan.
    pub fn new(plan: Arc<Plan>, protocols: Protocols) -> Self {
        let mut followers = vec![Vec::new(); plan.steps.len()];
        for (index, step) in plan.steps.iter().enumerate() {
            for before in &step.after {
                if let Some(list) = followers.get_mut(*before) {
                    list.push(index);
                }
            }
        }
        Self {
            renderer: Renderer::new(),
            plan_digest: plan.digest.to_string(),
            run: RunState { open: plan.steps_planned(), ..RunState::default() },
            steps: plan.steps.iter().map(StepState::of).collect(),
            ledger: Ledger::default(),
            protocols: plan.steps.iter().map(|step| protocols(step.kind)).collect(),
            withs: vec![OnceLock::new(); plan.steps.len()],
            lanes: ReadyQueue::default(),
            index: plan.steps.iter().enumerate().map(|(index, step)| (step.id.clone(), index)).collect(),
            followers,
            guarded: (0..plan.steps.len()).filter(|step| plan.is_irreversible(*step)).collect(),
            undoing: Vec::new(),
            seq: 0,
            is_replaying: false,
            plan,
        }
    }

    /// The engine after these events.
    pub fn replay(
        plan: Arc<Plan>,
        protocols: Protocols,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Self, Refusal> {
        let mut engine = Self::new(plan, protocols);
        engine.is_replaying = true;
        for event in events {
            let admitted = engine.admit(event)?;
            engine.apply(admitted);
        }
        engine.catch_up();
        Ok(engine)
    }

    fn catch_up(&mut self) {
        self.is_replaying = false;
        self.refresh_all();
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The run as a whole.
    pub fn run(&self) -> &RunState {
        &self.run
    }

    /// The steps, in the order of the plan.
    pub fn steps(&self) -> &[StepState] {
        &self.steps
    }

    /// The rendered inputs of a step that has become ready; `None` before that, and where they cannot be rendered.
    pub fn with(&self, step: usize) -> Option<&Arc<Map>> {
        let kept = self.withs.get(step)?;
        if kept.get().is_none() {
            let (step, state) = self.plan.steps.get(step).zip(self.steps.get(step))?;
            // What an earlier step has yet to tell may have a default in a template, which must not be kept.
            if state.status == Status::Blocked {
                return None;
            }
            let with = self.inputs()?.with(step, &state.set).ok()?;
            return Some(kept.get_or_init(|| Arc::new(with)));
        }
        kept.get()
    }

    /// Everything proved so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many events have been applied; the sequence number of the next one.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Checks an event in full; changes nothing.
    pub fn admit(&self, event: Event) -> Result<Admitted, Refusal> {
        let body = &event.body;
        let refuse = |place: String, reason: &str| Refusal { event: body.name(), place, reason: reason.to_owned() };
        self.run.allows(body).map_err(|why| refuse(format!("while the run is {}", self.run.phase.name()), why))?;
        if matches!(body, Body::RunCancelAsked) && !self.may_cancel() {
            let place = format!("while the run is {}", self.run.phase.name());
            return Err(refuse(place, "the point of no return has been passed"));
        }
        // A version before this one named what it had created after a run was cancelled, too.
        if matches!(body, Body::CallIntended(intent) if intent.call == Call::Rename)
            && !self.is_replaying
            && !may_name(&self.run)
        {
            return Err(refuse("while the run is being cancelled".to_owned(), "nothing more is written"));
        }
        // What was closed once was closed by the rules of the version that closed it.
        if let Body::RunClosed { verdict, .. } = body
            && !self.is_replaying
            && !matches!(self.closing(), Some(Body::RunClosed { verdict: due, .. }) if due == *verdict)
        {
            return Err(refuse("while the run is ending".to_owned(), "something is under way, or in doubt"));
        }
        let place = || format!("while the run is {}", self.run.phase.name());
        self.allows_window(body, event.at).map_err(|why| refuse(place(), why))?;
        let Some(id) = body.step() else {
            return Ok(Admitted(event));
        };
        let (index, step, state) =
            self.find(id).ok_or_else(|| refuse(format!("to step `{id}`"), "the plan has no such step"))?;
        let place = || format!("to step `{id}`, which is {}", state.status.name());
        if !state.allows(step.kind, self.protocol(index).sweeps(), self.run.phase, body) {
            return Err(refuse(place(), "it does not fit what the step has been through"));
        }
        if let Body::StepReset { steps, .. } = body {
            self.allows_reset(steps).map_err(|why| refuse(place(), &why))?;
        }
        if let Body::CallIntended(intent) = body {
            self.allows_intent(index, step, state, intent, event.moment()).map_err(|why| refuse(place(), &why))?;
        }
        Ok(Admitted(event))
    }

    /// Takes in an admitted event.
    pub fn apply(&mut self, admitted: Admitted) {
        let Event { at, mono_ms, body, .. } = admitted.0;
        let stamp = Stamp { at, mono_ms, seq: self.seq, session: self.run.session };
        self.seq += 1;
        let was_paused = self.run.paused;
        match body.step().and_then(|id| self.index_of(id)) {
            Some(index) => self.apply_to_step(stamp, body, index),
            None => self.apply_to_run(stamp, body),
        }
        if !(was_paused && self.run.paused) {
            if !self.set_back(at).is_zero() {
                self.run.set_back = Some(stamp.seq);
                self.run.freed = self.run.freed.min(at);
                self.steps.iter_mut().for_each(|state| state.set_back(at));
                self.refresh_all();
            }
            self.run.last = at;
        }
    }

    /// Whether it takes in a log that is there.
    pub(super) fn is_replaying(&self) -> bool {
        self.is_replaying
    }

    /// How far the clock, which says `now`, was set back since the last event; zero where it may just be imprecise.
    pub fn set_back(&self, now: Timestamp) -> Duration {
        let span = self.run.last.since(now);
        if span > CLOCK_SLACK { span } else { Duration::ZERO }
    }

    /// What should be under way now, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Command> {
        self.lanes.pending(self.slots())
    }

    /// What follows from the state of the first step from whose state anything does; nothing while it is paused.
    pub fn conclusion(&self) -> Option<&Body> {
        self.lanes.conclusion().filter(|_| !self.run.paused)
    }

    /// What `pending` and `conclusion` give, derived from nothing but the state; for tests.
    pub fn derive(&self) -> (Vec<Command>, Option<Body>) {
        let mut lanes = ReadyQueue::default();
        for index in 0..self.steps.len() {
            let seq = self.steps.get(index).map_or(0, |state| state.ready_seq);
            lanes.set(index, seq, self.lane(index), self.share(index));
        }
        let conclusion = lanes.conclusion().filter(|_| !self.run.paused);
        (lanes.pending(self.slots()).cloned().collect(), conclusion.cloned())
    }

    fn slots(&self) -> usize {
        if self.run.paused { 0 } else { self.plan.concurrency.max(1) }
    }

    fn first_deadline(&self) -> Option<(Timestamp, usize)> {
        self.lanes.first_deadline(self.slots(), self.run.freed)
    }

    /// The command of a step as it is now, whether or not it has a slot.
    pub fn command(&self, step: usize) -> Option<&Command> {
        self.lanes.command(step)
    }

    /// When to come back even if nothing happens: the first moment at which a step is given up.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.first_deadline().map(|(at, _)| at)
    }

    /// The next event that follows from the state alone at this time; to be admitted and applied before asking again.
    pub fn due(&self, now: Timestamp) -> Option<Body> {
        if self.run.paused {
            return None;
        }
        if let Some(body) = self.conclusion() {
            return Some(body.clone());
        }
        if let Some((_, index)) = self.first_deadline().filter(|(at, _)| *at <= now) {
            return self.timed_out(index);
        }
        self.extent_due().or_else(|| self.closing())
    }

    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(super) fn find(&self, id: &str) -> Option<(usize, &Step, &StepState)> {
        let index = *self.index.get(id)?;
        let (step, state) = self.plan.steps.get(index).zip(self.steps.get(index))?;
        Some((index, step, state))
    }

    /// The protocol of a step.
    pub(super) fn protocol(&self, index: usize) -> &'static dyn Protocol {
        self.protocols.get(index).copied().unwrap_or(&Absent)
    }

    /// The steps that wait for this one.
    pub(super) fn followers(&self, index: usize) -> &[usize] {
        self.followers.get(index).map_or(&[], Vec::as_slice)
    }

    /// Lets the inputs of a step be rendered anew.
    pub(super) fn forget_inputs(&mut self, index: usize) {
        self.withs.get_mut(index).and_then(OnceLock::take);
    }

    fn apply_to_step(&mut self, stamp: Stamp, body: Body, index: usize) {
        if let Body::StepReset { step, reason, steps } = body {
            return self.take_reset(stamp, step, reason, steps);
        }
        if matches!(body, Body::StepChanged { .. }) {
            self.forget_inputs(index);
        }
        let (Some(step), Some(state)) = (self.plan.steps.get(index), self.steps.get_mut(index)) else { return };
        let mut crosses = false;
        match &body {
            Body::GateChecked { passed: true, .. } => {
                self.run.unchecked.remove(&index);
            }
            Body::CallIntended(_)
                if step.effect.reverse == Reversibility::Irreversible && !planted(PlantedBug::CrossingForgotten) =>
            {
                crosses = self.run.crossed.is_none();
                self.run.crossed.get_or_insert(stamp.seq);
            }
            Body::StepHeld { .. } if give_up_at(step, state).is_some_and(|at| at <= stamp.at) => state.history.lapse(),
            _ => {}
        }
        let (was_over, had_slot) = (state.status.is_over(), state.has_slot());
        state.apply(stamp, body);
        if had_slot && !state.has_slot() {
            self.run.freed = stamp.at;
        }
        if state.status.is_over() && !was_over {
            self.run.open -= usize::from(step.undoes.is_none());
            self.take_end(stamp, index);
        }
        if self.run.unchecked.is_empty() && self.run.phase == Phase::Preflight {
            self.start(stamp);
        }
        // What an irreversible effect came to decides whether the window binds the others.
        if crosses || !self.plan.schedule.is_empty() && self.guarded.contains(&index) {
            // What would have failed another step a moment ago holds it now.
            self.refresh_all();
        } else {
            self.refresh(index);
        }
    }

    /// What the end of a step means for the others.
    fn take_end(&mut self, stamp: Stamp, index: usize) {
        match self.steps.get(index).map(|state| &state.status) {
            Some(Status::Failed(_)) if self.tolerates(index) => {
                self.run.unchecked.remove(&index);
                self.release(stamp, index);
            }
            Some(Status::Failed(_)) => {
                self.run.undoes |= self.undoes_on_failure(index);
                self.end(Verdict::Failed);
            }
            Some(Status::Succeeded { evidence, .. }) => {
                for one in evidence {
                    self.ledger.add(one, index, stamp);
                }
                if !evidence.is_empty() {
                    self.refresh_guarded();
                }
                self.release(stamp, index);
            }
            Some(Status::Skipped(_)) => {
                self.mark_cut_off(index);
                self.release(stamp, index);
            }
            _ => {}
        }
    }

    fn apply_to_run(&mut self, stamp: Stamp, body: Body) {
        match body {
            Body::RunOpened(facts) => self.open(stamp, facts),
            Body::SessionOpened(opened) => self.reopen(stamp, opened.boot_clock),
            Body::RunCancelAsked => {
                // Who gives up a run that has not begun needs no more reasons against it.
                self.run.unchecked.clear();
                self.cancel();
                self.end(Verdict::Cancelled);
                self.refresh_all();
            }
            Body::UndoBegun { steps } => self.undo(stamp, &steps),
            Body::RunPaused => self.run.paused = true,
            Body::RunClosed { verdict, .. } => {
                self.run.phase = Phase::Closed(verdict);
                self.refresh_all();
            }
            body => self.take_window(stamp, body),
        }
    }

    fn end(&mut self, verdict: Verdict) {
        if !matches!(self.run.phase, Phase::Ending(_)) {
            self.run.phase = Phase::Ending(verdict);
            self.refresh_all();
        }
    }

    /// What an irreversible step wants next follows from what was proved.
    fn refresh_guarded(&mut self) {
        for place in 0..self.guarded.len() {
            self.guarded.get(place).copied().into_iter().for_each(|index| self.refresh(index));
        }
    }

    pub(super) fn refresh_all(&mut self) {
        (0..self.steps.len()).for_each(|index| self.refresh(index));
    }

    /// Brings what a step contributes up to date.
    pub(super) fn refresh(&mut self, index: usize) {
        if self.is_replaying {
            return;
        }
        let lane = self.lane(index);
        let seq = self.steps.get(index).map_or(0, |state| state.ready_seq);
        let share = self.share(index);
        self.lanes.set(index, seq, lane, share);
    }
}
