//! Which steps of a plan are one card.

use super::super::edges::waits_for;
use crate::runbook::plan::Plan;
use std::collections::BTreeMap;

/// The cards of a picture, as steps of the plan.
pub(super) struct Cards {
    /// The steps of each card, in the order of the plan's list; the last one gives its name.
    pub(super) steps: Vec<Vec<usize>>,
    /// The card of each step.
    pub(super) of: Vec<usize>,
    /// For each card what it waits for directly.
    pub(super) after: Vec<Vec<usize>>,
    /// The cards, each after all that it waits for.
    pub(super) order: Vec<usize>,
}

impl Cards {
    /// A card for each step, or, folded, one for each step of the runbook: `restart` for `restart[web-1]`, `move` for
    /// `move[eu]/drain`.
    pub(super) fn of(plan: &Plan, is_folded: bool) -> Self {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps: Vec<Vec<usize>> = Vec::new();
        let mut of = Vec::with_capacity(plan.steps.len());
        for (index, step) in plan.steps.iter().enumerate() {
            let name = if is_folded { step.id.split(['[', '/']).next().unwrap_or_default() } else { &step.id };
            let card = *known.entry(name).or_insert(steps.len());
            match steps.get_mut(card) {
                Some(steps) => steps.push(index),
                None => steps.push(vec![index]),
            }
            of.push(card);
        }
        let card = |step: usize| of.get(step).copied().unwrap_or_default();
        let mut after = vec![Vec::new(); steps.len()];
        for (step, before) in waits_for(plan).into_iter().enumerate() {
            if let Some(after) = after.get_mut(card(step)) {
                after.extend(before.into_iter().map(card).filter(|before| *before != card(step)));
            }
        }
        for after in &mut after {
            after.sort_unstable();
            after.dedup();
        }
        // What waits for a card waits for the last of its steps.
        let mut order: Vec<usize> = Vec::with_capacity(steps.len());
        let mut seen = vec![false; steps.len()];
        for step in plan.order().into_iter().rev() {
            if let Some(seen) = seen.get_mut(card(step)).filter(|seen| !**seen) {
                *seen = true;
                order.push(card(step));
            }
        }
        order.reverse();
        Self { steps, of, after, order }
    }

    /// The card of a step.
    pub(super) fn card(&self, step: usize) -> usize {
        self.of.get(step).copied().unwrap_or_default()
    }
}
