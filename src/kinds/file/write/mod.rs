//! `file.write`: written whole by rename, so that doubt is settled by writing it again.

mod perform;

use crate::base::lines::field;
use crate::engine::call::Call;
use crate::engine::protocol::{Context, Next, Protocol, repeat};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Type};
use std::future::ready;

/// `file.write`.
pub(in crate::kinds) struct Write;

static KIND: Kind = Kind {
    name: "file.write",
    summary: "Writes a file whole, by rename, mode 0600.",
    inputs: &[
        Field::required("path", Type::Path, "the file"),
        Field::required("content", Type::Any, "text, or a value to write as JSON"),
    ],
    outputs: &[
        Field::output("path", Type::Path, "the file"),
        Field::output("size", Type::Integer, "its size in bytes"),
        Field::output("sha256", Type::String, "its digest"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "reads the file and compares",
    example: "- id: note\n  uses: file.write\n  with: {path: note.txt, content: \"{{ steps.capture.name }}\"}\n",
    result: |output| field(output, "path"),
    ..Kind::BASE
};

impl Protocol for Write {
    fn next(&self, context: &Context<'_>) -> Next {
        repeat::next(context, Call::Write)
    }

    fn sending(&self, _: Call) -> &'static str {
        "the file is written again"
    }
}

impl StepKind for Write {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform::perform(task)))
    }
}
