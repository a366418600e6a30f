//! The sending of the parts of an upload.
//!
//! A part is read once. The digest of the whole file is taken while it is read, in order; its own digest is taken on
//! another thread while the next part is read and earlier ones are on their way. At most [`FLIGHTS`] parts
//! are in memory, in buffers that are used again.

use crate::base::{Digest, Hasher, Value};
use crate::engine::call::{CallError, Outcome, Reply};
use crate::kinds::background;
use crate::kinds::s3::common::{refused, uri};
use crate::kinds::task::{Task, check, settled};
use crate::kinds::whole::fault;
use crate::port::{DiskFile, Object, ObjectError, Open, Part, PartBody};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// S3 takes no more parts than this.
const PARTS_MAX: u64 = 10_000;
/// Four parts on the wire, one being hashed and one being read.
const FLIGHTS: usize = 6;
/// No more bytes than this are in flight where the parts are larger.
const FLYING_MAX: u64 = 96 << 20;
/// So much is read and hashed at a time, small enough to stay in the cache between the two.
const PIECE: usize = 256 << 10;

/// How a file is cut: the same file always in the same way, so that an upload can be resumed.
pub(in crate::kinds) struct Slices {
    total: u64,
    part: u64,
}

/// One part.
#[derive(Clone, Copy)]
pub(in crate::kinds) struct Slice {
    pub(in crate::kinds) number: u32,
    pub(in crate::kinds) length: u64,
}

impl Slices {
    pub(in crate::kinds) fn of(total: u64, part_size: u64) -> Self {
        let least = total.div_ceil(PARTS_MAX);
        // Rounded up to a MiB, so that the cuts do not depend on a few bytes.
        let part = if least > part_size { least.next_multiple_of(1 << 20) } else { part_size };
        Self { total, part }
    }

    pub(in crate::kinds) fn iter(&self) -> impl Iterator<Item = Slice> + '_ {
        (1..)
            .zip((0..self.total).step_by(usize::try_from(self.part).unwrap_or(usize::MAX)))
            .map(|(number, start)| Slice { number, length: self.part.min(self.total - start) })
    }

    fn flights(&self) -> usize {
        usize::try_from(FLYING_MAX / self.part).unwrap_or(1).clamp(1, FLIGHTS)
    }
}

/// Sends the parts that have not arrived or are others than the file's.
pub(in crate::kinds) async fn send(task: &Task<'_>, object: &Object, upload: &str) -> Result<Reply, CallError> {
    let path = task.path("path")?;
    let file = task.ports().disk.open(&path, Open::Read).map_err(|e| fault("open", &path, &e))?;
    let length = file.len().map_err(|e| fault("look at", &path, &e))?;
    let slices = Slices::of(length, task.context.multipart.part_size);
    let arrived = match task.ports().objects.list_parts(object, upload).await {
        Ok(parts) => parts.into_iter().map(|part| (part.number, part)).collect(),
        Err(e) => return Ok(refused(&uri(object), &e)),
    };
    let total = slices.total;
    let lane = Lane { task, object, upload, arrived: &arrived, pool: Arc::default() };
    match lane.run(Reader { file, whole: Hasher::new(), offset: 0 }, slices, &path).await? {
        Err(refusal) => Ok(refused(&uri(object), &refusal)),
        Ok((digest, _)) if digest != task.digest("sha256")? => {
            Ok(settled(Outcome::Rejected, Value::Null, Some(changed())))
        }
        Ok((_, sent)) => {
            task.ports().progress.transferred(&task.command.step, total, total);
            Ok(settled(Outcome::Applied, serde_json::json!({"parts": sent.0, "sent": sent.1}), None))
        }
    }
}

/// The file is not the one that was received.
pub(in crate::kinds) fn changed() -> CallError {
    check("the file has changed since it was received: its digest is another one")
        .with_remedy("put the received file back; what was uploaded of the changed one is sent again")
}

struct Lane<'a> {
    task: &'a Task<'a>,
    object: &'a Object,
    upload: &'a str,
    arrived: &'a BTreeMap<u32, Part>,
    pool: Arc<Pool>,
}

/// What one of the things under way came to.
enum Landed {
    Read { reader: Reader, slice: Slice, bytes: Result<Bytes, io::Error> },
    Sent { slice: Slice, sent: bool },
    Refused(ObjectError),
}

/// Number of parts, and how many of them had to be sent.
type Sent = (u64, u64);

impl Lane<'_> {
    /// Reads, hashes and sends. After the first refusal nothing more is begun, but what is on its way is waited for:
    /// it counts at the next try.
    async fn run(
        &self,
        reader: Reader,
        slices: Slices,
        path: &Path,
    ) -> Result<Result<(Digest, Sent), ObjectError>, CallError> {
        let mut todo = slices.iter();
        let mut idle = Some(reader);
        let mut refusal = None;
        let (mut done, mut counts) = (0, (0, 0));
        let mut flying: FuturesUnordered<BoxFuture<'_, Result<Landed, CallError>>> = FuturesUnordered::new();
        loop {
            if refusal.is_none()
                && flying.len() < slices.flights()
                && let Some(reader) = idle.take()
            {
                match todo.next() {
                    Some(slice) => flying.push(Box::pin(self.read(reader, slice))),
                    None => idle = Some(reader),
                }
            }
            let Some(landed) = flying.next().await else { break };
            match landed? {
                Landed::Read { reader, slice, bytes } => {
                    idle = Some(reader);
                    flying.push(Box::pin(self.fly(slice, bytes.map_err(|e| fault("read", path, &e))?)));
                }
                Landed::Sent { slice, sent } => {
                    counts = (counts.0 + 1, counts.1 + u64::from(sent));
                    done += slice.length;
                    self.task.ports().progress.transferred(&self.task.command.step, done, slices.total);
                }
                Landed::Refused(error) => refusal = refusal.or(Some(error)),
            }
        }
        match (refusal, idle) {
            (Some(error), _) => Ok(Err(error)),
            (None, Some(reader)) => Ok(Ok((reader.whole.finish(), counts))),
            (None, None) => Err(self.task.wrong("the reader was lost")),
        }
    }

    async fn read(&self, mut reader: Reader, slice: Slice) -> Result<Landed, CallError> {
        let pool = self.pool.clone();
        let job = move || {
            let bytes = reader.next(Pool::lend(&pool), slice.length);
            (reader, bytes)
        };
        let (reader, bytes) = background::run(&*self.task.ports().worker, job).await?;
        Ok(Landed::Read { reader, slice, bytes })
    }

    /// Hashes a part, and sends it where it has not arrived.
    async fn fly(&self, slice: Slice, bytes: Bytes) -> Result<Landed, CallError> {
        let hashed = bytes.clone();
        let sha256 = background::run(&*self.task.ports().worker, move || Digest::of(&hashed)).await?;
        let there = self.arrived.get(&slice.number);
        if there.is_some_and(|part| part.size == slice.length && part.sha256 == Some(sha256)) {
            return Ok(Landed::Sent { slice, sent: false });
        }
        let body = PartBody { bytes, sha256 };
        Ok(match self.task.ports().objects.part(self.object, self.upload, slice.number, body).await {
            Ok(_) => Landed::Sent { slice, sent: true },
            Err(error) => Landed::Refused(error),
        })
    }
}

/// The file, read in order.
struct Reader {
    file: Box<dyn DiskFile>,
    whole: Hasher,
    offset: u64,
}

impl Reader {
    fn next(&mut self, mut buffer: Lent, length: u64) -> io::Result<Bytes> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if buffer.bytes.len() >= length {
            buffer.bytes.truncate(length);
        } else {
            // Memory that comes as zeros from the system is not filled with them again.
            buffer.bytes = vec![0; length];
        }
        let mut rest = buffer.bytes.as_mut_slice();
        while !rest.is_empty() {
            let piece = rest.len().min(PIECE);
            let (now, _) = rest.split_at_mut(piece);
            let count = self.file.read_at(now, self.offset)?;
            if count == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
            }
            self.whole.update(now.get(..count).unwrap_or_default());
            self.offset += count as u64;
            rest = rest.get_mut(count..).unwrap_or_default();
        }
        Ok(Bytes::from_owner(buffer))
    }
}

/// Buffers that are used again.
#[derive(Default)]
struct Pool(Mutex<Vec<Vec<u8>>>);

impl Pool {
    fn lend(pool: &Arc<Self>) -> Lent {
        let bytes = pool.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Lent { bytes, pool: pool.clone() }
    }
}

/// A buffer that returns to its pool when nobody reads it any more.
struct Lent {
    bytes: Vec<u8>,
    pool: Arc<Pool>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.pool.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}
