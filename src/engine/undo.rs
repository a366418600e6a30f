//! Taking back what was done: the steps that undo others, in reverse order.

use super::event::Body;
use super::history::Attempt;
use super::machine::Engine;
use super::run::Phase;
use super::step::{Stamp, Status};
use crate::runbook::kind::OnFailure;

impl Engine {
    /// Whether the failure of a step has what was done undone.
    pub(super) fn undoes_on_failure(&self, index: usize) -> bool {
        self.plan.steps.get(index).is_some_and(|step| step.on_failure == OnFailure::Undo)
    }

    /// A person gives the run up. What was done is undone; who gives up that as well leaves it as it is.
    pub(super) fn cancel(&mut self) {
        let is_undoing = matches!(self.run.phase, Phase::Undoing(_));
        self.run.cancelled = true;
        self.run.undoes = !is_undoing;
    }

    /// What begins the undoing, once everything that was under way is settled; nothing where there is nothing to undo.
    pub(super) fn undoing(&self) -> Option<Body> {
        let steps: Vec<usize> = self.to_undo();
        if steps.is_empty() || !self.run.undoes {
            return None;
        }
        let ids = steps.iter().filter_map(|index| self.plan.steps.get(*index)).map(|step| step.id.clone());
        Some(Body::UndoBegun { steps: ids.collect() })
    }

    /// The steps that undo what was done or may have been, the last one first.
    fn to_undo(&self) -> Vec<usize> {
        let is_done = |index: usize| {
            let Some(state) = self.steps.get(index) else { return false };
            let may_have_taken = state.history.attempts.iter().any(Attempt::may_have_taken);
            match state.status {
                Status::Succeeded { .. } => true,
                Status::Skipped(_) => false,
                _ => may_have_taken && state.history.word() != Some(false),
            }
        };
        let undoing = self.plan.undoing();
        let done = self.plan.order().into_iter().rev().filter(|index| is_done(*index));
        done.filter_map(|index| undoing.get(&index).copied()).collect()
    }

    /// The steps that undo others begin: each once those that undo what came after its step have ended.
    pub(super) fn undo(&mut self, stamp: Stamp, ids: &[String]) {
        if let Phase::Ending(verdict) = self.run.phase {
            self.run.phase = Phase::Undoing(verdict);
        }
        self.undoing = ids.iter().filter_map(|id| self.index_of(id)).collect();
        for index in self.undoing.clone() {
            let blockers = self.before_undoing(index).count();
            if let Some(state) = self.steps.get_mut(index) {
                state.blockers = blockers;
            }
        }
        for index in self.undoing.clone() {
            self.make_ready(stamp, index);
        }
        self.refresh_all();
    }

    /// One that undoes a step has ended.
    pub(super) fn release_undoing(&mut self, stamp: Stamp, index: usize) {
        for other in self.undoing.clone() {
            if self.before_undoing(other).any(|before| before == index) {
                if let Some(state) = self.steps.get_mut(other) {
                    state.blockers = state.blockers.saturating_sub(1);
                }
                self.make_ready(stamp, other);
            }
        }
    }

    /// The id of the step that `index` undoes.
    pub(super) fn undone(&self, index: usize) -> Option<&str> {
        let of = self.plan.steps.get(index)?.undoes?;
        self.plan.steps.get(of).map(|step| step.id.as_str())
    }

    /// Whether everything that was to be undone is.
    pub(super) fn is_undone(&self) -> bool {
        self.undoing.iter().all(|index| self.steps.get(*index).is_some_and(|state| state.status.is_over()))
    }

    /// What has to be undone before `index` undoes its step: what came after that step.
    fn before_undoing(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let of = self.plan.steps.get(index).and_then(|step| step.undoes);
        let after = of.map(|of| self.waits_for(of)).unwrap_or_default();
        let is_later = move |other: &usize| {
            let undone = self.plan.steps.get(*other).and_then(|step| step.undoes);
            undone.is_some_and(|undone| after.get(undone) == Some(&true))
        };
        self.undoing.iter().copied().filter(move |other| *other != index).filter(is_later)
    }

    /// For each step whether it waits for `index`.
    fn waits_for(&self, index: usize) -> Vec<bool> {
        let mut reached = vec![false; self.steps.len()];
        let mut open = vec![index];
        while let Some(step) = open.pop() {
            for follower in self.followers(step) {
                if let Some(mark) = reached.get_mut(*follower).filter(|mark| !**mark) {
                    *mark = true;
                    open.push(*follower);
                }
            }
        }
        reached
    }
}
