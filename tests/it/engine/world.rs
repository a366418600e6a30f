//! A world that answers commands as a benevolent outside would.

use super::plans::SOURCE;
use super::rig::{Rig, alice};
use serde_json::json;
use surefoot::base::{Digest, Map, Timestamp, Value};
use surefoot::engine::Engine;
use surefoot::engine::call::{Call, CallError, Outcome, Reply, Sealed};
use surefoot::engine::command::{Act, Command};
use surefoot::engine::evidence::Evidence;
use surefoot::engine::history::History;
use surefoot::engine::question::{Answer, Form, Question};
use surefoot::runbook::kind::Type;

/// When the snapshots of these worlds were taken.
const SNAPSHOT_AT: &str = "2026-01-02T03:00:00Z";

/// What a command comes back with when all is well.
pub(super) fn calm(engine: &Engine, command: &Command, now: Timestamp) -> Reply {
    let history = &engine.steps()[command.id.step].history;
    match &command.act {
        Act::Check => Reply::Checked { passed: true, detail: Value::Null, error: None },
        Act::Ask(question) => answer(&text_for(question), now),
        Act::Deliver { attempt, .. } => {
            Reply::Delivered { sink: "file".to_owned(), reference: "/new.env".to_owned(), version: *attempt }
        }
        Act::Prepare(Call::Rotate) => announced(command),
        Act::Prepare(call) => prepared(&target(command, *call), guard(command, *call)),
        Act::Send(intent) => match (command.kind.name, intent.call) {
            ("aura.instance.create", Call::Create) => sealed(&format!("aaaa{:04}", intent.attempt), &intent.target),
            _ => settled(Outcome::Applied, sent(command, intent.call), None),
        },
        Act::Read(call) => read(command, *call, history, now),
    }
}

/// Answers everything of other steps until this step wants something.
pub(super) fn lead_to(rig: &mut Rig, step: &str) {
    for _ in 0..200 {
        if rig.pending(step).is_some() {
            return;
        }
        let command = rig.engine.pending().next().cloned().unwrap_or_else(|| panic!("nothing leads to {step}"));
        rig.now = rig.now.max(command.not_before);
        let reply = calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
    }
    panic!("nothing leads to {step}\n{}", rig.tail());
}

/// Answers the last looks before an irreversible effect of this step: everything is as it was.
pub(super) fn look_again(rig: &mut Rig, step: &str) {
    while let Some(command) = rig.pending(step).filter(|command| command.act == Act::Read(Call::Recheck)) {
        rig.now = rig.now.max(command.not_before);
        let reply = calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
    }
}

fn read(command: &Command, call: Call, history: &History, now: Timestamp) -> Reply {
    let has = |names: &[Call]| {
        let took = |one: &surefoot::engine::history::Attempt| one.outcome().is_some_and(Outcome::took);
        history.attempts.iter().any(|one| names.contains(&one.intent.call) && took(one))
    };
    let found = |value: Value| Reply::Found(value);
    match (command.kind.name, call) {
        ("aura.instance.create", Call::Baseline) => found(json!({"ids": [SOURCE], "date": now.to_seconds_text()})),
        ("aura.snapshot.create", Call::Baseline) => found(json!({"ids": ["s0"], "date": now.to_seconds_text()})),
        ("aura.instance.create", Call::Settle) => {
            found(json!({"name": command.input["name"], "matches": [], "complete": true}))
        }
        ("aura.instance.create", Call::Read) => {
            found(json!({"id": command.input["id"], "ok": true, "path": "/new.env"}))
        }
        ("aura.instance.create", Call::Sweep) => found(json!({"matches": [], "complete": true})),
        ("aura.snapshot.create", Call::Settle) => found(json!({"snapshots": [], "complete": true})),
        (_, Call::Probe) if command.kind.name.starts_with("aura.instance.") && command.kind.name.ends_with('e') => {
            match command.kind.name {
                "aura.instance.update" => {
                    let mut seen = config(text(command, "instance_id"));
                    if has(&[Call::Update]) {
                        seen.extend(command.with.iter().filter(|(_, value)| !value.is_null()).map(pair));
                    }
                    found(Value::Object(seen))
                }
                "aura.instance.overwrite" => found(status("running")),
                "aura.instance.pause" => found(status(if has(&[Call::Pause]) { "paused" } else { "running" })),
                "aura.instance.resume" => found(status(if has(&[Call::Resume]) { "running" } else { "paused" })),
                "aura.instance.create" if is_own(history, &command.input["id"]) => {
                    found(json!({"id": command.input["id"], "present": true, "status": "running"}))
                }
                "aura.instance.create"
                    if text(command, "on_lost_secret") != "replace" && !has(&[Call::Create, Call::Replace]) =>
                {
                    found(json!({"id": command.input["id"], "present": true, "status": "running"}))
                }
                _ => found(json!({"id": command.input["id"], "present": false, "control": true})),
            }
        }
        ("neo4j.password.rotate", Call::Probe) => found(json!({"new": has(&[Call::Rotate]), "old": true})),
        ("s3.put", Call::Probe) => {
            // What was exported stands there already.
            let there = has(&[Call::Put, Call::UploadComplete]) || text(command, "path") == "/x.backup";
            found(
                json!({"exists": there, "same": there, "size": 20 << 20, "multipart": true, "key": "k", "etag": "e", "version_id": "v"}),
            )
        }
        ("aura.instance.await", Call::Poll) if text(command, "status") == "absent" => {
            found(json!({"present": false, "listed": false, "control": true}))
        }
        ("aura.instance.await", Call::Poll) => {
            found(json!({"present": true, "status": text(command, "status"), "connection_url": "neo4j+s://x"}))
        }
        ("aura.snapshot.await", Call::Poll) => found(
            json!({"snapshot_id": command.with["snapshot_id"], "status": "Completed", "exportable": true, "timestamp": SNAPSHOT_AT}),
        ),
        ("neo4j.compare", Call::Poll) => found(json!({"equal": true, "compared": true, "differences": []})),
        ("backup.receive", Call::Poll) => found(json!({"path": "/x.backup", "size": 7, "stable": true})),
        ("backup.receive", Call::Read) => found(
            json!({"ok": true, "path": "/x.backup", "size": 7, "sha256": Digest::of(b"backup").to_string(), "extension": "backup"}),
        ),
        ("manual", Call::Read) => found(json!({"ok": true})),
        ("diff", Call::Read) => found(json!({"rows": [], "unexpected": [], "text": ""})),
        _ => done(command, now),
    }
}

/// Whether this is the instance that the step is to keep.
fn is_own(history: &History, id: &Value) -> bool {
    history.last_attempt(Call::Create).is_some_and(|last| last.output("id") == Some(id) && !history.is_lost(last))
}

fn status(word: &str) -> Value {
    let mut seen = config(SOURCE);
    seen.insert("status".to_owned(), word.into());
    Value::Object(seen)
}

fn pair((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// All declared outputs, and the evidence that the kind yields.
pub(super) fn done(command: &Command, now: Timestamp) -> Reply {
    let mut output: Map = command.kind.outputs.iter().map(|field| (field.name.to_owned(), example(field.ty))).collect();
    if command.kind.name == "aura.instance.get" {
        output = config(text(command, "instance_id"));
    }
    if let Some(taken) = output.get_mut("timestamp") {
        *taken = json!(SNAPSHOT_AT);
    }
    let subject = command.kind.subject.map(|name| text(command, name)).unwrap_or_default();
    let evidence = command.kind.yields.iter().map(|kind| Evidence {
        kind: *kind,
        subject: subject.to_owned(),
        digest: text(command, "sha256").parse().unwrap_or(Digest::of(subject.as_bytes())),
        at: now,
        verifier: "engine".to_owned(),
    });
    Reply::Done { output, evidence: evidence.collect() }
}

fn example(ty: Type) -> Value {
    match ty {
        Type::Integer | Type::Size => json!(1),
        Type::Boolean => json!(true),
        Type::List | Type::Steps => json!([]),
        Type::Map => json!({}),
        Type::InstanceId => json!(SOURCE),
        _ => json!("x"),
    }
}

/// The configuration of an instance.
pub(super) fn config(id: &str) -> Map {
    let fields = json!({
        "id": id, "name": "prod", "tenant_id": "t1", "region": "eu", "created_at": "2025-01-01T00:00:00Z",
        "type": "professional-db", "memory": "8GB", "status": "running", "cloud_provider": "gcp",
    });
    fields.as_object().unwrap().clone()
}

fn target(command: &Command, call: Call) -> String {
    let name = match call {
        Call::Create if command.kind.name == "aura.instance.create" => command.input["name"].as_str(),
        Call::Replace | Call::Rename => command.input["id"].as_str(),
        _ => command.with.get("instance_id").or(command.with.get("path")).and_then(Value::as_str),
    };
    name.unwrap_or("target").to_owned()
}

fn guard(command: &Command, call: Call) -> Value {
    match call {
        Call::Delete | Call::Overwrite => Value::Object(config(text(command, "instance_id"))),
        Call::Replace => json!({"id": command.input["id"], "name": command.input["name"], "tenant_id": "t1"}),
        _ => Value::Null,
    }
}

fn sent(command: &Command, call: Call) -> Value {
    match call {
        Call::Create => json!({"snapshot_id": "s1"}),
        Call::UploadStart => json!({"upload_id": "u1"}),
        Call::UploadParts => json!({"parts": 2}),
        Call::Write => json!({"path": text(command, "path"), "size": 1, "sha256": "abc"}),
        _ => Value::Null,
    }
}

pub(super) fn text<'a>(command: &'a Command, name: &str) -> &'a str {
    command.with.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What the question wants to hear.
pub(super) fn text_for(question: &Question) -> String {
    match &question.form {
        Form::Type(text) => text.clone(),
        Form::Done => String::new(),
        Form::Path => "/x.backup".to_owned(),
        Form::Choice(words) => words[0].clone(),
    }
}

pub(super) fn answer(text: &str, at: Timestamp) -> Reply {
    let (text, note) = (text.to_owned(), String::new());
    Reply::Answered(Answer { text, note, by: alice(), at, fields: Map::new() })
}

pub(super) fn prepared(target: &str, guard: Value) -> Reply {
    Reply::Prepared {
        target: target.to_owned(),
        request: format!("DO {target}"),
        request_digest: Digest::of(target.as_bytes()),
        guard,
        sealed: None,
    }
}

pub(super) fn settled(outcome: Outcome, output: Value, error: Option<CallError>) -> Reply {
    let (status, request_id, server_date, sealed) = (None, None, None, None);
    Reply::Settled { outcome, status, request_id, server_date, output, sealed, error }
}

/// The response to a creation: the instance, and its password sealed.
pub(super) fn sealed(id: &str, name: &str) -> Reply {
    let output = json!({
        "id": id, "name": name, "connection_url": "neo4j+s://x", "tenant_id": "t1", "cloud_provider": "gcp",
        "region": "eu", "type": "enterprise-db", "created_at": null, "username": "neo4j",
    });
    Reply::Settled {
        outcome: Outcome::Accepted,
        status: Some(202),
        request_id: None,
        server_date: None,
        output,
        sealed: Some(blob("sealed")),
        error: None,
    }
}

/// A password, sealed.
fn blob(text: &str) -> Sealed {
    Sealed {
        alg: "age".to_owned(),
        b64: "c2VhbGVk".to_owned(),
        recipients: vec!["age1x".to_owned()],
        sha256: Digest::of(text.as_bytes()),
    }
}

/// The announcement of a new password: that of an earlier attempt, where there was one.
fn announced(command: &Command) -> Reply {
    let made = command.sealed.get(&command.step).cloned();
    let sealed = Some(made.unwrap_or_else(|| blob(&format!("new password {}", command.id.attempt))));
    match prepared(text(command, "url"), Value::Null) {
        Reply::Prepared { target, request, request_digest, guard, .. } => {
            Reply::Prepared { target, request, request_digest, guard, sealed }
        }
        other => other,
    }
}
