//! `runbook`: the steps of another runbook, and the step in which they end.

use crate::base::Value;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done, fields};
use crate::runbook::kind::{Field, Kind, Role, Type};
use std::future::ready;

/// `runbook`, which a plan never has: the steps of the other runbook stand in its place.
pub(in crate::kinds) struct Runbook;

/// `runbook.end`.
pub(in crate::kinds) struct End;

static RUNBOOK: Kind = Kind {
    name: "runbook",
    summary: "Does the steps of another runbook.",
    inputs: &[
        Field::required("file", Type::Path, "the runbook, found from the directory of this one"),
        Field::with_default("inputs", Type::Map, "{}", "its inputs by name, checked against what it declares"),
        Field::with_default(
            "secrets",
            Type::Map,
            "{}",
            "its secrets by name; one that is left out is the secret of the same name here",
        )
        .holds_secrets(),
    ],
    outputs: &[Field::output("outputs", Type::Map, "the outputs of the runbook")],
    role: Some(Role::Include),
    untimed: true,
    ignores: &[
        ("timeout", "the steps of the runbook have their own"),
        ("retry", "the steps of the runbook have their own"),
        ("retry_from", "it judges nothing that could be amiss"),
    ],
    example: concat!(
        "- id: move\n",
        "  uses: runbook\n",
        "  with: {file: move-one.yaml, inputs: {database: orders}}\n",
    ),
    ..Kind::BASE
};

static END: Kind = Kind {
    name: "runbook.end",
    summary: "Ends when the steps of another runbook have ended. The plan adds it; it is no kind to use.",
    inputs: &[Field::with_default("outputs", Type::Map, "{}", "the outputs of the runbook")],
    outputs: &[Field::output("outputs", Type::Map, "the outputs of the runbook")],
    role: Some(Role::Return),
    untimed: true,
    ignores: &[("retry", NEVER_FAILS)],
    ..Kind::BASE
};

impl Protocol for Runbook {}

impl StepKind for Runbook {
    fn declaration(&self) -> &'static Kind {
        &RUNBOOK
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready::<Result<Reply, CallError>>(Err(task.unknown())))
    }
}

impl Protocol for End {}

impl StepKind for End {
    fn declaration(&self) -> &'static Kind {
        &END
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(hand_on(task)))
    }
}

fn hand_on(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let outputs = task.command.with.get("outputs").cloned().unwrap_or_else(|| Value::Object(fields([])));
    Ok(done(fields([("outputs", outputs)])))
}
