//! `undo`: what takes the effect of a step back.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::effects;
use super::kind::{Reversibility, Role};
use super::resolve::Resolved;

/// Reports every `undo` that could not take back what its step does.
pub(super) fn check(draft: &Draft<'_>, resolved: &[Resolved], found: &mut Collector) {
    let reverse =
        |index: usize, step: &StepDraft<'_>| Some(effects::of(step, step.kind?, resolved.get(index)?).reverse);
    for (index, undo) in draft.steps.iter().enumerate() {
        let Some((at, step)) = undo.undoes.and_then(|at| Some((at, draft.steps.get(at)?))) else { continue };
        let (Some(kind), Some(forward), Some(back)) = (step.kind, reverse(at, step), reverse(index, undo)) else {
            continue;
        };
        let (message, hint) = if kind.role == Some(Role::Include) {
            let message =
                format!("`{}` does the steps of another runbook, which say themselves how to undo them", step.id);
            (message, "remove `undo` here, and write it in the steps of that runbook")
        } else if forward == Reversibility::Irreversible {
            (format!("`{}` is irreversible, so nothing undoes it", step.id), "remove `undo`")
        } else if forward == Reversibility::Nothing {
            (format!("`{}` changes nothing, so there is nothing to undo", step.id), "remove `undo`")
        } else if back == Reversibility::Irreversible {
            let message = format!("what undoes `{}` would be irreversible", step.id);
            (message, "say `effect: undoable` where it can be repeated or taken back, or leave the undoing to a person")
        } else {
            continue;
        };
        found.add(Code::Undo, undo.kind_span, message).hint(hint);
    }
}
