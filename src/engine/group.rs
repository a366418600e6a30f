//! The steps of a `for_each`: how many may be under way, how many may fail, and how the group ends.

use super::event::Body;
use super::machine::Engine;
use super::ready_queue::Share;
use super::step::{Status, StepState};
use crate::base::{Map, Value};
use crate::runbook::kind::Role;
use crate::runbook::plan::{Group, Step};
use serde_json::json;

impl Engine {
    /// The limit of the group that a step belongs to, where it has one.
    pub(super) fn share(&self, index: usize) -> Option<Share> {
        let group = self.plan.steps.get(index)?.group?;
        let most = self.plan.groups.get(group)?.concurrency?;
        Some(Share { group, most })
    }

    /// Whether the failure of a step leaves the run as it is: its group allows as many as have failed.
    pub(super) fn tolerates(&self, index: usize) -> bool {
        let Some(group) = self.group(index).filter(|group| group.members.contains(&index)) else { return false };
        let failed = self.members(group).filter(|(_, state)| matches!(state.status, Status::Failed(_)));
        failed.count() <= group.max_failures
    }

    /// Why a step is skipped: one that it waits for failed and was let through, or was skipped for that reason itself.
    /// The end of a group waits for all of it and is never skipped.
    pub(super) fn cut_off(&self, step: &Step) -> Option<String> {
        let is_end = step.kind.role == Some(Role::Gather);
        let before = step.after.iter().filter(|_| !is_end).filter_map(|index| {
            let state = self.steps.get(*index)?;
            let is_lost = matches!(state.status, Status::Failed(_)) || state.is_cut_off;
            is_lost.then(|| self.plan.steps.get(*index)).flatten()
        });
        before.map(|before| format!("`{}` did not succeed", before.id)).next()
    }

    /// Those that wait for a step which was skipped because another failed are skipped too.
    pub(super) fn mark_cut_off(&mut self, index: usize) {
        let is_cut_off = self.plan.steps.get(index).is_some_and(|step| self.cut_off(step).is_some());
        if let Some(state) = self.steps.get_mut(index) {
            state.is_cut_off = is_cut_off;
        }
    }

    /// The end of a group, where the step is one: how its steps ended.
    pub(super) fn gathered(&self, step: &Step) -> Option<Body> {
        let group = self.plan.groups.get(step.group?).filter(|_| step.kind.role == Some(Role::Gather))?;
        let count =
            |wanted: fn(&Status) -> bool| self.members(group).filter(|(_, state)| wanted(&state.status)).count();
        let failed = self.members(group).filter(|(_, state)| matches!(state.status, Status::Failed(_)));
        let failed: Vec<Value> = failed.map(|(key, _)| Value::from(key)).collect();
        let output = Map::from_iter([
            ("count".to_owned(), json!(group.keys.len())),
            ("succeeded".to_owned(), json!(count(|status| matches!(status, Status::Succeeded { .. })))),
            ("skipped".to_owned(), json!(count(|status| matches!(status, Status::Skipped(_))))),
            ("failed".to_owned(), Value::Array(failed)),
        ]);
        Some(Body::StepSucceeded { step: step.id.clone(), output, evidence: Vec::new() })
    }

    /// The steps that failed and were let through.
    pub(super) fn let_through(&self) -> Vec<&str> {
        let failed = self.plan.steps.iter().zip(&self.steps);
        failed
            .filter(|(_, state)| matches!(state.status, Status::Failed(_)))
            .map(|(step, _)| step.id.as_str())
            .collect()
    }

    fn group(&self, index: usize) -> Option<&Group> {
        self.plan.groups.get(self.plan.steps.get(index)?.group?)
    }

    /// The steps of a group with their keys.
    fn members<'e>(&'e self, group: &'e Group) -> impl Iterator<Item = (&'e str, &'e StepState)> {
        let states = self.steps.get(group.members.clone()).unwrap_or_default();
        group.keys.iter().map(String::as_str).zip(states)
    }
}
