//! Which steps of a plan are one card.

use super::super::edges::waits_for;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// The cards of a picture, as steps of the plan.
pub(super) struct Cards {
    /// What each card is called.
    pub(super) names: Vec<String>,
    /// The steps of each card, in the order of the plan's list.
    pub(super) steps: Vec<Vec<usize>>,
    /// The card of each step; none of what undoes another step and had nothing to do.
    pub(super) of: Vec<Option<usize>>,
    /// For each card what it waits for directly.
    pub(super) after: Vec<Vec<usize>>,
    /// The cards, each after all that it waits for.
    pub(super) order: Vec<usize>,
}

impl Cards {
    /// A card for each step, or, folded, one for each step of the runbook: `restart` for `restart[web-1]`, `move` for
    /// `move[eu]/drain`.
    pub(super) fn of(plan: &Plan, view: Option<&RunView>, is_folded: bool) -> Self {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps: Vec<Vec<usize>> = Vec::new();
        let mut names = Vec::new();
        let mut of = Vec::with_capacity(plan.steps.len());
        let shown: BTreeSet<&str> =
            view.into_iter().flat_map(RunView::steps_shown).map(|step| step.id.as_str()).collect();
        for (index, step) in plan.steps.iter().enumerate() {
            if step.undoes.is_some() && !shown.contains(step.id.as_str()) {
                of.push(None);
                continue;
            }
            let name = if is_folded { step.id.split(['[', '/']).next().unwrap_or_default() } else { &step.id };
            let card = *known.entry(name).or_insert(steps.len());
            if card == steps.len() {
                steps.push(Vec::new());
                names.push(name.to_owned());
            }
            if let Some(steps) = steps.get_mut(card) {
                steps.push(index);
            }
            of.push(Some(card));
        }
        let card = |step: usize| of.get(step).copied().flatten();
        let mut after = vec![Vec::new(); steps.len()];
        for (step, before) in waits_for(plan).into_iter().enumerate() {
            let Some(own) = card(step) else { continue };
            if let Some(after) = after.get_mut(own) {
                after.extend(before.into_iter().filter_map(card).filter(|before| *before != own));
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
            let Some(own) = card(step) else { continue };
            if let Some(seen) = seen.get_mut(own).filter(|seen| !**seen) {
                *seen = true;
                order.push(own);
            }
        }
        order.reverse();
        Self { names, steps, of, after, order }
    }

    /// The card of a step.
    pub(super) fn card(&self, step: usize) -> Option<usize> {
        self.of.get(step).copied().flatten()
    }
}
