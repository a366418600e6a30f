//! `backup.verify`: the whole object, read back.

use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::backup::archive;
use crate::kinds::s3::read_back::Expected;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, check, fields};
use crate::kinds::words::{digest, size};
use crate::runbook::kind::{Field, Kind, Proof, Type};

/// `backup.verify`.
pub(in crate::kinds) struct Verify;

static KIND: Kind = Kind {
    name: "backup.verify",
    summary: "Reads the whole object back from S3, by version, and compares its digest with the file's.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance the backup is of"),
        Field::required("bucket", Type::String, "the bucket"),
        Field::required("key", Type::String, "the key"),
        Field::optional("version_id", Type::String, "the version"),
        Field::required("sha256", Type::String, "the digest it must have"),
        Field::required("size", Type::Integer, "the size it must have"),
    ],
    outputs: &[
        Field::output("sha256", Type::String, "the digest of what was read"),
        Field::output("size", Type::Integer, "how many bytes were read"),
        Field::output("format", Type::String, "the magic of what was read"),
        Field::output("verified_at", Type::Time, "when"),
    ],
    subject: Some("instance_id"),
    yields: &[Proof::Backup],
    objects: true,
    rechecks: true,
    example: concat!(
        "- id: verify\n",
        "  uses: backup.verify\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    bucket: \"{{ steps.upload.bucket }}\"\n",
        "    key: \"{{ steps.upload.key }}\"\n",
        "    version_id: \"{{ steps.upload.version_id }}\"\n",
        "    sha256: \"{{ steps.export.sha256 }}\"\n",
        "    size: \"{{ steps.export.size }}\"\n",
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
    let subject = task.text("instance_id")?;
    let evidence = |verifier: &str| vec![task.evidence(Proof::Backup, subject, expected.digest, verifier)];
    match task.command.act {
        Act::Read(Call::Read) => {
            let start = expected.read(task).await?;
            let format = archive::format_of(&start)
                .ok_or_else(|| check(format!("{} does not begin like a backup of Neo4j", expected.what)))?;
            let output = fields([
                ("sha256", expected.digest.to_string().into()),
                ("size", expected.size.into()),
                ("format", format.into()),
                ("verified_at", task.now().to_seconds_text().into()),
            ]);
            Ok(Reply::Done { output, evidence: evidence("s3:full-read") })
        }
        Act::Read(Call::Recheck) => {
            expected.look(task).await?;
            Ok(Reply::Done { output: fields([("size", expected.size.into())]), evidence: evidence("s3:head") })
        }
        _ => Err(task.unknown()),
    }
}
