//! The steps as a graph in text: each step under what it waits for.

use super::super::edges::waits_for;
use super::super::plan::effect_class;
use super::super::status::{tone, word};
use super::super::style::{Style, Tone};
use super::super::text::{cut, rule};
use super::levels::levels;
use crate::base::width;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;

/// A plan's graph, drawn level by level; with a run's view each step also says where it stands.
///
/// A level holds the steps that wait for nothing but earlier levels, so the steps of one level may run at the same
/// time.
pub fn graph(plan: &Plan, view: Option<&RunView>, style: Style) -> String {
    let waits = waits_for(plan);
    let levels = levels(plan);
    let deepest = levels.of.iter().max().copied().unwrap_or_default();
    let mut out = String::new();
    for level in 0..=deepest {
        let here: Vec<usize> = plan.order().into_iter().filter(|index| levels.of.get(*index) == Some(&level)).collect();
        let turning = levels.turning.filter(|(_, line)| *line == level);
        if let Some(step) = turning.and_then(|(step, _)| plan.steps.get(step)) {
            out.push_str(&rule(style, Tone::Bad, &format!("point of no return: `{}`", step.id)));
        }
        for (number, index) in here.iter().enumerate() {
            let mark = match (here.len(), number) {
                (1, _) => "─",
                (_, 0) => "┬",
                (count, number) if number + 1 == count => "└",
                _ => "├",
            };
            let after = waits.get(*index).map_or(&[][..], Vec::as_slice);
            out.push_str(&line(plan, view, style, *index, after, mark));
        }
        if level < deepest {
            out.push_str("│\n");
        }
    }
    out
}

fn line(plan: &Plan, view: Option<&RunView>, style: Style, index: usize, after: &[usize], mark: &str) -> String {
    let Some(step) = plan.steps.get(index) else { return String::new() };
    let state = view.and_then(|view| view.steps.get(index));
    let status = state.map(|state| format!(" [{}]", word(state))).unwrap_or_default();
    let names: Vec<&str> =
        after.iter().filter_map(|before| plan.steps.get(*before)).map(|one| one.id.as_str()).collect();
    let from = if names.is_empty() { String::new() } else { format!("  ← {}", names.join(", ")) };
    let head = format!("{mark}─ {}{status}", step.id);
    let rest = format!("  {} ({}){from}", step.kind.name, effect_class(step.kind));
    let rest = cut(&rest, style.columns().saturating_sub(width(&head)));
    let own = if plan.is_irreversible(index) { Tone::Bad } else { Tone::Strong };
    let tone = state.map_or(own, tone);
    format!("{}{}\n", style.paint(tone, &head), style.paint(Tone::Faint, &rest))
}
