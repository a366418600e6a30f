//! What rests on what: the shortest way to say what a step waits for.

use crate::runbook::plan::Plan;
use std::collections::BTreeSet;

/// With more steps than this the ancestors of all of them take too long to find.
const REDUCED_MAX: usize = 1_000;

/// For each step what it waits for directly, without what follows from the rest.
pub(super) fn waits_for(plan: &Plan) -> Vec<Vec<usize>> {
    if plan.steps.len() > REDUCED_MAX {
        return plan.steps.iter().map(|step| step.after.clone()).collect();
    }
    let mut ancestors: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); plan.steps.len()];
    let mut reduced = vec![Vec::new(); plan.steps.len()];
    for index in plan.order() {
        let Some(step) = plan.steps.get(index) else { continue };
        let beyond: BTreeSet<usize> =
            step.after.iter().filter_map(|before| ancestors.get(*before)).flatten().copied().collect();
        let direct: Vec<usize> = step.after.iter().copied().filter(|before| !beyond.contains(before)).collect();
        if let Some(all) = ancestors.get_mut(index) {
            all.extend(beyond);
            all.extend(&step.after);
        }
        if let Some(slot) = reduced.get_mut(index) {
            *slot = direct;
        }
    }
    reduced
}
