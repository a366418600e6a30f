//! The steps as a graph in text: each step under what it waits for.

use super::super::style::{Style, Tone};
use super::super::text::{cut, rule};
use super::picture::{Picture, State};
use crate::base::width;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;

/// A plan's graph, drawn level by level; with a run's view each step also says where it stands. Folded, the steps of a
/// `for_each` or of another runbook are one.
pub fn graph(plan: &Plan, view: Option<&RunView>, is_folded: bool, style: Style) -> String {
    let picture = Picture::of(plan, view, is_folded);
    let deepest = picture.levels.of.iter().max().copied().unwrap_or_default();
    let mut rows = vec![Vec::new(); deepest + 1];
    for index in &picture.order {
        if let Some(row) = picture.levels.of.get(*index).and_then(|level| rows.get_mut(*level)) {
            row.push(*index);
        }
    }
    let mut after = vec![Vec::new(); picture.cards.len()];
    for (before, card) in &picture.waits {
        if let (Some(after), Some(before)) = (after.get_mut(*card), picture.cards.get(*before)) {
            after.push(before.id.as_str());
        }
    }
    let mut out = String::new();
    for (level, here) in rows.iter().enumerate() {
        let turning = picture.levels.turning.filter(|(_, line)| *line == level);
        if let Some(step) = turning.and_then(|(_, _)| plan.steps.get(plan.point_of_no_return()?)) {
            out.push_str(&rule(style, Tone::Bad, &format!("point of no return: `{}`", step.id)));
        }
        for (number, index) in here.iter().enumerate() {
            let mark = match (here.len(), number) {
                (1, _) => "─",
                (_, 0) => "┬",
                (count, number) if number + 1 == count => "└",
                _ => "├",
            };
            let after = after.get(*index).map_or(&[][..], Vec::as_slice);
            out.push_str(&line(&picture, style, *index, after, mark));
        }
        if level < deepest {
            out.push_str("│\n");
        }
    }
    out
}

fn line(picture: &Picture, style: Style, index: usize, after: &[&str], mark: &str) -> String {
    let Some(card) = picture.cards.get(index) else { return String::new() };
    let status = if card.word.is_empty() { String::new() } else { format!(" [{}]", card.word) };
    let from = if after.is_empty() { String::new() } else { format!("  ← {}", after.join(", ")) };
    let head = format!("{mark}─ {}{status}", card.id);
    let effect = if card.effect.is_empty() { String::new() } else { format!(" ({})", card.effect) };
    let rest = format!("  {}{effect}{from}", card.kind);
    let rest = cut(&rest, style.columns().saturating_sub(width(&head)));
    let tone = match card.state {
        State::Planned if card.is_irreversible => Tone::Bad,
        State::Planned => Tone::Strong,
        State::Pending | State::Skipped => Tone::Faint,
        State::Active => Tone::Plain,
        State::Done => Tone::Good,
        State::Attention => Tone::Warn,
        State::Failed => Tone::Bad,
    };
    format!("{}{}\n", style.paint(tone, &head), style.paint(Tone::Faint, &rest))
}
