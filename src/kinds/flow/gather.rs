//! `for_each.end`: where the steps of a group end.

use crate::engine::call::{CallError, Reply};
use crate::engine::protocol::Protocol;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Role, Type};
use std::future::ready;

/// `for_each.end`.
pub(in crate::kinds) struct ForEach;

static KIND: Kind = Kind {
    name: "for_each.end",
    summary: "Ends when the steps of a `for_each` have ended. The plan adds it; it is no kind to use.",
    outputs: &[
        Field::output("count", Type::Integer, "how many items there are"),
        Field::output("succeeded", Type::Integer, "how many steps succeeded"),
        Field::output("skipped", Type::Integer, "how many steps were skipped"),
        Field::output("failed", Type::List, "the keys of the items whose step failed"),
    ],
    role: Some(Role::Gather),
    untimed: true,
    ..Kind::BASE
};

impl Protocol for ForEach {}

impl StepKind for ForEach {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    /// The engine knows how the steps of a group ended; nothing is done for it.
    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready::<Result<Reply, CallError>>(Err(task.unknown())))
    }
}
