//! What a run has for itself: no two runs change the same thing at once.

use super::kind::Reversibility;
use super::plan::{Plan, Step, Template};
use super::subject::subject;
use std::collections::BTreeMap;

/// What the steps of a plan change, and what they lock, each as the template that says it, without repetitions.
pub fn claimed(plan: &Plan) -> Vec<Template> {
    let ids = ids(plan);
    let mut claimed: Vec<Template> = Vec::new();
    for step in plan.steps.iter().filter(|step| step.effect.reverse != Reversibility::Nothing) {
        claimed.extend(subject(&ids, step).filter(|subject| !claimed.contains(subject)));
    }
    for lock in plan.steps.iter().flat_map(|step| &step.locks) {
        if !claimed.contains(lock) {
            claimed.push(lock.clone());
        }
    }
    claimed
}

/// The steps that are about what a step of the plan changes, with the input that names it; those that change it are
/// among them.
pub fn about_claimed(plan: &Plan) -> Vec<(usize, &'static str)> {
    let ids = ids(plan);
    let claimed = claimed(plan);
    let is_about = |step: &Step| subject(&ids, step).is_some_and(|subject| claimed.contains(&subject));
    let steps = plan.steps.iter().enumerate().filter(|(_, step)| !claimed.is_empty() && is_about(step));
    steps.filter_map(|(index, step)| Some((index, step.kind.subject?))).collect()
}

fn ids(plan: &Plan) -> BTreeMap<&str, &Step> {
    plan.steps.iter().map(|step| (step.id.as_str(), step)).collect()
}
