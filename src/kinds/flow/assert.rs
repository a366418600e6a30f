//! `assert`: fails where something is not true.

use crate::base::{Value, escape};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, check, done, fields};
use crate::runbook::kind::{Field, Kind, OnFailure, Type};
use std::future::ready;

/// `assert`.
pub(in crate::kinds) struct Assert;

static KIND: Kind = Kind {
    name: "assert",
    summary: "Fails where something is not true.",
    inputs: &[
        Field::required("that", Type::Boolean, "what must be true"),
        Field::with_default("message", Type::String, "\"\"", "what to say where it is not"),
    ],
    outputs: &[Field::output("that", Type::Boolean, "true")],
    example: concat!(
        "- id: running\n",
        "  uses: assert\n",
        "  with: {that: \"{{ steps.capture.status == 'running' }}\", message: The instance must run.}\n",
    ),
    on_failure: OnFailure::Hold,
    judges: true,
    ignores: &[("retry", NEVER_FAILS)],
    ..Kind::BASE
};

impl Protocol for Assert {}

impl StepKind for Assert {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform(task)))
    }
}

fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    if task.flag("that") {
        return Ok(done(fields([("that", Value::Bool(true))])));
    }
    let message = task.text("message").unwrap_or("what the step asserts is not true");
    Err(check(escape(message)))
}
