//! `manual`: the file that is to be given away, read once more.

use super::disk::Altered;
use super::setup::{Setup, found};
use serde_json::json;
use std::sync::Arc;
use surefoot::base::{Digest, Value};
use surefoot::engine::call::Call;

fn read(setup: &Setup, of: &[u8]) -> Value {
    let with = json!({"instructions": "Import it.", "path": "n.backup", "sha256": Digest::of(of).to_string()});
    found(setup.read("manual", Call::Read, with, Value::Null))
}

#[test]
pub(crate) fn file_that_is_gone_or_changed_is_told() {
    let content = vec![7; 3_000_000];
    let mut setup = Setup::new();
    let told = |setup: &Setup| read(setup, &content)["problem"].as_str().unwrap_or("nothing").to_owned();
    assert!(told(&setup).contains("no longer exists"), "{}", told(&setup));
    let path = setup.file("n.backup", &content);
    assert_eq!(read(&setup, &content), json!({"ok": true}));
    let last = setup.gauge.0.lock().unwrap().last().copied();
    assert_eq!(last, Some((3_000_000, 3_000_000)), "it is read to its end");
    let mut flipped = content.clone();
    flipped[2_999_999] ^= 1;
    for other in [&flipped[..], &content[1..], b""] {
        setup.file("n.backup", other);
        let words =
            format!("has the digest {} now, and what was verified has {}", Digest::of(other), Digest::of(&content));
        assert!(told(&setup).contains(&words), "{}", told(&setup));
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(told(&setup).contains("is no longer a file"), "{}", told(&setup));
    std::fs::remove_dir(&path).unwrap();
    setup.file("n.backup", &content);
    setup.context.ports.disk = Arc::new(Altered { worn: true, ..Altered::default() });
    assert!(told(&setup).contains("cannot be read"), "{}", told(&setup));
}
