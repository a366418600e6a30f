//! How a run begins, and how a session takes it up.

use super::event::RunOpened;
use super::machine::Engine;
use super::run::Phase;
use super::step::{Stamp, Status};

impl Engine {
    pub(super) fn open(&mut self, stamp: Stamp, facts: RunOpened) {
        self.run.clocks = vec![facts.boot_clock.clone()];
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
        let idle = self.run.reopen(stamp.at, clock);
        for index in 0..self.steps.len() {
            if let Some(state) = self.steps.get_mut(index) {
                state.reopen(stamp.at, idle, self.run.phase);
            }
        }
        self.refresh_all();
    }
}
