//! `s3.verify`: the whole object, read back.

use super::read_back::Expected;
use crate::base::Map;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done};
use crate::kinds::words::{digest, size};
use crate::runbook::kind::{Field, Kind, Proof, Type};

/// `s3.verify`.
pub(in crate::kinds) struct Verify;

static KIND: Kind = Kind {
    name: "s3.verify",
    summary: "Reads a whole object back from S3 by version and compares its digest with the file's.",
    inputs: &[
        Field::required("bucket", Type::String, "the bucket"),
        Field::required("key", Type::String, "the key"),
        Field::optional("version_id", Type::String, "the version"),
        Field::required("sha256", Type::String, "the digest it must have"),
        Field::required("size", Type::Integer, "the size it must have"),
        Field::optional("subject", Type::Subject, "what the object is a backup of").beside(),
    ],
    outputs: &[
        Field::output("bucket", Type::String, "the bucket"),
        Field::output("key", Type::String, "the key"),
        Field::optional("version_id", Type::String, "the version"),
        Field::output("sha256", Type::String, "the digest of what was read"),
        Field::output("size", Type::Integer, "how many bytes were read"),
    ],
    vouches: &[Proof::Backup],
    subject: Some("subject"),
    objects: true,
    rechecks: true,
    example: concat!(
        "- id: read_back\n",
        "  uses: s3.verify\n",
        "  with:\n",
        "    bucket: \"{{ steps.upload.bucket }}\"\n",
        "    key: \"{{ steps.upload.key }}\"\n",
        "    version_id: \"{{ steps.upload.version_id }}\"\n",
        "    sha256: \"{{ steps.upload.sha256 }}\"\n",
        "    size: \"{{ steps.upload.size }}\"\n",
        "  provide: {evidence: backup, subject: \"postgres:orders\"}\n",
    ),
    result: |output| format!("{} read back, {}", size(output), digest(output)),
    ..Kind::BASE
};

impl Protocol for Verify {}

impl StepKind for Verify {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let expected = Expected::of(task)?;
    match task.command.act {
        Act::Read(Call::Read) => drop(expected.read(task).await?),
        Act::Read(Call::Recheck) => expected.look(task).await?,
        _ => return Err(task.unknown()),
    }
    // A last look says the same, so that what it proves can be compared.
    let names = ["bucket", "key", "version_id", "sha256", "size"];
    let told = |name: &str| (name.to_owned(), task.maybe(name).cloned().unwrap_or_default());
    Ok(done(names.into_iter().map(told).collect::<Map>()))
}
