//! How a run begins, how a session takes it up, and how its steps become ready.

use super::event::RunOpened;
use super::extent::Extent;
use super::machine::Engine;
use super::run::Phase;
use super::step::{Stamp, Status};

impl Engine {
    pub(super) fn open(&mut self, stamp: Stamp, facts: RunOpened) {
        self.run.clocks = vec![facts.boot_clock.clone()];
        self.run.extent = Extent::of(&facts, &self.plan);
        self.run.facts = Some(facts);
        self.run.session = 1;
        let checked = self.plan.steps.iter().enumerate().filter(|(_, step)| step.kind.preflight);
        self.run.unchecked = checked.map(|(index, _)| index).collect();
        if self.run.unchecked.is_empty() {
            self.start(stamp);
        } else {
            self.run.phase = Phase::Preflight;
            let unchecked: Vec<_> = self.run.unchecked.iter().copied().collect();
            for index in unchecked {
                self.refresh(index);
            }
        }
    }

    pub(super) fn start(&mut self, stamp: Stamp) {
        self.run.phase = Phase::Running;
        for index in 0..self.steps.len() {
            // One whose predecessor failed its check, which its group lets through, is ready already.
            if self.steps.get(index).is_some_and(|state| state.status == Status::Ready) {
                self.refresh(index);
            }
            self.make_ready(stamp, index);
        }
        self.sweep_when_over();
    }

    pub(super) fn reopen(&mut self, stamp: Stamp, clock: Option<String>) {
        if self.run.paused && self.has_reached_extent() {
            self.run.extent = None;
        }
        let idle = self.run.reopen(stamp.at, clock);
        for index in 0..self.steps.len() {
            if let Some(state) = self.steps.get_mut(index) {
                state.reopen(stamp.at, idle, self.run.phase);
            }
        }
        self.refresh_all();
    }

    /// A step ended: those that waited for it alone become ready.
    pub(super) fn release(&mut self, stamp: Stamp, index: usize) {
        if self.undoing.contains(&index) {
            return self.release_undoing(stamp, index);
        }
        let followers = self.followers.get(index).cloned().unwrap_or_default();
        for follower in followers {
            let is_undo = self.plan.steps.get(follower).is_some_and(|step| step.undoes.is_some());
            if let Some(state) = self.steps.get_mut(follower).filter(|_| !is_undo) {
                state.blockers = state.blockers.saturating_sub(1);
            }
            self.make_ready(stamp, follower);
        }
        self.sweep_when_over();
    }

    pub(super) fn make_ready(&mut self, stamp: Stamp, index: usize) {
        let Some(state) = self.steps.get_mut(index) else { return };
        if state.status == Status::Blocked && state.blockers == 0 {
            state.status = Status::Ready;
            (state.ready_at, state.since, state.ready_seq) = (stamp.at, stamp.at, stamp.seq);
            self.refresh(index);
        }
    }

    pub(super) fn sweep_when_over(&mut self) {
        if self.run.open == 0 && self.run.phase == Phase::Running {
            self.run.phase = Phase::Sweeping;
            self.refresh_all();
        }
    }
}
