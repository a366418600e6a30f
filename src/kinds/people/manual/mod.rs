//! `manual`: a person does something and says so.

mod handover;
mod perform;
mod protocol;

use crate::base::lines::{field, text};
use crate::base::{Map, escape};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, OnFailure, Type};

/// `manual`.
pub(in crate::kinds) struct Manual;

static KIND: Kind = Kind {
    name: "manual",
    summary: "Asks a person to do something and waits until they say it is done.",
    inputs: &[
        Field::required(
            "instructions",
            Type::String,
            "what to do, in plain sentences; a line that begins with two spaces is a command and never broken, and \
             {{ value | shell }} quotes a value in it",
        ),
        Field::with_default(
            "task",
            Type::Word(&["attest", "import", "upload", "type"]),
            "\"attest\"",
            "attest: say it is done; import: import a backup in the console; upload: upload it with neo4j-admin; type: \
             type a text",
        ),
        Field::optional("instance_id", Type::InstanceId, "for `import` and `upload`: the instance it goes into"),
        Field::optional("path", Type::Path, "for `import` and `upload`: the backup file"),
        Field::optional(
            "sha256",
            Type::String,
            "the digest that the file must have: it is read before the person is asked and when they have answered",
        ),
        Field::optional(
            "copy",
            Type::String,
            "where the same bytes are, and how to fetch them; shown if the file is gone or has changed",
        ),
        Field::optional("type", Type::String, "for `type`: the text to type"),
    ],
    outputs: &[
        Field::output("by", Type::String, "who did it"),
        Field::output("at", Type::Time, "when they said so"),
        Field::output("note", Type::String, "what they noted"),
    ],
    example: concat!(
        "- id: writers_stopped\n",
        "  uses: manual\n",
        "  with: {instructions: \"Stop every writer of the source database.\"}\n",
        "- id: fetched\n",
        "  uses: manual\n",
        "  with:\n",
        "    instructions: |-\n",
        "      Fetch the backup:\n",
        "        aws s3 cp {{ steps.upload.uri | shell }} .\n",
    ),
    asks: true,
    on_failure: OnFailure::Hold,
    ignores: &[("retry", NEVER_FAILS)],
    asks_for: "{instructions}",
    result: done_by,
    ..Kind::BASE
};

impl Protocol for Manual {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }
}

impl StepKind for Manual {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}

fn done_by(output: &Map) -> String {
    let by = field(output, "by");
    text(output, "note").map_or_else(|| format!("done by {by}"), |note| format!("done by {by}: {}", escape(note)))
}
