//! What rests on what: the shortest way to say what a step waits for.

use crate::runbook::plan::Plan;

/// With more steps than this the ancestors of all of them take too long to find.
const REDUCED_MAX: usize = 1_000;

/// For each step what it waits for directly, without what follows from the rest.
pub(super) fn waits_for(plan: &Plan) -> Vec<Vec<usize>> {
    if plan.steps.len() > REDUCED_MAX {
        return plan.steps.iter().map(|step| step.after.clone()).collect();
    }
    let mut ancestors = vec![Marks::of(plan.steps.len()); plan.steps.len()];
    let mut reduced = vec![Vec::new(); plan.steps.len()];
    for index in plan.order() {
        let Some(step) = plan.steps.get(index) else { continue };
        let mut all = Marks::of(plan.steps.len());
        step.after.iter().filter_map(|before| ancestors.get(*before)).for_each(|beyond| all.join(beyond));
        let direct: Vec<usize> = step.after.iter().copied().filter(|before| !all.has(*before)).collect();
        step.after.iter().for_each(|before| all.set(*before));
        if let Some((known, slot)) = ancestors.get_mut(index).zip(reduced.get_mut(index)) {
            (*known, *slot) = (all, direct);
        }
    }
    reduced
}

/// A set of steps, one bit each: a plan may have a thousand steps that each wait for all before them.
#[derive(Clone)]
struct Marks(Vec<u64>);

impl Marks {
    fn of(steps: usize) -> Self {
        Self(vec![0; steps.div_ceil(64)])
    }

    fn set(&mut self, step: usize) {
        if let Some(word) = self.0.get_mut(step / 64) {
            *word |= 1 << (step % 64);
        }
    }

    fn has(&self, step: usize) -> bool {
        self.0.get(step / 64).is_some_and(|word| word & (1 << (step % 64)) != 0)
    }

    fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }
}
