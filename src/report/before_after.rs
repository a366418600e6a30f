//! The two sides of a migration, found in the outputs of the steps whatever they are called.

use crate::base::lines::one_line;
use crate::base::{Map, Value};
use crate::engine::view::{RunView, StepView};
use crate::runbook::kind::Role;

/// Source and target of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BeforeAfter<'a> {
    /// Outputs of the first step that captured an instance.
    pub(super) before: Option<&'a Map>,
    /// Outputs of the last step that describes the instance that was created, or the same one later.
    pub(super) after: Option<&'a Map>,
    /// Outputs of the last step that created an instance.
    pub(super) created: Option<&'a Map>,
    /// The first counting that found anything.
    pub(super) counts_before: Option<&'a Map>,
    /// The last comparing that found anything.
    pub(super) counts_after: Option<&'a Map>,
    /// The exported backup file.
    pub(super) backup: Option<&'a Map>,
    /// The uploaded object.
    pub(super) object: Option<&'a Map>,
    /// The snapshot that was exported.
    pub(super) snapshot: Option<&'a Map>,
    /// The deletion.
    pub(super) deleted: Option<&'a Map>,
}

impl<'a> BeforeAfter<'a> {
    pub(super) fn of(view: &'a RunView) -> Self {
        let before = outputs(view, Role::Capture).next();
        let created = outputs(view, Role::Create).next_back();
        let describing = [Role::Capture, Role::Change, Role::Switch, Role::Create];
        let describes = |step: &&StepView| step.kind.role.is_some_and(|role| describing.contains(&role));
        // Another instance that is only looked at, as the source of an overwriting, is on neither side.
        let is_side = |output: &&Map| {
            let id = output.get("id");
            [before, created].into_iter().flatten().any(|side| side.get("id") == id)
        };
        let after = view.steps.iter().rev().filter(describes).filter_map(|step| step.output.as_ref()).find(is_side);
        Self {
            before,
            after: after.filter(|after| before.is_none_or(|before| !std::ptr::eq(*after, before))),
            created,
            counts_before: outputs(view, Role::Count).find(|counts| has_counts(counts)),
            counts_after: counts_after(view),
            backup: outputs(view, Role::Export).next_back(),
            object: outputs(view, Role::Store).next_back(),
            snapshot: view
                .steps
                .iter()
                .rev()
                .filter(|step| step.kind.role == Some(Role::SnapshotSeen))
                .find_map(|step| step.output.as_ref()),
            deleted: outputs(view, Role::Delete).next_back(),
        }
    }

    /// What the deletion has broken elsewhere, in sentences of the step that captured the instance; none before it.
    pub(super) fn broken(&self, view: &RunView) -> Vec<String> {
        let Some(gone) = self.deleted.and_then(|deleted| deleted.get("id")) else { return Vec::new() };
        let captured = outputs(view, Role::Capture).find(|captured| captured.get("id") == Some(gone));
        let told = captured.and_then(|captured| captured.get("consequences")).and_then(Value::as_array);
        told.into_iter().flatten().map(one_line).collect()
    }

    /// A field before and after.
    pub(super) fn field(&self, name: &str) -> (Option<&'a Value>, Option<&'a Value>) {
        let known = |map: Option<&'a Map>| map.and_then(|map| map.get(name)).filter(|value| !value.is_null());
        (known(self.before), known(self.after).or_else(|| known(self.created)))
    }

    /// A count before and after.
    pub(super) fn count(&self, name: &str) -> (Option<&'a Value>, Option<&'a Value>) {
        let known = |map: Option<&'a Map>| map.and_then(|map| map.get(name)).filter(|value| !value.is_null());
        (known(self.counts_before), known(self.counts_after))
    }
}

/// The last comparing or counting of the new instance; nothing before an instance was created.
fn counts_after(view: &RunView) -> Option<&Map> {
    let created = view.steps.iter().position(|step| step.kind.role == Some(Role::Create))?;
    let later = view.steps.get(created..)?.iter().rev();
    let counted = later.filter(|step| matches!(step.kind.role, Some(Role::Compare | Role::Count)));
    counted.filter_map(|step| step.output.as_ref()).find(|output| has_counts(output))
}

fn outputs(view: &RunView, role: Role) -> impl DoubleEndedIterator<Item = &Map> {
    view.steps.iter().filter(move |step| step.kind.role == Some(role)).filter_map(|step| step.output.as_ref())
}

fn has_counts(output: &Map) -> bool {
    output.get("nodes").is_some_and(Value::is_number)
}
