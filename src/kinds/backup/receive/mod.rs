//! `backup.receive`: the file that a person exports.

mod perform;
mod protocol;
mod vouch;

use crate::base::lines::field;
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::kinds::words::size;
use crate::runbook::kind::{Field, Kind, OnFailure, Role, Type};
use std::time::Duration;

/// `backup.receive`.
pub(in crate::kinds) struct Receive;

static KIND: Kind = Kind {
    name: "backup.receive",
    summary: concat!(
        "Waits for the file that a person exports from the Aura console, reads it to its end, and takes it only if it ",
        "can be the backup of that database."
    ),
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance the backup is of"),
        Field::required("snapshot_id", Type::String, "the snapshot that is to be exported"),
        Field::required("snapshot_time", Type::Time, "when that snapshot was taken"),
        Field::optional("path", Type::Path, "where the file will be; left out, the person is asked"),
        Field::optional("folder", Type::Path, "a folder in which the file will appear"),
        Field::optional(
            "database",
            Type::String,
            "the database it must be of, where the file says; left out or empty, neo4j or the instance's id",
        ),
        Field::with_default(
            "tolerance",
            Type::Duration,
            "\"10m\"",
            "how far the backup's time may be from the snapshot's; at most 1d",
        )
        .at_most(Duration::from_hours(24)),
        Field::optional("version", Type::String, "the source's version of Neo4j; a format of another is refused"),
        Field::optional("nodes", Type::Integer, "how many nodes were counted; a file too small for them is refused"),
        Field::optional("relationships", Type::Integer, "how many relationships were counted"),
        Field::optional(
            "store_created_at",
            Type::Time,
            "when the store of the source was created, from `neo4j.counts`; the header must agree",
        ),
        Field::with_default(
            "provenance",
            Type::Word(&["attested", "header"]),
            "\"attested\"",
            concat!(
                "header: only a file whose own header proves what it is of: by `store_created_at`, or because its ",
                "database bears the instance's id; attested: also any other one (.dump, .tar, a .backup without ",
                "these), on the word of the person who gives it"
            ),
        ),
        Field::optional("max_size", Type::Size, "a larger file is refused"),
        Field::with_default("max_size_reason", Type::String, "\"\"", "what to say and do when the file is larger"),
    ],
    outputs: &[
        Field::output("path", Type::Path, "where the file is"),
        Field::output("size", Type::Integer, "its size in bytes"),
        Field::output("sha256", Type::String, "its digest"),
        Field::output("format", Type::String, "its magic: BZV3, DZV1, …"),
        Field::output("extension", Type::String, "backup, dump or tar"),
        Field::output(
            "provenance",
            Type::String,
            "header: the file proves what it is of; attested: the person says it",
        ),
        Field::output("store_bytes", Type::Integer, "how many bytes the files of the database have, unpacked"),
        Field::optional("store_id", Type::String, "the id of the store, where the file says"),
        Field::optional("database", Type::String, "the database, where the file says"),
        Field::optional("backup_time", Type::Time, "the time of the backup, where the file says"),
    ],
    subject: Some("instance_id"),
    changeable: &["tolerance"],
    asks: true,
    on_failure: OnFailure::Hold,
    example: concat!(
        "- id: export\n",
        "  uses: backup.receive\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    snapshot_id: \"{{ steps.snapshot_ready.snapshot_id }}\"\n",
        "    snapshot_time: \"{{ steps.snapshot_ready.timestamp }}\"\n",
        "    version: \"{{ steps.counts.version }}\"\n",
        "    nodes: \"{{ steps.counts.nodes }}\"\n",
        "    relationships: \"{{ steps.counts.relationships }}\"\n",
        "    store_created_at: \"{{ steps.counts.store_created_at }}\"\n",
    ),
    role: Some(Role::Export),
    asks_for: "to export the snapshot from the Aura console and give the path of the file",
    result: |output| format!("{}, {}, {}", file_name(&field(output, "path")), size(output), field(output, "format")),
    ..Kind::BASE
};

impl Protocol for Receive {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }
}

impl StepKind for Receive {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}

/// The last part of a path; the whole stands in the record.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
