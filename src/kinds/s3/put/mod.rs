//! `s3.put`: the key is made of the digest, every request may be sent again, and doubt is settled by the object's head.

mod parts;
mod perform;
mod protocol;

use crate::base::Value;
use crate::base::lines::field;
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::values::flag;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::kinds::words::size;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use serde_json::json;

/// `s3.put`.
pub(in crate::kinds) struct Put;

static KIND: Kind = Kind {
    name: "s3.put",
    summary: "Uploads a file to S3 under a key made of its digest; resumes part by part, never overwrites.",
    inputs: &[
        Field::required("path", Type::Path, "the file"),
        Field::required("sha256", Type::String, "the digest the file must have"),
        Field::required("bucket", Type::String, "the bucket"),
        Field::with_default("prefix", Type::String, "\"\"", "the prefix of the key"),
        Field::with_default("extension", Type::String, "\"backup\"", "the extension of the key"),
    ],
    outputs: &[
        Field::output("bucket", Type::String, "the bucket"),
        Field::output("key", Type::String, "the key: prefix/sha256.extension"),
        Field::output("uri", Type::String, "s3://bucket/key"),
        Field::optional("version_id", Type::String, "the version, where the bucket has versions"),
        Field::output("etag", Type::String, "the entity tag"),
        Field::output("size", Type::Integer, "the size in bytes"),
        Field::output("sha256", Type::String, "the digest of the whole file"),
        Field::output("parts", Type::Integer, "the number of parts"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "reads the object's head and compares size and checksum",
    objects: true,
    preflight: true,
    example: concat!(
        "- id: upload\n",
        "  uses: s3.put\n",
        "  with:\n",
        "    path: \"{{ steps.export.path }}\"\n",
        "    sha256: \"{{ steps.export.sha256 }}\"\n",
        "    bucket: \"{{ inputs.bucket }}\"\n",
        "    prefix: \"{{ inputs.prefix }}\"\n",
    ),
    role: Some(Role::Store),
    result: |output| format!("{} in bucket {}", size(output), field(output, "bucket")),
    ..Kind::BASE
};

impl Protocol for Put {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn sweeps(&self) -> Option<Call> {
        Some(Call::UploadSweep)
    }

    fn sweep(&self, context: &Context<'_>) -> Option<Next> {
        protocol::sweep(context)
    }

    fn findings(&self, context: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        if call != Call::Probe {
            return Vec::new();
        }
        let known = |name: &str| context.history.last_probe(Call::Probe).and_then(|one| one.found.get(name).cloned());
        let (size, multipart) = (known("size"), known("multipart"));
        let there = json!({"exists": true, "same": true, "size": size, "multipart": multipart});
        let not_there = json!({"exists": false, "size": size, "multipart": multipart});
        vec![PossibleFinding { what: "found", found: there }, PossibleFinding { what: "not found", found: not_there }]
    }

    fn look(&self, _: Call) -> &'static str {
        "the object is looked for"
    }

    fn sending(&self, call: Call) -> &'static str {
        match call {
            Call::UploadStart => "the upload is begun again",
            Call::UploadParts => "the parts that are missing are sent",
            Call::UploadComplete => "the upload is completed",
            Call::UploadSweep => "what is left of broken uploads is removed",
            _ => "the object is put again",
        }
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        match (flag(&probe.found, "exists"), flag(&probe.found, "same")) {
            (true, true) => "the object is there, with the same digest".to_owned(),
            (true, false) => "another object is there".to_owned(),
            (false, _) => "the object is not there".to_owned(),
        }
    }
}

impl StepKind for Put {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
