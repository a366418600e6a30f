//! No secret of the vault stands in what a reply shows, whatever the world answers.

use super::setup::{Setup, wait};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use surefoot::base::{Map, Secret, Timestamp, Value};
use surefoot::engine::call::{Call, Reply};
use surefoot::engine::command::{Act, Command, CommandId};
use surefoot::engine::event::Intent;
use surefoot::kinds::vault::Vault;
use surefoot::port::Perform as _;
use surefoot::port::{Committed, Response, TransportError};
use surefoot::runbook::kind::Kind;

/// An input of every name that a kind may have, secrets as handles.
fn inputs(setup: &Setup, kind: &Kind) -> Map {
    let value = |name: &str| match name {
        "instance_id" | "subject" => json!(setup.source),
        "tenant_id" => json!(setup.tenant),
        "credentials" => json!({"$secret": "secrets.source_db"}),
        "url" => json!("neo4j+s://2f49c2b3.databases.neo4j.io"),
        "before" | "after" => json!({"counted": true}),
        "fields" | "expect" => json!({}),
        "ignore" => json!([]),
        "days" | "size" => json!(3),
        "sha256" => json!("0".repeat(64)),
        "path" | "password_file" => json!("a.file"),
        "snapshot_time" => json!("2026-01-20T22:00:00Z"),
        "for" | "tolerance" | "within" | "every" => json!("10s"),
        "type" => json!("enterprise-db"),
        "cloud_provider" => json!("aws"),
        "memory" | "storage" => json!("8GB"),
        "max_size" | "folder" | "source_instance_id" | "source_snapshot_id" | "after_" => Value::Null,
        "that" | "ping" | "accept_uncounted" | "exportable" => json!(false),
        other => json!(other),
    };
    kind.inputs.iter().map(|field| (field.name.to_owned(), value(field.name))).collect()
}

fn acts(attempt: u32) -> Vec<Act> {
    let intent = |call| Intent {
        step: "s".to_owned(),
        call,
        attempt,
        target: "sf-1".to_owned(),
        request: String::new(),
        request_digest: surefoot::base::Digest::of(b""),
        guard: Value::Null,
        evidence: Vec::new(),
        input: json!({"name": "sf-1", "id": "2f49c2b3", "upload_id": "u", "body": {"name": "x"}}),
        deadline: None,
        sealed: None,
    };
    let mut acts = vec![Act::Check];
    for call in Call::ALL {
        acts.push(Act::Read(call));
        acts.push(Act::Prepare(call));
        acts.push(Act::Send(Box::new(intent(call))));
    }
    acts
}

fn everything(setup: &Setup) -> Vec<(String, Reply)> {
    let mut replies = Vec::new();
    for kind in surefoot::kinds::catalog().iter() {
        for act in acts(1) {
            let name = format!("{} {act:?}", kind.name);
            let command = Command {
                id: CommandId { step: 0, call: Call::Read, attempt: 1, serial: 0 },
                not_before: Timestamp::default(),
                step: "s".to_owned(),
                kind,
                act,
                announced: Some(0),
                with: Arc::new(inputs(setup, kind)),
                input: json!({"name": "sf-1", "id": "2f49c2b3", "until": "2026-01-20T22:00:00Z", "baseline": [],
                    "path": "a.file", "names": ["sf-1"], "upload_id": "u", "body": {"name": "x"}}),
                sealed: Arc::default(),
            };
            replies.push((name, wait(setup.context.perform(&command, Some(&Committed::after_sync(1))))));
        }
    }
    replies
}

fn assert_clean(setup: &Setup, secrets: &[String]) {
    for (name, reply) in everything(setup) {
        let shown = format!("{reply:?}");
        for secret in secrets {
            assert!(!shown.contains(secret.as_str()), "{name} shows a secret: {shown}");
        }
    }
    let shown = format!("{:?}", setup.context);
    assert!(secrets.iter().all(|secret| !shown.contains(secret.as_str())), "{shown}");
}

/// The service repeats everything it was sent, as text, as an error and as a field.
fn parrot(setup: &Setup, status: u16, shape: u8) {
    setup.over(move |request| {
        if request.url.ends_with("/oauth/token") {
            return None;
        }
        let headers: Vec<String> = request.headers.iter().map(|(_, value)| value.expose().clone()).collect();
        let said = format!("{} {}", headers.join(" "), String::from_utf8_lossy(request.body.expose()));
        let body = match shape {
            0 => said,
            1 => json!({"errors": [{"message": said, "reason": said}]}).to_string(),
            2 => json!({"error": said}).to_string(),
            _ => return Some(Err(TransportError::Maybe(said))),
        };
        Some(Ok(Response { status, headers: Vec::new(), body: Secret::new(body.into_bytes()) }))
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn replies_show_no_secret(
        password in "[A-Za-z0-9_-]{24,43}",
        status in prop::sample::select(vec![200_u16, 202, 301, 400, 401, 403, 404, 409, 500, 503]),
        shape in 0_u8..4,
    ) {
        let mut setup = Setup::new();
        let aura: Vec<String> =
            setup.context.vault.parts("aura").unwrap().iter().map(|part| part.expose().clone()).collect();
        let parts = vec![Secret::new("neo4j".to_owned()), Secret::new(password.clone())];
        setup.context.vault = Vault::new().with("source_db", Some(parts));
        parrot(&setup, status, shape);
        assert_clean(&setup, &[password, aura[1].clone()]);
    }
}

/// Calm weather: the world answers, things are created, and nothing is shown.
#[test]
fn replies_of_a_calm_world_show_no_secret() {
    let setup = Setup::new();
    let texts = setup.context.vault.texts();
    let world = setup.wire.world.lock().unwrap().instances_with_passwords();
    let mut secrets: Vec<String> = world.iter().map(|access| access.password.expose().clone()).collect();
    secrets.extend(texts.iter().map(|text| text.expose().clone()));
    assert_clean(&setup, &secrets);
    // The passwords of what was created meanwhile.
    let world = setup.wire.world.lock().unwrap().instances_with_passwords();
    let new: Vec<String> = world.iter().map(|access| access.password.expose().clone()).collect();
    assert_clean(&setup, &new);
}
