//! `backup.verify`: the whole object, by version.

use super::setup::{Setup, assert_declared, done, failure};
use super::store::Kept;
use serde_json::json;
use surefoot::base::{Digest, Value};
use surefoot::engine::call::{Call, ErrorClass, Reply};
use surefoot::port::ObjectErrorKind;
use surefoot::runbook::kind::Proof;

fn content() -> Vec<u8> {
    [&b"BZV3"[..], &[0x5a; 9_000_000]].concat()
}

fn put(setup: &Setup, bytes: &[u8]) {
    let kept = Kept { bytes: bytes.to_vec(), noted: None, parts: 1 };
    setup.shelf.state.lock().unwrap().objects.insert("k".to_owned(), kept);
}

fn read(setup: &Setup, of: &[u8]) -> Reply {
    let with = json!({
        "instance_id": setup.source, "bucket": "b", "key": "k", "version_id": "v1",
        "sha256": Digest::of(of).to_string(), "size": of.len(),
    });
    setup.read("backup.verify", Call::Read, with, Value::Null)
}

#[test]
fn equal_object_is_evidence() {
    let (setup, bytes) = (Setup::new(), content());
    put(&setup, &bytes);
    let reply = read(&setup, &bytes);
    let Reply::Done { evidence, .. } = &reply else { panic!("{reply:?}") };
    let proof = evidence.first().unwrap();
    assert_eq!((proof.kind, &proof.subject, proof.digest), (Proof::Backup, &setup.source, Digest::of(&bytes)));
    assert_eq!(proof.verifier, "s3:full-read");
    let output = done(reply);
    assert_declared("backup.verify", &output);
    assert_eq!(output["format"], json!("BZV3"));
    assert_eq!(setup.shelf.calls(), ["get k Some(\"v1\")"]);
    assert_eq!(setup.gauge.0.lock().unwrap().last(), Some(&(bytes.len() as u64, bytes.len() as u64)));
}

#[test]
fn any_difference_fails() {
    let bytes = content();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cut = bytes[..bytes.len() - 1].to_vec();
    let longer = [bytes.clone(), vec![0]].concat();
    for other in [flipped, cut, longer, Vec::new()] {
        let setup = Setup::new();
        put(&setup, &other);
        assert_eq!(failure(read(&setup, &bytes)).class, ErrorClass::Check, "{} bytes", other.len());
    }
    // Equal, but no backup.
    let setup = Setup::new();
    put(&setup, b"<html>");
    assert_eq!(failure(read(&setup, b"<html>")).class, ErrorClass::Check);
}

#[test]
fn failures_of_the_store_keep_their_class() {
    let cases = [
        (ObjectErrorKind::Outside, ErrorClass::Outside),
        (ObjectErrorKind::Denied, ErrorClass::Auth),
        (ObjectErrorKind::NotFound, ErrorClass::NotFound),
    ];
    for (kind, class) in cases {
        let setup = Setup::new();
        setup.shelf.state.lock().unwrap().fail = Some((0, false, kind));
        assert_eq!(failure(read(&setup, b"BZV3")).class, class);
    }
}
