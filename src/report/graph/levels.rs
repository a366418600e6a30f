//! Which steps stand side by side, and where the line of no return runs between them.

use crate::runbook::plan::Plan;

/// The level of each step, and that of the first irreversible one.
pub(super) struct Levels {
    /// For each step how many levels there are above it.
    pub(super) of: Vec<usize>,
    /// The step at the point of no return, and its level: every step that comes before it in the order of the plan is
    /// above that level, and no other step is.
    pub(super) turning: Option<(usize, usize)>,
}

/// A level holds the steps that wait for nothing but earlier levels, so the steps of one level may run at the same
/// time.
pub(super) fn levels(plan: &Plan) -> Levels {
    let mut of = vec![0; plan.steps.len()];
    let mut turning = None;
    let mut below = 0;
    let first = plan.point_of_no_return();
    for index in plan.order() {
        let above = plan.steps.get(index).into_iter().flat_map(|step| &step.after);
        let mut level = above.filter_map(|before| of.get(*before)).max().map_or(0, |above| above + 1);
        if first == Some(index) {
            level = below;
            turning = Some((index, level));
        }
        level = level.max(turning.map_or(0, |(_, line)| line));
        below = below.max(level + 1);
        if let Some(slot) = of.get_mut(index) {
            *slot = level;
        }
    }
    Levels { of, turning }
}
