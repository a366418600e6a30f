//! `s3.put`: everything but the sending of parts.

use crate::base::{Digest, PlantedBug, Value, escape, is_bounded, planted};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome, Reply};
use crate::engine::command::Act;
use crate::kinds::background;
use crate::kinds::s3::common::{below, error, object, outcome, prefix, refused, uri};
use crate::kinds::s3::put::parts::{self, Slices};
use crate::kinds::task::{Task, check, prepared, settled};
use crate::kinds::whole::fault;
use crate::port::{Head, Object, ObjectError, ObjectErrorKind, Part, PutOptions, Written};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::io;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    match &task.command.act {
        Act::Check => preflight(task).await,
        Act::Read(Call::Probe) => probe(task).await,
        Act::Prepare(
            call @ (Call::Put | Call::UploadStart | Call::UploadParts | Call::UploadComplete | Call::UploadSweep),
        ) => prepare(task, *call),
        Act::Send(intent) => {
            let object = object(task)?;
            if intent.target != uri(&object) {
                return Err(task.wrong("it was announced for another object"));
            }
            match intent.call {
                Call::Put => put(task, &object).await,
                Call::UploadStart => {
                    let started = task.ports().objects.create(&object, task.digest("sha256")?).await;
                    Ok(outcome(&uri(&object), started.and_then(usable), |id| serde_json::json!({"upload_id": id})))
                }
                Call::UploadParts => parts::send(task, &object, task.added_text("upload_id")?).await,
                Call::UploadComplete => complete(task, &object, task.added_text("upload_id")?).await,
                Call::UploadSweep => Ok(sweep(task, &object).await),
                _ => Err(task.unknown()),
            }
        }
        _ => Err(task.unknown()),
    }
}

/// Proves before the run that the bucket is there and that objects can be put, seen and removed under the prefix.
async fn preflight(task: &Task<'_>) -> Result<Reply, CallError> {
    let objects = &task.ports().objects;
    let bucket = task.text("bucket")?;
    let region = objects.bucket_region(bucket).await.map_err(|e| error(&format!("s3://{}", escape(bucket)), &e))?;
    let key = below(prefix(task)?, &format!(".surefoot-probe-{}", task.context.run.id));
    let object = Object { bucket: bucket.to_owned(), key, version_id: None };
    let body = Bytes::from_static(b"surefoot was here to see whether it can write\n");
    let options = PutOptions { sha256: Some(Digest::of(&body)), only_if_absent: false };
    let size = body.len() as u64;
    let what = |verb: &str| format!("{verb} {}", escape(&uri(&object)));
    objects.put(&object, body, options).await.map_err(|e| error(&what("put"), &e))?;
    let head = objects.head(&object).await.map_err(|e| error(&what("head"), &e))?;
    if head.size != size {
        return Err(check(format!("{} has {} bytes after {size} were put", escape(&uri(&object)), head.size)));
    }
    // A bucket that keeps everything is a good place for a backup, so a refused deletion is only told.
    let removed = match objects.delete(&object).await {
        Ok(()) => true,
        Err(e) if e.kind == ObjectErrorKind::Denied => false,
        Err(e) => return Err(error(&what("delete"), &e)),
    };
    Ok(Reply::Checked {
        passed: true,
        detail: serde_json::json!({
            "bucket": bucket, "region": region, "prefix": prefix(task)?, "probe": object.key, "probe_removed": removed,
        }),
        error: None,
    })
}

async fn probe(task: &Task<'_>) -> Result<Reply, CallError> {
    let (object, size) = (object(task)?, size(task)?);
    let digest = task.digest("sha256")?;
    let multipart = size > task.context.multipart.threshold;
    let found = match task.ports().objects.head(&object).await {
        Ok(head) => serde_json::json!({
            "exists": true,
            "same": head.size == size && is_of(&head, digest),
            "size": size,
            "multipart": multipart,
            "version_id": head.version_id,
            "etag": head.etag,
            "key": object.key,
        }),
        Err(e) if e.kind == ObjectErrorKind::NotFound => serde_json::json!({
            "exists": false, "same": false, "size": size, "multipart": multipart, "version_id": null, "etag": null,
            "key": object.key,
        }),
        Err(e) => return Err(error(&format!("head {}", escape(&uri(&object))), &e)),
    };
    Ok(Reply::Found(found))
}

/// Whether an object is known to have this digest: the service computed it over the whole, or the writer noted it.
/// A checksum made of those of parts says nothing about the whole.
fn is_of(head: &Head, digest: Digest) -> bool {
    match &head.digests.checksum {
        Some(checksum) if !checksum.contains('-') => *checksum == STANDARD.encode(digest.as_bytes()),
        _ => head.digests.noted == Some(digest),
    }
}

/// The size of the file, which must be there and hold something.
fn size(task: &Task<'_>) -> Result<u64, CallError> {
    let path = task.path("path")?;
    let shown = escape(&path.display().to_string());
    let stat = match task.ports().disk.stat(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(check(format!("the file {shown} no longer exists"))
                .with_remedy("put the file back where it was received, then resume"));
        }
        stat => stat.map_err(|e| fault("look at", &path, &e))?,
    };
    match stat.len {
        _ if !stat.is_file => Err(check(format!("{shown} is not a regular file"))),
        0 => Err(check(format!("the file {shown} is empty"))),
        size => Ok(size),
    }
}

fn prepare(task: &Task<'_>, call: Call) -> Result<Reply, CallError> {
    let object = object(task)?;
    // Nothing of the file is needed to clean up behind it.
    if call != Call::UploadSweep {
        size(task)?;
    }
    let (verb, query) = match call {
        Call::UploadStart => ("POST", "?uploads"),
        Call::UploadComplete => ("POST", "?uploadId"),
        Call::UploadParts => ("PUT", "?partNumber&uploadId"),
        Call::UploadSweep => ("DELETE", "?uploadId"),
        _ => ("PUT", ""),
    };
    Ok(prepared(uri(&object), format!("{verb} {}{query}", uri(&object)), task.digest("sha256")?, Value::Null))
}

async fn put(task: &Task<'_>, object: &Object) -> Result<Reply, CallError> {
    let (path, size) = (task.path("path")?, size(task)?);
    let largest = task.context.multipart.threshold;
    if size > largest {
        return Err(task.wrong("the file is too large for one request"));
    }
    let disk = task.ports().disk.clone();
    let job = move || {
        disk.read(&path, largest).map(|bytes| (Digest::of(&bytes), bytes)).map_err(|e| fault("read", &path, &e))
    };
    let (digest, bytes) = background::run(&*task.ports().worker, job).await??;
    if digest != task.digest("sha256")? {
        return Err(parts::changed());
    }
    task.ports().progress.transferred(&task.command.step, 0, size);
    let options = PutOptions { sha256: Some(digest), only_if_absent: true };
    let written = task.ports().objects.put(object, Bytes::from(bytes), options).await;
    task.ports().progress.transferred(&task.command.step, size, size);
    Ok(outcome(&uri(object), written, |written| told(&written, 1)))
}

/// The id of an upload, where it is one: without it nobody knows which upload was started.
fn usable(id: String) -> Result<String, ObjectError> {
    if is_bounded(&id) && !id.is_empty() {
        return Ok(id);
    }
    let message = format!("the id of the upload has {} bytes, so it is none", id.len());
    Err(ObjectError { kind: ObjectErrorKind::Unknown, message, status: None, request_id: None })
}

/// Completes an upload all of whose parts have arrived in their sizes; what was sent beyond the end of the file is left
/// out.
async fn complete(task: &Task<'_>, object: &Object, upload: &str) -> Result<Reply, CallError> {
    let slices = Slices::of(size(task)?, task.context.multipart.part_size);
    let what = uri(object);
    let objects = &task.ports().objects;
    let last = slices.iter().last().map_or(0, |slice| slice.number);
    let parts: Vec<Part> = match objects.list_parts(object, upload).await {
        Ok(parts) => parts.into_iter().filter(|part| part.number <= last).collect(),
        // Nothing has been sent yet, so what failed is only a read.
        Err(e) => {
            let outcome = if e.kind == ObjectErrorKind::NotFound { Outcome::Rejected } else { Outcome::NotSent };
            return Ok(settled(outcome, Value::Null, Some(error(&what, &e))));
        }
    };
    let expected = slices.iter().map(|slice| (slice.number, slice.length));
    if !parts.iter().map(|part| (part.number, part.size)).eq(expected) {
        let missing = CallError::new(ErrorClass::Outside, format!("{what}: not all parts have arrived"));
        return Ok(settled(Outcome::Rejected, Value::Null, Some(missing.with_reason("parts-missing"))));
    }
    let written = objects.complete(object, upload, &parts).await;
    Ok(outcome(&what, written, |written| told(&written, parts.len())))
}

/// Aborts the uploads to the key that are still under way, and tells how many there were.
async fn sweep(task: &Task<'_>, object: &Object) -> Reply {
    let (what, objects) = (uri(object), &task.ports().objects);
    let left = match objects.uploads(object).await {
        Ok(left) => left,
        // Nothing has been sent yet, so what failed is only a read.
        Err(e) => return settled(Outcome::NotSent, Value::Null, Some(error(&what, &e))),
    };
    for upload in left.iter().filter(|_| !planted(PlantedBug::UploadKept)) {
        match objects.abort(object, upload).await {
            Err(e) if e.kind != ObjectErrorKind::NotFound => return refused(&what, &e),
            _ => {}
        }
    }
    settled(Outcome::Applied, serde_json::json!({"aborted": left.len()}), None)
}

fn told(written: &Written, parts: usize) -> Value {
    serde_json::json!({"etag": written.etag, "version_id": written.version_id, "parts": parts})
}
