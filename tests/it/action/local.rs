//! `assert`, `sleep`, `audit.entry`, `diff`, `file.write`, and questions.

use super::setup::{Setup, assert_declared, done, failure, found, settled};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use surefoot::base::{Actor, Digest, Map, Timestamp, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::engine::question::{Answer, Form, Question};
use surefoot::port::OperatorError;
use surefoot::runbook::kind::Proof;

#[test]
fn assertion_holds_or_says_why() {
    let setup = Setup::new();
    let of = |that: bool| {
        setup.read("assert", Call::Read, json!({"that": that, "message": "It must run.\u{202e}"}), Value::Null)
    };
    assert_eq!(done(of(true)), serde_json::from_str::<Map>(r#"{"that": true}"#).unwrap());
    let error = failure(of(false));
    assert_eq!((error.class, error.message.as_str()), (ErrorClass::Check, "It must run.\\u{202e}"));
    let silent = failure(setup.read("assert", Call::Read, json!({"that": false}), Value::Null));
    assert!(!silent.message.is_empty());
}

#[test]
fn sleep_ends_at_the_moment_that_was_set_before() {
    let setup = Setup::new();
    let until = json!({"until": "2026-01-20T22:05:00Z"});
    let output = done(setup.read("sleep", Call::Read, json!({"for": "5m"}), until.clone()));
    assert_eq!(output["until"], json!("2026-01-20T22:05:00Z"));
    let before: Timestamp = "2026-01-20T22:05:00Z".parse().unwrap();
    use surefoot::port::Clock as _;
    assert_eq!(setup.clock.now(), before);
    setup.clock.advance(std::time::Duration::from_secs(60));
    done(setup.read("sleep", Call::Read, json!({"for": "5m"}), until));
    assert_eq!(
        setup.clock.now(),
        before.plus(std::time::Duration::from_secs(60)),
        "a wait that is over is not repeated"
    );
}

#[test]
fn entry_is_evidence_about_its_subject() {
    let setup = Setup::new();
    let with = json!({"subject": "2f49c2b3", "title": "Before", "fields": {"name": "payments"}});
    let reply = setup.read("audit.entry", Call::Read, with, Value::Null);
    let Reply::Done { evidence, output } = reply else { panic!("{reply:?}") };
    assert_declared("audit.entry", &output);
    let proof = evidence.first().unwrap();
    assert_eq!((proof.kind, proof.subject.as_str(), proof.verifier.as_str()), (Proof::Audited, "2f49c2b3", "engine"));
    assert_eq!(output["fields"], json!({"name": "payments"}));
}

#[test]
fn diff_judges_every_field() {
    let setup = Setup::new();
    let with = json!({
        "before": {"id": "a", "type": "business-critical", "memory": "8GB", "region": "eu-west-1", "gone": 1, "kept": true},
        "after": {"id": "b", "type": "enterprise-db", "memory": "8GB", "region": "eu-west-3", "new": "x\u{1b}[2J", "kept": true},
        "expect": {"type": "enterprise-db", "memory": "16GB"},
        "ignore": ["id", "kept"],
    });
    let found = found(setup.read("diff", Call::Read, with, Value::Null));
    let verdicts: Vec<(&str, &str)> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["field"].as_str().unwrap(), row["verdict"].as_str().unwrap()))
        .collect();
    let expected = [
        ("gone", "different"),
        ("id", "ignored"),
        ("kept", "same"),
        ("memory", "different"),
        ("new", "different"),
        ("region", "different"),
        ("type", "expected"),
    ];
    assert_eq!(verdicts, expected);
    assert_eq!(found["unexpected"], json!(["gone", "memory", "new", "region"]));
    insta::assert_snapshot!(found["text"].as_str().unwrap(), @r"
    field   before             after          verdict
    gone    1                  -              different
    id      a                  b              ignored
    kept    true               true           same
    memory  8GB                8GB            different
    new     -                  x\u{1b}[2J     different
    region  eu-west-1          eu-west-3      different
    type    business-critical  enterprise-db  expected
    ");
}

#[test]
fn file_is_written_whole_and_found_again() {
    let setup = Setup::new();
    let with = |content: Value| json!({"path": "note.txt", "content": content});
    let same =
        |content: Value| found(setup.read("file.write", Call::Probe, with(content), Value::Null))["same"].clone();
    assert_eq!(same(json!("hello")), json!(false));
    let (outcome, output) = settled(setup.effect("file.write", Call::Write, with(json!("hello")), Value::Null));
    let path = setup.home().join("note.txt");
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(output, json!({"path": path.to_str(), "size": 5, "sha256": Digest::of(b"hello").to_string()}));
    assert_eq!(std::fs::read(&path).unwrap(), b"hello");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        (same(json!("hello")), same(json!("hellO")), same(json!("hello!"))),
        (json!(true), json!(false), json!(false))
    );
    settled(setup.effect("file.write", Call::Write, with(json!({"b": 1})), Value::Null));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\n  \"b\": 1\n}\n");
    let left: Vec<_> = std::fs::read_dir(setup.home()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing temporary is left: {left:?}");
}

#[test]
fn file_write_refuses_secrets_nulls_and_places_it_cannot_use() {
    let setup = Setup::new();
    std::fs::create_dir(setup.home().join("dir")).unwrap();
    let refused = |path: &str, content: Value| {
        failure(setup.effect("file.write", Call::Write, json!({"path": path, "content": content}), Value::Null))
    };
    assert!(refused("a", Value::Null).message.contains("null"));
    assert!(refused("a", json!([{"x": {"$secret": "secrets.aura"}}])).message.contains("secret"));
    assert_eq!(refused("nowhere/a", json!("x")).class, ErrorClass::Local);
    assert_eq!(refused("dir", json!("x")).class, ErrorClass::Local);
    let left: Vec<_> = std::fs::read_dir(setup.home()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn questions_go_to_the_operator() {
    let setup = Setup::new();
    let question = Question {
        form: Form::Done,
        text: "Stop the writers.".to_owned(),
        show: Vec::new(),
        task: Value::Null,
        round: 1,
    };
    let ask = || setup.act("manual", Act::Ask(Box::new(question.clone())), json!({"instructions": "x"}), Value::Null);
    let absent = failure(ask());
    assert_eq!((absent.class, absent.reason.as_str()), (ErrorClass::Check, "absent"));
    *setup.person.0.lock().unwrap() = Some(Err(OperatorError::Declined("no".to_owned())));
    assert_eq!(failure(ask()).reason, "declined");
    let answer = Answer {
        text: "done".to_owned(),
        note: String::new(),
        by: Actor::Script,
        at: Timestamp::default(),
        fields: Map::new(),
    };
    *setup.person.0.lock().unwrap() = Some(Ok(answer.clone()));
    let Reply::Answered(given) = ask() else { panic!("no answer") };
    assert_eq!(given, Answer { at: given.at, ..answer });
}
