//! Going back: a part of the run that was done is done again, because what it found is not so any more.
//!
//! A reset gives up what steps have found and proved, and nothing that they did: their effects stand in the journal,
//! and their attempts are numbered on. A step whose effect may take place once only is never a part of it.

use super::event::{Body, HoldClass};
use super::history::Attempt;
use super::machine::Engine;
use super::obligations::in_doubt;
use super::protocol;
use super::rounds::WentBack;
use super::run::Phase;
use super::step::{Stamp, Status, StepState};
use crate::runbook::kind::{Idempotency, Proof};
use crate::runbook::plan::Step;

/// How often one session goes back by itself before a person must look.
const RESETS_MAX: u32 = 3;

impl Engine {
    /// Goes back to `roots` from a step that waits for them, or holds it where that is not possible.
    pub(super) fn go_back(&self, index: usize, roots: &[usize], reason: String) -> Body {
        let step = self.plan.steps.get(index).map(|step| step.id.clone()).unwrap_or_default();
        let held = |reason: String, remedy: &str| Body::StepHeld {
            step: step.clone(),
            reason,
            remedy: remedy.to_owned(),
            class: HoldClass::Person,
        };
        let set = self.begun_since(roots);
        if roots.is_empty() || !set.contains(&index) {
            return held(reason, "fix the cause, then `surefoot resume`");
        }
        if let Err(obstacle) = self.may_reset(&set) {
            let reason = format!("{reason}; the run cannot go back: {obstacle}");
            let in_doubt = self.steps.get(index).is_some_and(|state| in_doubt(&state.history));
            if in_doubt {
                // Once a person has said that nothing arrived, it can.
                let remedy = protocol::DOUBT_REMEDY.to_owned();
                return Body::StepHeld { step: step.clone(), reason, remedy, class: HoldClass::Doubt };
            }
            return held(reason, "nothing more was sent; look at what has changed, then `surefoot resume`");
        }
        if self.run.resets >= RESETS_MAX {
            let remedy = "find out what keeps changing it, then `surefoot resume` goes back once more";
            return held(format!("{reason}; the run has gone back {RESETS_MAX} times already"), remedy);
        }
        let id = |step: &usize| self.plan.steps.get(*step).map(|step| step.id.clone());
        Body::StepReset { step, reason, steps: set.iter().filter_map(id).collect() }
    }

    /// What comes first where a step whose check did not hold is tried again; none where the step alone is.
    pub(super) fn retried(&self, index: usize, step: &Step, why: &str) -> Option<Body> {
        let roots = self.retry_roots(step);
        let body = self.go_back(index, &roots, format!("the check by `{}` did not hold: {why}", step.id));
        matches!(body, Body::StepReset { .. }).then_some(body)
    }

    /// Where a step goes back to when it is tried again after its check failed: what the runbook says, or what it
    /// judges.
    pub(super) fn retry_roots(&self, step: &Step) -> Vec<usize> {
        if let Some(from) = step.retry_from {
            return vec![from];
        }
        let is_read = |other: &&usize| {
            self.plan
                .steps
                .get(**other)
                .is_some_and(|other| other.effect.repeat == Idempotency::Read && !other.kind.asks)
        };
        if step.kind.judges { step.refs.iter().filter(is_read).copied().collect() } else { Vec::new() }
    }

    /// Where the backup of a subject comes from: the steps from whose outputs it was made, and what was counted beside
    /// it.
    pub(super) fn origin_of(&self, subject: &str) -> Vec<usize> {
        let is_counted = |state: &StepState| {
            matches!(&state.status, Status::Succeeded { evidence, .. }
            if evidence.iter().any(|one| one.kind == Proof::Counted && one.subject == subject))
        };
        let counted = self.steps.iter().enumerate().filter(|(_, state)| is_counted(state)).map(|(index, _)| index);
        let mut origin: Vec<usize> = counted.collect();
        let mut open: Vec<usize> =
            self.ledger.get(Proof::Backup, subject).map(|entry| entry.step).into_iter().collect();
        while let Some(index) = open.pop() {
            let Some(step) = self.plan.steps.get(index).filter(|_| !origin.contains(&index)) else { continue };
            if !step.effect.yields.contains(&Proof::Config) {
                origin.push(index);
                open.extend(&step.refs);
            }
        }
        origin
    }

    /// These steps and every one that waits for one of them and has begun, in the order of the plan.
    fn begun_since(&self, roots: &[usize]) -> Vec<usize> {
        let mut reached = vec![false; self.steps.len()];
        let mut open = roots.to_vec();
        while let Some(index) = open.pop() {
            if let Some(mark) = reached.get_mut(index).filter(|mark| !**mark) {
                *mark = true;
                open.extend(self.followers(index));
            }
        }
        let is_begun = |index: &usize| self.steps.get(*index).is_some_and(|state| state.status != Status::Blocked);
        (0..reached.len()).filter(|index| reached.get(*index) == Some(&true)).filter(is_begun).collect()
    }

    /// Whether these steps may be done again; ends in a reason.
    fn may_reset(&self, set: &[usize]) -> Result<(), String> {
        if self.run.phase != Phase::Running {
            return Err(format!("it is {}", self.run.phase.name()));
        }
        let steps = set.iter().filter_map(|index| self.plan.steps.get(*index).zip(self.steps.get(*index)));
        for (step, state) in steps {
            let is_denied = state.history.word() == Some(false);
            let is_open = state.history.in_flight().is_some() || in_doubt(&state.history) && !is_denied;
            if is_open && !state.status.is_over() {
                return Err(format!("what `{}` has sent is not known to have ended", step.id));
            }
            let took = !is_denied && state.history.attempts.iter().any(Attempt::may_have_taken);
            if step.effect.once && (took || matches!(state.status, Status::Succeeded { .. })) {
                return Err(format!("`{}` is done once only", step.id));
            }
        }
        Ok(())
    }

    /// Whether this reset leaves nothing behind that rests on what is done again.
    pub(super) fn allows_reset(&self, ids: &[String]) -> Result<(), String> {
        let set: Option<Vec<usize>> = ids.iter().map(|id| self.index_of(id)).collect();
        let set = set.ok_or("the plan has no such step")?;
        if self.begun_since(&set).iter().any(|index| !set.contains(index)) {
            return Err("a step that waits for one of them has begun and is not among them".to_owned());
        }
        self.may_reset(&set)
    }

    /// Takes a reset in.
    pub(super) fn take_reset(&mut self, stamp: Stamp, step: String, reason: String, ids: Vec<String>) {
        let set: Vec<usize> = ids.iter().filter_map(|id| self.index_of(id)).collect();
        let times = self.run.went_back.as_ref().map_or(0, |before| before.times) + 1;
        let back = WentBack { times, seq: stamp.seq, at: stamp.at, step, reason, steps: ids };
        for index in &set {
            if let Some(state) = self.steps.get_mut(*index) {
                state.reset(&back);
            }
            self.forget_inputs(*index);
        }
        self.run.resets += 1;
        self.run.went_back = Some(back);
        let forward = self.plan.steps.iter().zip(&self.steps).filter(|(step, _)| step.undoes.is_none());
        self.run.open = forward.filter(|(_, state)| !state.status.is_over()).count();
        self.ledger = super::guard::Ledger::default();
        let mut proved: Vec<(u64, usize)> = Vec::new();
        for (index, state) in self.steps.iter().enumerate() {
            if let Status::Succeeded { seq, .. } = &state.status {
                proved.push((*seq, index));
            }
        }
        proved.sort_unstable();
        for (_, index) in proved {
            if let Some(state) = self.steps.get(index)
                && let Status::Succeeded { evidence, .. } = &state.status
            {
                for one in evidence {
                    self.ledger.add(one, index, state.ended);
                }
            }
        }
        for index in 0..self.steps.len() {
            let Some(step) = self.plan.steps.get(index).filter(|step| step.undoes.is_none()) else { continue };
            let after = &step.after;
            let is_open = |before: &&usize| self.steps.get(**before).is_some_and(|state| !state.status.is_over());
            let blockers = after.iter().filter(is_open).count();
            if let Some(state) = self.steps.get_mut(index).filter(|state| state.status == Status::Blocked) {
                state.blockers = blockers;
            }
        }
        (0..self.steps.len()).for_each(|index| self.make_ready(stamp, index));
        self.refresh_all();
    }
}
