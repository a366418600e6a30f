//! `backup.verify`: the whole object, read back.

use crate::base::{Digest, Hasher, escape, format_size};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::background;
use crate::kinds::backup::archive;
use crate::kinds::s3::common::{error, uri};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, check, fields};
use crate::kinds::words::{digest, size};
use crate::port::{ByteStream, Object, ObjectError, ObjectErrorKind};
use crate::runbook::kind::{Field, Kind, Proof, Type};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;

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

/// So much is received before it is hashed, while the next is being received.
const BATCH: usize = 4 << 20;
/// What the magic is told from.
const START: usize = 8;

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let is_again = task.command.act == Act::Read(Call::Recheck);
    if !is_again && task.command.act != Act::Read(Call::Read) {
        return Err(task.unknown());
    }
    let object = Object {
        bucket: task.text("bucket")?.to_owned(),
        key: task.text("key")?.to_owned(),
        version_id: task.text_or_none("version_id")?.map(str::to_owned),
    };
    let (expected, digest) = (task.size("size")?.unwrap_or_default(), task.digest("sha256")?);
    let what = escape(&uri(&object));
    if is_again {
        return look_again(task, &object, expected, digest, &what).await;
    }
    task.doing(&format!("reads back {what} ({})", format_size(expected)));
    let stream = task.ports().objects.get(&object).await.map_err(|e| error(&format!("get {what}"), &e))?;
    let read = read(task, stream, expected).await?.map_err(|e| error(&format!("get {what}"), &e))?;
    if read.size != expected {
        return Err(check(format!("{what} has {} bytes, and the file has {expected}", read.size)));
    }
    let found = read.hasher.finish();
    if found != digest {
        return Err(check(format!("{what} has the digest {found}, and the file has {digest}")));
    }
    let format = archive::format_of(&read.start)
        .ok_or_else(|| check(format!("{what} does not begin like a backup of Neo4j")))?;
    let output = fields([
        ("sha256", found.to_string().into()),
        ("size", read.size.into()),
        ("format", format.into()),
        ("verified_at", task.now().to_seconds_text().into()),
    ]);
    let subject = task.text("instance_id")?;
    Ok(Reply::Done { output, evidence: vec![task.evidence(Proof::Backup, subject, digest, "s3:full-read")] })
}

/// Whether what was read back is still there: that version of it, with its size and, where the store tells it, its
/// digest.
async fn look_again(
    task: &Task<'_>,
    object: &Object,
    size: u64,
    digest: Digest,
    what: &str,
) -> Result<Reply, CallError> {
    let head = match task.ports().objects.head(object).await {
        Ok(head) => head,
        Err(e) if e.kind == ObjectErrorKind::NotFound => return Err(check(format!("{what} no longer exists"))),
        Err(e) => return Err(error(&format!("head {what}"), &e)),
    };
    if head.size != size {
        return Err(check(format!("{what} has {} bytes now, and the file has {size}", head.size)));
    }
    let is_other = |checksum: &String| !checksum.contains('-') && *checksum != STANDARD.encode(digest.as_bytes());
    if head.digests.checksum.as_ref().is_some_and(is_other) {
        return Err(check(format!("{what} has another digest now than the file")));
    }
    let evidence = vec![task.evidence(Proof::Backup, task.text("instance_id")?, digest, "s3:head")];
    Ok(Reply::Done { output: fields([("size", head.size.into())]), evidence })
}

/// What has been read so far.
#[derive(Default)]
struct Seen {
    size: u64,
    hasher: Hasher,
    start: Vec<u8>,
}

/// Receives one batch while the one before it is hashed on another thread. A stream that is longer than the file is
/// not read to its end: it is not the file.
async fn read(task: &Task<'_>, mut stream: ByteStream, expected: u64) -> Result<Result<Seen, ObjectError>, CallError> {
    let mut seen = Seen::default();
    let mut batch = match receive(&mut stream).await {
        Ok(batch) => batch,
        Err(error) => return Ok(Err(error)),
    };
    while !batch.is_empty() && seen.size <= expected {
        let length: u64 = batch.iter().map(|bytes| bytes.len() as u64).sum();
        let bytes = batch.iter().flat_map(|bytes| bytes.iter().copied());
        let missing = START.saturating_sub(seen.start.len());
        seen.start.extend(bytes.take(missing));
        let mut taken = std::mem::take(&mut seen.hasher);
        let job = move || {
            for bytes in &batch {
                taken.update(bytes);
            }
            taken
        };
        let hashing = background::run(&*task.ports().worker, job);
        let (hashed, next) = futures_util::future::join(hashing, receive(&mut stream)).await;
        seen.hasher = hashed?;
        seen.size += length;
        task.ports().progress.transferred(&task.command.step, seen.size, expected);
        batch = match next {
            Ok(batch) => batch,
            Err(error) => return Ok(Err(error)),
        };
    }
    Ok(Ok(seen))
}

/// About a batch of what comes next; nothing at the end.
async fn receive(stream: &mut ByteStream) -> Result<Vec<Bytes>, ObjectError> {
    let mut batch = Vec::new();
    let mut length = 0;
    while length < BATCH {
        match stream.next().await {
            Some(bytes) => {
                let bytes = bytes?;
                length += bytes.len();
                if !bytes.is_empty() {
                    batch.push(bytes);
                }
            }
            None => break,
        }
    }
    Ok(batch)
}
