//! `audit.entry`: what it says becomes part of the trail as the step's output.

use crate::base::lines::field;
use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, fields};
use crate::runbook::kind::{Field, Kind, OnFailure, Proof, Type};
use std::future::ready;

/// `audit.entry`.
pub(in crate::kinds) struct AuditEntry;

static KIND: Kind = Kind {
    name: "audit.entry",
    summary: "Writes an entry for people and auditors into the trail.",
    inputs: &[
        Field::required("subject", Type::Subject, "what the entry is about"),
        Field::required("title", Type::String, "its heading"),
        Field::required("fields", Type::Map, "what it says, by name"),
    ],
    outputs: &[
        Field::output("title", Type::String, "its heading"),
        Field::output("fields", Type::Map, "what it says"),
        Field::output("written_at", Type::Time, "when"),
    ],
    subject: Some("subject"),
    yields: &[Proof::Audited],
    example: concat!(
        "- id: entry\n",
        "  uses: audit.entry\n",
        "  with:\n",
        "    subject: \"{{ inputs.instance_id }}\"\n",
        "    title: Pre-deletion summary\n",
        "    fields: {name: \"{{ steps.capture.name }}\"}\n",
    ),
    on_failure: OnFailure::Hold,
    asks: false,
    ignores: &[("retry", NEVER_FAILS), ("retry_from", "it judges nothing that could be amiss")],
    result: |output| field(output, "title"),
    ..Kind::BASE
};

impl Protocol for AuditEntry {}

impl StepKind for AuditEntry {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform(task)))
    }
}

fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let (subject, title, said) = (task.text("subject")?, task.text("title")?, task.map("fields")?);
    let digest =
        Digest::of(serde_json::json!({"subject": subject, "title": title, "fields": said}).to_string().as_bytes());
    let output = fields([
        ("title", title.into()),
        ("fields", Value::Object(said.clone())),
        ("written_at", task.now().to_seconds_text().into()),
    ]);
    Ok(Reply::Done { output, evidence: vec![task.evidence(Proof::Audited, subject, digest, "engine")] })
}
