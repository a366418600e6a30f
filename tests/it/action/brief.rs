//! Whatever the service says, a record can hold the outcome of an effect.

use super::setup::{Setup, failure, reply, settled};
use serde_json::json;
use surefoot::base::{Digest, Secret, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::port::{Method, Response};

/// A record has 256 KiB, and what happens to an effect is far from that.
const SHORT: usize = 32 << 10;

fn long() -> String {
    "x".repeat(250_000)
}

/// Every effect on an instance, with the inputs it takes and what the protocol adds.
fn effects(setup: &Setup) -> Vec<(&'static str, Call, Value, Value)> {
    let id = json!({"instance_id": setup.source});
    let other = setup.wire.world.lock().unwrap().instances_with_passwords().pop().unwrap().id;
    vec![
        ("aura.instance.update", Call::Update, json!({"instance_id": setup.source}), json!({"body": {"name": "n"}})),
        ("aura.instance.pause", Call::Pause, id.clone(), Value::Null),
        ("aura.instance.resume", Call::Resume, id.clone(), Value::Null),
        ("aura.instance.delete", Call::Delete, id.clone(), Value::Null),
        ("aura.snapshot.create", Call::Create, id, Value::Null),
        (
            "aura.instance.overwrite",
            Call::Overwrite,
            json!({"instance_id": setup.source, "source_instance_id": other}),
            Value::Null,
        ),
        (
            "aura.instance.create",
            Call::Create,
            json!({
                "tenant_id": setup.tenant, "type": "enterprise-db", "cloud_provider": "aws", "region": "eu-west-1",
                "memory": "8G", "password_file": "new.env",
            }),
            json!({"name": "sf-0123456789abcdef"}),
        ),
    ]
}

/// What every write is answered.
fn answer(setup: &Setup, data: Value) {
    setup.over(move |request| {
        let is_write = request.method != Method::Get && !request.url.ends_with("/oauth/token");
        is_write.then(|| reply(202, &json!({"data": data}))).flatten()
    });
}

#[test]
fn what_an_effect_returned_is_short_and_its_outcome_is_kept() {
    for number in 0..7 {
        let setup = Setup::new();
        let (kind, call, with, input) = effects(&setup).remove(number);
        let id = setup.source.clone();
        answer(
            &setup,
            json!({
                "id": id, "snapshot_id": "s1", "name": long(), "status": [long()], "connection_url": long(),
            }),
        );
        if call == Call::Create && kind == "aura.instance.create" {
            // The reply with a password has 64 KiB at most.
            let fields: Value = json!({
                "id": id, "name": "n".repeat(20_000), "connection_url": "u".repeat(20_000), "username": "neo4j",
                "password": "not in the output", "region": "r".repeat(20_000),
            });
            answer(&setup, fields);
        }
        let reply = setup.effect(kind, call, with, input);
        let shown = format!("{reply:?}");
        assert!(shown.len() < SHORT, "{kind}: {} bytes", shown.len());
        let (outcome, output) = settled(reply);
        assert_eq!(outcome, Outcome::Accepted, "{kind}: {shown}");
        let (known, value) =
            if kind == "aura.snapshot.create" { ("snapshot_id", json!("s1")) } else { ("id", json!(id)) };
        assert_eq!(output[known], value, "{kind}");
        assert!(["name", "status", "connection_url", "region"].iter().all(|name| output[*name].is_null()), "{output}");
    }
}

#[test]
fn an_id_that_is_too_long_is_none_so_nobody_knows_what_became_of_it() {
    for (number, length) in [(1, 300_000), (2, 1025), (4, 300_000), (5, 300_000), (6, 20_000)] {
        let setup = Setup::new();
        let (kind, call, with, input) = effects(&setup).remove(number);
        let id = "i".repeat(length);
        answer(
            &setup,
            json!({
                "id": id, "snapshot_id": id, "name": "n", "connection_url": "u", "username": "neo4j",
                "password": "not in the output",
            }),
        );
        let reply = setup.effect(kind, call, with, input);
        assert_eq!(settled(reply.clone()).0, Outcome::Unknown, "{kind}");
        assert!(failure(reply).message.contains("too long"), "{kind}");
    }
}

#[test]
fn what_a_guard_saw_is_short() {
    let setup = Setup::new();
    let id = setup.source.clone();
    setup.over(move |request| {
        let is_look = request.method == Method::Get && request.url.ends_with(&id);
        let body = json!({"data": {"id": id, "name": long(), "region": {"deep": long()}, "status": "running"}});
        is_look.then(|| reply(200, &body)).flatten()
    });
    let with = json!({"instance_id": setup.source});
    match setup.act("aura.instance.delete", Act::Prepare(Call::Delete), with, Value::Null) {
        Reply::Prepared { guard, .. } => {
            assert_eq!((&guard["id"], &guard["name"]), (&json!(setup.source), &Value::Null));
            assert_eq!((&guard["region"], &guard["status"]), (&Value::Null, &json!("running")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_and_ids_of_the_service_are_cut() {
    let setup = Setup::new();
    setup.over(|request| {
        let body = json!({"errors": [{"message": long(), "reason": long()}]}).to_string().into_bytes();
        let headers = vec![("x-request-id".to_owned(), long()), ("date".to_owned(), long())];
        let is_write = request.method == Method::Delete;
        is_write.then(|| Ok(Response { status: 409, headers, body: Secret::new(body) }))
    });
    let with = json!({"instance_id": setup.source});
    let told = setup.effect("aura.instance.delete", Call::Delete, with, Value::Null);
    assert_eq!(settled(told.clone()).0, Outcome::Rejected);
    assert!(format!("{told:?}").len() < SHORT);
    // What an earlier step read becomes a part of the words of a later one.
    let url = format!("neo4j+s://{}", long());
    let with = json!({"url": url, "credentials": {"$secret": "secrets.source_db"}});
    setup.over(|request| request.url.contains("xxx").then(|| reply(500, &json!({}))).flatten());
    let error = failure(setup.read("neo4j.counts", Call::Read, with, Value::Null));
    assert!(error.message.len() <= 4096 && error.message.ends_with('…'), "{} bytes", error.message.len());
}

#[test]
fn what_the_store_says_is_cut_and_an_upload_without_a_usable_id_is_in_doubt() {
    let setup = Setup::new();
    let bytes = vec![7; 1000];
    setup.file("a.backup", &bytes);
    setup.shelf.state.lock().unwrap().prefix = long();
    let with = json!({"path": "a.backup", "sha256": Digest::of(&bytes).to_string(), "bucket": "b"});
    let (outcome, output) = settled(setup.effect("s3.put", Call::Put, with.clone(), Value::Null));
    assert_eq!((outcome, output), (Outcome::Applied, json!({"etag": null, "version_id": null, "parts": 1})));
    let started = setup.effect("s3.put", Call::UploadStart, with, Value::Null);
    assert_eq!(settled(started.clone()).0, Outcome::Unknown);
    assert!(failure(started).message.contains("so it is none"));
}

/// A record escapes what a terminal would obey, so that its text is up to three times as long as what was read.
#[test]
fn what_was_read_is_counted_as_the_record_writes_it() {
    let setup = Setup::new();
    setup.over(|request| {
        let one = |n: usize| json!({"id": format!("{n:08x}"), "name": "\u{85}".repeat(500)});
        let body = json!({"data": (0..150).map(one).collect::<Vec<_>>()});
        request.url.contains("/instances").then(|| reply(200, &body)).flatten()
    });
    let error = failure(setup.read("aura.instance.list", Call::Read, json!({}), Value::Null));
    assert_eq!(error.class, ErrorClass::Invalid, "{error:?}");
}
