//! Reading an object back: the whole of it, with its digest, or a look whether it is still there.

use super::common::{error, uri};
use crate::base::{Digest, Hasher, escape, format_size};
use crate::engine::call::CallError;
use crate::kinds::background;
use crate::kinds::task::{Task, check};
use crate::port::{ByteStream, Object, ObjectError, ObjectErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt as _;

/// So much is received before it is hashed, while the next is being received.
const BATCH: usize = 4 << 20;
/// What the magic is told from.
const START: usize = 8;

/// What an object has to be.
pub(in crate::kinds) struct Expected {
    object: Object,
    /// Its size in bytes.
    pub(in crate::kinds) size: u64,
    /// Its digest.
    pub(in crate::kinds) digest: Digest,
    /// The object, in words.
    pub(in crate::kinds) what: String,
}

impl Expected {
    /// As the inputs of a task say it.
    pub(in crate::kinds) fn of(task: &Task<'_>) -> Result<Self, CallError> {
        let object = Object {
            bucket: task.text("bucket")?.to_owned(),
            key: task.text("key")?.to_owned(),
            version_id: task.text_or_none("version_id")?.map(str::to_owned),
        };
        let what = escape(&uri(&object));
        Ok(Self { size: task.size("size")?.unwrap_or_default(), digest: task.digest("sha256")?, object, what })
    }

    /// Reads it to its end; gives what it begins with.
    pub(in crate::kinds) async fn read(&self, task: &Task<'_>) -> Result<Vec<u8>, CallError> {
        let Self { object, size, digest, what } = self;
        task.doing(&format!("reads back {what} ({})", format_size(*size)));
        let stream = task.ports().objects.get(object).await.map_err(|e| error(&format!("get {what}"), &e))?;
        let read = read(task, stream, *size).await?.map_err(|e| error(&format!("get {what}"), &e))?;
        if read.size != *size {
            return Err(check(format!("{what} has {} bytes, and the file has {size}", read.size)));
        }
        let found = read.hasher.finish();
        if found != *digest {
            return Err(check(format!("{what} has the digest {found}, and the file has {digest}")));
        }
        Ok(read.start)
    }

    /// Whether what was read back is still there: that version of it, with its size and, where the store tells it, its
    /// digest.
    pub(in crate::kinds) async fn look(&self, task: &Task<'_>) -> Result<(), CallError> {
        let Self { object, size, digest, what } = self;
        let head = match task.ports().objects.head(object).await {
            Ok(head) => head,
            Err(e) if e.kind == ObjectErrorKind::NotFound => {
                return Err(check(format!("{what} no longer exists")));
            }
            Err(e) => return Err(error(&format!("head {what}"), &e)),
        };
        if head.size != *size {
            return Err(check(format!("{what} has {} bytes now, and the file has {size}", head.size)));
        }
        let is_other = |checksum: &String| !checksum.contains('-') && *checksum != STANDARD.encode(digest.as_bytes());
        if head.digests.checksum.as_ref().is_some_and(is_other) {
            return Err(check(format!("{what} has another digest now than the file")));
        }
        Ok(())
    }
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
