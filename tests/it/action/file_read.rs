//! `file.read`: real files of every sort.

use super::setup::{Setup, assert_declared, done, failure};
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use surefoot::base::{Digest, Map};
use surefoot::engine::call::{Call, CallError, ErrorClass};

const KIND: &str = "file.read";

fn read(setup: &Setup, with: Value) -> Map {
    let output = done(setup.read(KIND, Call::Read, with, Value::Null));
    assert_declared(KIND, &output);
    output
}

fn refused(setup: &Setup, with: Value) -> CallError {
    let error = failure(setup.read(KIND, Call::Read, with, Value::Null));
    assert!(!error.remedy.is_empty(), "{error:?}");
    error
}

#[test]
fn a_file_is_hashed_whole_and_its_content_is_left_where_it_is() {
    let setup = Setup::new();
    let bytes: Vec<u8> = (0..3 << 20).map(|number: u32| number.to_le_bytes()[0]).collect();
    let path = setup.file("big", &bytes);
    let output = read(&setup, json!({"path": "big"}));
    let expected = json!({
        "path": path, "size": bytes.len(), "sha256": Digest::of(&bytes).to_string(), "text": null, "json": null,
    });
    assert_eq!(Value::Object(output.clone()), expected);
    let again = done(setup.read(KIND, Call::Recheck, json!({"path": path}), Value::Null));
    assert_eq!(again, output, "a last look sees the same");
    setup.file("empty", b"");
    assert_eq!(read(&setup, json!({"path": "empty", "parse": "text"}))["text"], json!(""));
}

#[test]
fn content_is_taken_up_up_to_its_limit() {
    let setup = Setup::new();
    setup.file("a.json", "{\"größe\": [1, null, 1.5]}\n".as_bytes());
    assert_eq!(read(&setup, json!({"path": "a.json", "parse": "json"}))["json"], json!({"größe": [1, null, 1.5]}));
    let text = read(&setup, json!({"path": "a.json", "parse": "text"}));
    assert_eq!((&text["text"], &text["json"]), (&json!("{\"größe\": [1, null, 1.5]}\n"), &Value::Null));
    let long = "x".repeat(64 << 10);
    setup.file("long", long.as_bytes());
    assert_eq!(read(&setup, json!({"path": "long", "parse": "text"}))["text"], json!(long));
    setup.file("longer", format!("{long}x").as_bytes());
    let error = refused(&setup, json!({"path": "longer", "parse": "text"}));
    assert!(error.message.contains("65536 bytes of content") && error.remedy.contains("`parse`"), "{error:?}");
    assert_eq!(read(&setup, json!({"path": "longer"}))["size"], json!((64 << 10) + 1));
}

#[test]
fn what_is_not_what_the_step_wants_says_where_and_never_what_stands_there() {
    let setup = Setup::new();
    setup.file("broken.json", b"{\"a\": 1,\n \"password\": hunter2}");
    let error = refused(&setup, json!({"path": "broken.json", "parse": "json"}));
    assert!(error.message.ends_with("broken.json is not JSON: line 2, column 14"), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    setup.file("latin1", b"gr\xf6\xdfe");
    for parse in ["text", "json"] {
        let error = refused(&setup, json!({"path": "latin1", "parse": parse}));
        assert!(error.message.contains("not UTF-8 text: the byte at offset 2"), "{error:?}");
    }
    assert_eq!(read(&setup, json!({"path": "latin1"}))["size"], json!(5), "bytes are bytes");
    let error = refused(&setup, json!({"path": "latin1", "max_size": "4"}));
    assert!(error.message.contains("has 5 bytes, and `max_size` allows 4"), "{error:?}");
    assert_eq!(read(&setup, json!({"path": "latin1", "max_size": 5}))["size"], json!(5));
}

#[test]
fn what_cannot_be_read_says_what_it_is() {
    let setup = Setup::new();
    let error = refused(&setup, json!({"path": "nowhere/a"}));
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(error.message.contains("nowhere/a") && error.remedy.contains("where the run was started"), "{error:?}");
    std::fs::create_dir(setup.home().join("dir")).unwrap();
    assert!(refused(&setup, json!({"path": "dir"})).message.ends_with("is a directory"));
    setup.file("a", b"a");
    symlink("a", setup.home().join("link")).unwrap();
    assert!(refused(&setup, json!({"path": "link"})).message.contains("is a link"));
    let made = std::process::Command::new("mkfifo").arg(setup.home().join("pipe")).status().unwrap();
    assert!(made.success());
    assert!(refused(&setup, json!({"path": "pipe"})).message.contains("a pipe"), "it is not waited for");
    std::fs::set_permissions(setup.home().join("a"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read everything is stopped by no mode.
    if std::fs::read(setup.home().join("a")).is_err() {
        let error = refused(&setup, json!({"path": "a"}));
        assert!(error.message.contains("ermission denied") && error.remedy.contains("let this user read"), "{error:?}");
    }
}
