//! Which cards stand side by side, and where the line of no return runs between them.

/// The level of each card, and that of the one at the point of no return.
pub(super) struct Levels {
    /// For each card how many levels there are above it.
    pub(super) of: Vec<usize>,
    /// The card at the point of no return, and its level: every card that comes before it in the order of the plan is
    /// above that level, and no other card is.
    pub(super) turning: Option<(usize, usize)>,
}

/// A level holds the cards that wait for nothing but earlier levels, so those of one level may run at the same time.
///
/// In `order` every card stands after all that it waits for.
pub(super) fn levels(order: &[usize], after: &[Vec<usize>], turning: Option<usize>) -> Levels {
    let mut of = vec![0; after.len()];
    let mut line = None;
    let mut below = 0;
    for index in order.iter().copied() {
        let above = after.get(index).into_iter().flatten();
        let mut level = above.filter_map(|before| of.get(*before)).max().map_or(0, |above| above + 1);
        if turning == Some(index) {
            level = below;
            line = Some((index, level));
        }
        level = level.max(line.map_or(0, |(_, line)| line));
        below = below.max(level + 1);
        if let Some(slot) = of.get_mut(index) {
            *slot = level;
        }
    }
    Levels { of, turning: line }
}
