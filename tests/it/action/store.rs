//! `s3.put`: an upload that fails at every primitive is resumed part by part.

use super::setup::{Setup, failure, found, settled};
use bytes::Bytes;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use surefoot::base::{Digest, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::port::{
    Async, ByteStream, Digests, Head, Object, ObjectError, ObjectErrorKind, Objects, Part, PartBody, PutOptions,
    Written,
};

/// A store in memory. The primitive with the number `fail_at` fails, before or after it has done its work.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) objects: BTreeMap<String, Kept>,
    uploads: BTreeMap<String, BTreeMap<u32, (Bytes, Digest)>>,
    pub(super) calls: Vec<String>,
    /// Which call fails, whether its work is done first, and how.
    pub(super) fail: Option<(usize, bool, ObjectErrorKind)>,
    /// The service tells no digests of parts.
    pub(super) silent: bool,
    /// Stands before every id that the service gives.
    pub(super) prefix: String,
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) noted: Option<Digest>,
    pub(super) parts: usize,
}

impl Shelf {
    fn call<T>(
        &self,
        name: String,
        work: impl FnOnce(&mut State) -> Result<T, ObjectErrorKind>,
    ) -> Result<T, ObjectError> {
        let mut state = self.state.lock().unwrap();
        let number = state.calls.len();
        state.calls.push(name);
        let failing = state.fail.filter(|(at, ..)| *at == number);
        if let Some((_, false, kind)) = failing {
            return Err(trouble(kind));
        }
        let result = work(&mut state).map_err(trouble);
        match failing {
            Some((.., kind)) => Err(trouble(kind)),
            None => result,
        }
    }

    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }
}

pub(super) fn trouble(kind: ObjectErrorKind) -> ObjectError {
    ObjectError { kind, message: format!("{kind:?} by order"), status: None, request_id: None }
}

fn written(etag: usize, prefix: &str) -> Written {
    Written { etag: format!("{prefix}\"{etag}\""), version_id: Some(format!("{prefix}v1")) }
}

fn ready<'a, T: Send + 'a>(result: Result<T, ObjectError>) -> Async<'a, Result<T, ObjectError>> {
    Box::pin(std::future::ready(result))
}

impl Objects for Shelf {
    fn bucket_region<'a>(&'a self, bucket: &'a str) -> Async<'a, Result<String, ObjectError>> {
        ready(self.call(format!("region {bucket}"), |_| Ok("eu-west-1".to_owned())))
    }

    fn create<'a>(&'a self, object: &'a Object, digest: Digest) -> Async<'a, Result<String, ObjectError>> {
        ready(self.call(format!("create {}", object.key), |state| {
            let id = format!("{}u{}-{digest}", state.prefix, state.uploads.len());
            state.uploads.insert(id.clone(), BTreeMap::new());
            Ok(id)
        }))
    }

    fn part<'a>(
        &'a self,
        _object: &'a Object,
        upload: &'a str,
        number: u32,
        body: PartBody,
    ) -> Async<'a, Result<Part, ObjectError>> {
        ready(self.call(format!("part {number}"), |state| {
            if Digest::of(&body.bytes) != body.sha256 {
                return Err(ObjectErrorKind::Digest);
            }
            let size = body.bytes.len() as u64;
            let parts = state.uploads.get_mut(upload).ok_or(ObjectErrorKind::NotFound)?;
            // A copy of its own, as a store has one: the buffer goes back to its pool.
            parts.insert(number, (Bytes::copy_from_slice(&body.bytes), body.sha256));
            Ok(Part { number, etag: number.to_string(), sha256: Some(body.sha256), size })
        }))
    }

    fn list_parts<'a>(&'a self, _object: &'a Object, upload: &'a str) -> Async<'a, Result<Vec<Part>, ObjectError>> {
        ready(self.call("list".to_owned(), |state| {
            let silent = state.silent;
            let parts = state.uploads.get(upload).ok_or(ObjectErrorKind::NotFound)?;
            let part = |(number, (bytes, sha256)): (&u32, &(Bytes, Digest))| Part {
                number: *number,
                etag: number.to_string(),
                sha256: (!silent).then_some(*sha256),
                size: bytes.len() as u64,
            };
            Ok(parts.iter().map(part).collect())
        }))
    }

    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        parts: &'a [Part],
    ) -> Async<'a, Result<Written, ObjectError>> {
        ready(self.call("complete".to_owned(), |state| {
            if state.objects.contains_key(&object.key) {
                return Err(ObjectErrorKind::Exists);
            }
            let held = state.uploads.remove(upload).ok_or(ObjectErrorKind::NotFound)?;
            assert!(held.keys().copied().eq(parts.iter().map(|part| part.number)));
            let bytes = held.values().map(|(bytes, _)| bytes.as_ref()).collect::<Vec<_>>().concat();
            let noted = upload.split_once('-').and_then(|(_, digest)| digest.parse().ok());
            state.objects.insert(object.key.clone(), Kept { bytes, noted, parts: parts.len() });
            Ok(written(parts.len(), &state.prefix))
        }))
    }

    fn uploads<'a>(&'a self, _object: &'a Object) -> Async<'a, Result<Vec<String>, ObjectError>> {
        ready(self.call("uploads".to_owned(), |state| Ok(state.uploads.keys().cloned().collect())))
    }

    fn abort<'a>(&'a self, _object: &'a Object, upload: &'a str) -> Async<'a, Result<(), ObjectError>> {
        ready(self.call("abort".to_owned(), |state| {
            state.uploads.remove(upload).map(|_| ()).ok_or(ObjectErrorKind::NotFound)
        }))
    }

    fn put<'a>(
        &'a self,
        object: &'a Object,
        body: Bytes,
        options: PutOptions,
    ) -> Async<'a, Result<Written, ObjectError>> {
        ready(self.call(format!("put {}", object.key), |state| {
            if options.only_if_absent && state.objects.contains_key(&object.key) {
                return Err(ObjectErrorKind::Exists);
            }
            if options.sha256 != Some(Digest::of(&body)) {
                return Err(ObjectErrorKind::Digest);
            }
            state.objects.insert(object.key.clone(), Kept { bytes: body.to_vec(), noted: options.sha256, parts: 1 });
            Ok(written(0, &state.prefix))
        }))
    }

    fn head<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Head, ObjectError>> {
        ready(self.call(format!("head {}", object.key), |state| {
            let kept = state.objects.get(&object.key).ok_or(ObjectErrorKind::NotFound)?;
            let digests = Digests { checksum: None, noted: kept.noted };
            let Written { etag, version_id } = written(kept.parts, "");
            Ok(Head { size: kept.bytes.len() as u64, etag, version_id, digests })
        }))
    }

    fn get<'a>(&'a self, object: &'a Object) -> Async<'a, Result<ByteStream, ObjectError>> {
        ready(self.call(format!("get {} {:?}", object.key, object.version_id), |state| {
            let kept = state.objects.get(&object.key).ok_or(ObjectErrorKind::NotFound)?;
            let pieces: Vec<_> = kept.bytes.chunks(70_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let stream: ByteStream = Box::pin(futures_util::stream::iter(pieces));
            Ok(stream)
        }))
    }

    fn delete<'a>(&'a self, object: &'a Object) -> Async<'a, Result<(), ObjectError>> {
        ready(self.call(format!("delete {}", object.key), |state| {
            state.objects.remove(&object.key);
            Ok(())
        }))
    }
}

const MIB: usize = 1 << 20;

/// A file whose every MiB is another one.
fn content(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x5a; length];
    for (number, piece) in bytes.chunks_mut(MIB).enumerate() {
        piece[0] = u8::try_from(number % 251).unwrap();
    }
    bytes
}

fn with(bytes: &[u8]) -> Value {
    json!({"path": "a.backup", "sha256": Digest::of(bytes).to_string(), "bucket": "b", "prefix": "/x/y/"})
}

/// What the protocol does, without its waiting: start, parts until they are all there, complete.
fn upload(setup: &Setup, with: &Value) -> Result<Value, Reply> {
    let step = |call, input: Value| match setup.effect("s3.put", call, with.clone(), input) {
        Reply::Settled { outcome, output, .. } if outcome.took() => Ok(output),
        other => Err(other),
    };
    let started = step(Call::UploadStart, Value::Null)?;
    let input = json!({"upload_id": started["upload_id"]});
    let mut tries = 0;
    let parts = loop {
        tries += 1;
        match step(Call::UploadParts, input.clone()) {
            Ok(parts) => break parts,
            Err(_) if tries < 3 => {}
            Err(other) => return Err(other),
        }
    };
    step(Call::UploadComplete, input)?;
    Ok(parts)
}

#[test]
fn small_file_is_put_once_and_found_again() {
    let setup = Setup::new();
    let bytes = content(300_000);
    setup.file("a.backup", &bytes);
    let probe = || found(setup.read("s3.put", Call::Probe, with(&bytes), Value::Null));
    let before = probe();
    assert_eq!((&before["exists"], &before["size"]), (&json!(false), &json!(300_000)));
    let key = format!("x/y/{}.backup", Digest::of(&bytes));
    assert_eq!(before["key"], json!(key));
    let (outcome, output) = settled(setup.effect("s3.put", Call::Put, with(&bytes), Value::Null));
    assert_eq!((outcome, &output["version_id"]), (Outcome::Applied, &json!("v1")));
    assert_eq!(setup.shelf.state.lock().unwrap().objects[&key].bytes, bytes);
    let after = probe();
    assert_eq!((&after["exists"], &after["same"]), (&json!(true), &json!(true)));
    let again = setup.effect("s3.put", Call::Put, with(&bytes), Value::Null);
    assert_eq!(failure(again.clone()).reason, "exists");
    assert_eq!(settled(again).0, Outcome::Rejected);
}

#[test]
fn another_object_under_the_key_is_not_the_same() {
    let setup = Setup::new();
    let bytes = content(1000);
    setup.file("a.backup", &bytes);
    let key = format!("x/y/{}.backup", Digest::of(&bytes));
    let mut other = bytes.clone();
    other[500] ^= 1;
    let kept = Kept { noted: Some(Digest::of(&other)), bytes: other, parts: 1 };
    setup.shelf.state.lock().unwrap().objects.insert(key, kept);
    let found = found(setup.read("s3.put", Call::Probe, with(&bytes), Value::Null));
    assert_eq!((&found["exists"], &found["same"]), (&json!(true), &json!(false)));
}

#[test]
fn large_file_goes_in_parts_and_arrives_whole() {
    let setup = Setup::new();
    let bytes = content(40 * MIB + 17);
    setup.file("a.backup", &bytes);
    let parts = upload(&setup, &with(&bytes)).unwrap();
    assert_eq!(parts, json!({"parts": 3, "sent": 3}));
    let kept = setup.shelf.state.lock().unwrap().objects.values().next().cloned().unwrap();
    assert_eq!((kept.parts, Digest::of(&kept.bytes), kept.noted), (3, Digest::of(&bytes), Some(Digest::of(&bytes))));
    let seen = setup.gauge.0.lock().unwrap().clone();
    assert!(seen.is_sorted() && seen.last() == Some(&(bytes.len() as u64, bytes.len() as u64)), "{seen:?}");
}

/// Fails the n-th call for every n, before and after its work; what arrived is never sent again.
#[test]
fn upload_is_resumed_after_a_failure_at_every_primitive() {
    let bytes = content(33 * MIB);
    let calls = {
        let setup = Setup::new();
        setup.file("a.backup", &bytes);
        upload(&setup, &with(&bytes)).unwrap();
        setup.shelf.calls().len()
    };
    assert_eq!(calls, 1 + 1 + 3 + 2);
    for at in 0..calls {
        for after in [false, true] {
            let setup = Setup::new();
            setup.file("a.backup", &bytes);
            setup.shelf.state.lock().unwrap().fail = Some((at, after, ObjectErrorKind::Unknown));
            let result = upload(&setup, &with(&bytes));
            let log = setup.shelf.calls();
            let sent = |number| log.iter().filter(|call| **call == format!("part {number}")).count();
            match at {
                // The start is not resumed here: its outcome is told, and the protocol decides.
                0 => assert_eq!(settled(result.unwrap_err()).0, Outcome::Unknown),
                1..=4 => {
                    result.unwrap();
                    let total: usize = (1..=3).map(sent).sum();
                    assert!(total <= if after { 3 } else { 4 } || at == 1, "{at} {after} {log:?}");
                    let kept = setup.shelf.state.lock().unwrap().objects.values().next().cloned().unwrap();
                    assert_eq!(Digest::of(&kept.bytes), Digest::of(&bytes));
                }
                // Nothing has been sent where only the list before the completion failed.
                5 => assert_eq!(settled(result.unwrap_err()).0, Outcome::NotSent),
                _ => assert_eq!(settled(result.unwrap_err()).0, Outcome::Unknown),
            }
        }
    }
}

#[test]
fn parts_of_another_file_are_sent_again() {
    let setup = Setup::new();
    let (bytes, mut other) = (content(33 * MIB), content(33 * MIB));
    other[20 * MIB] ^= 1;
    setup.file("a.backup", &other);
    let with = with(&bytes);
    let (_, started) = settled(setup.effect("s3.put", Call::UploadStart, with.clone(), Value::Null));
    let input = json!({"upload_id": started["upload_id"]});
    let changed = setup.effect("s3.put", Call::UploadParts, with.clone(), input.clone());
    assert_eq!(failure(changed.clone()).class, ErrorClass::Check);
    assert_eq!(settled(changed).0, Outcome::Rejected);
    setup.file("a.backup", &bytes);
    let mended = settled(setup.effect("s3.put", Call::UploadParts, with.clone(), input.clone()));
    assert_eq!(mended, (Outcome::Applied, json!({"parts": 3, "sent": 1})));
    // A service that tells no digests is believed nothing.
    setup.shelf.state.lock().unwrap().silent = true;
    let silent = settled(setup.effect("s3.put", Call::UploadParts, with, input));
    assert_eq!(silent, (Outcome::Applied, json!({"parts": 3, "sent": 3})));
}

#[test]
fn an_upload_is_not_completed_before_all_parts_have_arrived() {
    let setup = Setup::new();
    let bytes = content(33 * MIB);
    setup.file("a.backup", &bytes);
    let (_, started) = settled(setup.effect("s3.put", Call::UploadStart, with(&bytes), Value::Null));
    let input = json!({"upload_id": started["upload_id"]});
    let early = setup.effect("s3.put", Call::UploadComplete, with(&bytes), input);
    assert_eq!(failure(early).reason, "parts-missing");
    let gone = setup.effect("s3.put", Call::UploadComplete, with(&bytes), json!({"upload_id": "nobody"}));
    assert_eq!((failure(gone.clone()).class, settled(gone).0), (ErrorClass::NotFound, Outcome::Rejected));
}

#[test]
fn broken_uploads_to_the_key_are_aborted() {
    let setup = Setup::new();
    let bytes = content(33 * MIB);
    setup.file("a.backup", &bytes);
    // Two that nobody remembers, and one that is completed.
    for _ in 0..2 {
        settled(setup.effect("s3.put", Call::UploadStart, with(&bytes), Value::Null));
    }
    upload(&setup, &with(&bytes)).unwrap();
    // What is uploaded may be gone by then.
    std::fs::remove_file(setup.home().join("a.backup")).unwrap();
    let sweep = || setup.effect("s3.put", Call::UploadSweep, with(&bytes), Value::Null);
    setup.shelf.calls();
    setup.shelf.state.lock().unwrap().fail = Some((1, false, ObjectErrorKind::Denied));
    assert_eq!(failure(sweep()).class, ErrorClass::Auth);
    setup.shelf.calls();
    // Another run was faster with one of them.
    setup.shelf.state.lock().unwrap().fail = Some((1, true, ObjectErrorKind::NotFound));
    assert_eq!(settled(sweep()), (Outcome::Applied, json!({"aborted": 2})));
    assert!(setup.shelf.state.lock().unwrap().uploads.is_empty());
    setup.shelf.calls();
    setup.shelf.state.lock().unwrap().fail = Some((0, false, ObjectErrorKind::Unknown));
    assert_eq!(settled(sweep()).0, Outcome::NotSent, "only the list failed");
}

#[test]
fn file_that_is_gone_empty_or_another_one_is_told() {
    let setup = Setup::new();
    let bytes = content(100);
    for (file, class) in
        [(None, ErrorClass::Check), (Some(&b""[..]), ErrorClass::Check), (Some(b"x"), ErrorClass::Check)]
    {
        if let Some(file) = file {
            setup.file("a.backup", file);
        }
        let reply = setup.effect("s3.put", Call::Put, with(&bytes), Value::Null);
        assert_eq!(failure(reply).class, class, "{file:?}");
    }
    assert!(setup.shelf.calls().is_empty(), "nothing may be sent");
}

#[test]
fn preflight_puts_looks_and_removes() {
    let setup = Setup::new();
    let inputs = json!({"bucket": "b", "prefix": "x"});
    match setup.act("s3.put", Act::Check, inputs.clone(), Value::Null) {
        Reply::Checked { passed: true, detail, error: None } => {
            assert_eq!((&detail["region"], &detail["probe_removed"]), (&json!("eu-west-1"), &json!(true)));
        }
        other => panic!("{other:?}"),
    }
    assert!(setup.shelf.state.lock().unwrap().objects.is_empty());
    let cases = [
        (0, ObjectErrorKind::NoBucket, ErrorClass::NotFound, "name of the bucket"),
        (0, ObjectErrorKind::WrongRegion, ErrorClass::Invalid, "AWS_REGION"),
        (1, ObjectErrorKind::Denied, ErrorClass::Auth, "s3:PutObject"),
        (2, ObjectErrorKind::Outside, ErrorClass::Outside, "tried again"),
    ];
    for (at, kind, class, words) in cases {
        let setup = Setup::new();
        setup.shelf.state.lock().unwrap().fail = Some((at, false, kind));
        let error = failure(setup.act("s3.put", Act::Check, inputs.clone(), Value::Null));
        assert_eq!(error.class, class);
        assert!(error.remedy.contains(words), "{error:?}");
    }
    // A bucket that refuses deletions keeps backups all the better.
    let setup = Setup::new();
    setup.shelf.state.lock().unwrap().fail = Some((3, false, ObjectErrorKind::Denied));
    let reply = setup.act("s3.put", Act::Check, inputs, Value::Null);
    assert!(matches!(&reply, Reply::Checked { passed: true, detail, .. } if detail["probe_removed"] == json!(false)));
}
