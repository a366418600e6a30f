//! `aura.instance.get`, `list`, `update`, `delete`, `await`, and `aura.tenant.check`.

use super::setup::{Setup, assert_declared, done, failure, found, reply, settled};
use serde_json::json;
use std::time::Duration;
use surefoot::base::{Secret, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::port::{Method, Response, TransportError};
use surefoot::runbook::kind::Proof;

fn get(setup: &Setup, id: &str) -> Reply {
    setup.read("aura.instance.get", Call::Read, json!({"instance_id": id}), Value::Null)
}

#[test]
fn configuration_has_every_declared_field_and_is_evidence() {
    let setup = Setup::new();
    let reply = get(&setup, &setup.source);
    let Reply::Done { output, evidence } = reply.clone() else { panic!("{reply:?}") };
    assert_declared("aura.instance.get", &output);
    assert_eq!((&output["status"], &output["memory"]), (&json!("running"), &json!("8GB")));
    assert_eq!(output["customer_managed_key_id"], Value::Null);
    let proof = evidence.first().unwrap();
    assert_eq!((proof.kind, &proof.subject, proof.verifier.as_str()), (Proof::Config, &setup.source, "aura-api"));
    assert_eq!(get(&setup, &setup.source), reply, "the same configuration has the same digest");
}

#[test]
fn odd_spellings_of_a_configuration_are_made_plain() {
    let setup = Setup::new();
    let id = setup.source.clone();
    setup.over(move |request| {
        let body = json!({"data": {"id": id, "name": "n", "status": "Running", "tenant_id": "t", "cloud_provider": "aws",
            "region": "r", "type": "free-db", "memory": "8G", "connection_url": "", "surprise": {"x": 1}}});
        request.url.contains("/instances/").then(|| reply(200, &body)).flatten()
    });
    let output = done(get(&setup, &setup.source));
    assert_eq!((&output["status"], &output["memory"]), (&json!("running"), &json!("8GB")));
    assert_eq!((&output["connection_url"], &output["storage"]), (&Value::Null, &Value::Null));
    assert!(!output.contains_key("surprise"));
}

#[test]
fn reply_about_another_instance_is_not_believed() {
    let setup = Setup::new();
    setup.over(|request| {
        let body = json!({"data": {"id": "00000000", "status": "running"}});
        request.url.contains("/instances/").then(|| reply(200, &body)).flatten()
    });
    assert_eq!(failure(get(&setup, &setup.source)).class, ErrorClass::Outside);
}

#[test]
fn unknown_instance_and_absent_credentials_are_told() {
    let mut setup = Setup::new();
    let error = failure(get(&setup, "ffffffff"));
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(!error.remedy.is_empty());
    setup.context.aura = None;
    let error = failure(get(&setup, &setup.source));
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.remedy.contains("AURA_CLIENT_ID"));
}

#[test]
fn list_tells_all_or_those_of_a_tenant() {
    let setup = Setup::new();
    let list = |with: Value| done(setup.read("aura.instance.list", Call::Read, with, Value::Null));
    let (all, some) = (list(json!({})), list(json!({"tenant_id": setup.tenant})));
    assert_declared("aura.instance.list", &all);
    assert_eq!((&all["count"], &some["count"]), (&json!(3), &json!(2)));
    setup.over(|request| {
        request.url.contains("/instances").then(|| reply(200, &json!({"data": [{"name": "x"}]}))).flatten()
    });
    let broken = setup.read("aura.instance.list", Call::Read, json!({}), Value::Null);
    assert_eq!(failure(broken).class, ErrorClass::Outside, "a list with a nameless entry is not complete");
}

#[test]
fn a_list_that_no_record_can_hold_is_an_error_and_not_the_end_of_the_journal() {
    let setup = Setup::new();
    setup.over(|request| {
        let one = |n: usize| json!({"id": format!("{n:08x}"), "name": "a name of usual length", "tenant_id": "t", "cloud_provider": "aws"});
        let body = json!({"data": (0..3_000).map(one).collect::<Vec<_>>()});
        request.url.contains("/instances").then(|| reply(200, &body)).flatten()
    });
    let told = failure(setup.read("aura.instance.list", Call::Read, json!({}), Value::Null));
    assert_eq!(told.class, ErrorClass::Invalid, "{}", told.message);
    assert!(told.message.contains("a record holds") && told.remedy.contains("one tenant"), "{told:?}");
}

fn watch(setup: &Setup, id: &str, status: &str, tenant: bool) -> Value {
    let mut with = json!({"instance_id": id, "status": status});
    if tenant {
        with["tenant_id"] = json!(setup.tenant);
    }
    found(setup.read("aura.instance.await", Call::Poll, with, Value::Null))
}

#[test]
fn absence_comes_with_its_control() {
    let setup = Setup::new();
    let present = watch(&setup, &setup.source, "absent", true);
    assert_eq!((&present["present"], &present["status"]), (&json!(true), &json!("running")));
    setup.requests();
    for tenant in [true, false] {
        let mut absent = watch(&setup, "ffffffff", "absent", tenant);
        // The list is dated by the service's clock.
        assert!(absent.as_object_mut().unwrap().remove("date").is_some_and(|date| date.is_string()));
        assert_eq!(absent, json!({"present": false, "listed": false, "control": true}));
    }
    let requests = setup.requests();
    assert_eq!(
        requests,
        [
            "GET /v1/instances/ffffffff".to_owned(),
            format!("GET /v1/instances?tenantId={}", setup.tenant),
            format!("GET /v1/tenants/{}", setup.tenant),
            "GET /v1/instances/ffffffff".to_owned(),
            "GET /v1/instances".to_owned(),
            "GET /v1/tenants".to_owned(),
        ]
    );
    // Nothing but the 404 is asked where a status is awaited.
    assert_eq!(watch(&setup, "ffffffff", "running", true), json!({"present": false}));
    assert_eq!(setup.requests(), ["GET /v1/instances/ffffffff"]);
}

#[test]
fn absence_without_its_control_is_seen_as_such() {
    let setup = Setup::new();
    let no = json!({"errors": [{"message": "no", "reason": "tenant-not-found"}]});
    setup.over(move |request| request.url.contains("/tenants").then(|| reply(404, &no)).flatten());
    assert_eq!(watch(&setup, "ffffffff", "absent", true)["control"], json!(false));
    // A list that still shows it.
    let setup = Setup::new();
    let id = setup.source.clone();
    let gone = json!({"errors": [{"message": "DB not found", "reason": "db-not-found"}]});
    setup.over(move |request| request.url.ends_with(&id).then(|| reply(404, &gone)).flatten());
    let found = watch(&setup, &setup.source, "absent", true);
    assert_eq!((&found["listed"], &found["control"]), (&json!(true), &json!(true)));
}

#[test]
fn trouble_is_never_absence() {
    let setup = Setup::new();
    for (part, status) in
        [("/instances/ffffffff", 503), ("/instances?", 502), ("/tenants/", 500), ("/instances/ffffffff", 404)]
    {
        // The last one is a page of something before the API.
        setup.over(move |request| {
            let page = Response { status, headers: Vec::new(), body: Secret::new(b"<html>".to_vec()) };
            request.url.contains(part).then_some(Ok(page))
        });
        let with = json!({"instance_id": "ffffffff", "status": "absent", "tenant_id": setup.tenant});
        let reply = setup.read("aura.instance.await", Call::Poll, with, Value::Null);
        assert_eq!(failure(reply).class, ErrorClass::Outside, "{part}");
    }
}

#[test]
fn deletion_is_announced_with_what_was_seen_and_sent_once() {
    let setup = Setup::new();
    let with = json!({"instance_id": setup.source});
    let prepared = setup.act("aura.instance.delete", Act::Prepare(Call::Delete), with.clone(), Value::Null);
    let Reply::Prepared { target, request, guard, .. } = prepared else { panic!("{prepared:?}") };
    assert_eq!((&target, request), (&setup.source, format!("DELETE /v1/instances/{}", setup.source)));
    let keys: Vec<&String> = guard.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["created_at", "date", "id", "memory", "name", "region", "status", "tenant_id", "type"]);
    let reply = setup.effect("aura.instance.delete", Call::Delete, with.clone(), Value::Null);
    assert_eq!(settled(reply).0, Outcome::Accepted);
    let probe =
        || found(setup.read("aura.instance.delete", Call::Probe, with.clone(), json!({"tenant_id": setup.tenant})));
    assert_eq!(probe()["status"], json!("destroying"));
    setup.clock.advance(Duration::from_secs(600));
    let gone = probe();
    let seen = ["present", "listed", "control"].map(|name| gone[name] == json!(true));
    assert_eq!(seen, [false, false, true], "{gone}");
    let again = setup.act("aura.instance.delete", Act::Prepare(Call::Delete), with, Value::Null);
    assert_eq!(failure(again).class, ErrorClass::NotFound);
    let deletes = setup.requests().iter().filter(|request| request.starts_with("DELETE")).count();
    assert_eq!(deletes, 1);
}

#[test]
fn nothing_is_sent_that_was_not_announced_or_is_not_durable() {
    let setup = Setup::new();
    let with = json!({"instance_id": setup.source});
    let prepared = setup.act("aura.instance.delete", Act::Prepare(Call::Delete), with.clone(), Value::Null);
    let Reply::Prepared { target, request, request_digest, guard, .. } = prepared else { panic!() };
    let intent = surefoot::engine::event::Intent {
        step: "the_step".to_owned(),
        call: Call::Delete,
        attempt: 1,
        target,
        request,
        request_digest,
        guard,
        evidence: Vec::new(),
        input: Value::Null,
        deadline: None,
        sealed: None,
    };
    let send = Act::Send(Box::new(intent));
    let early = setup.act_with("aura.instance.delete", send.clone(), with, Value::Null, None);
    assert_eq!(settled(early).0, Outcome::NotSent);
    let other = setup.act("aura.instance.delete", send, json!({"instance_id": "ffffffff"}), Value::Null);
    assert_eq!((settled(other.clone()).0, failure(other).class), (Outcome::NotSent, ErrorClass::Invalid));
    assert!(setup.requests().iter().all(|request| !request.starts_with("DELETE")));
}

#[test]
fn update_sends_the_difference_and_sees_it() {
    let setup = Setup::new();
    let with = json!({"instance_id": setup.source, "name": "renamed"});
    let input = json!({"body": {"name": "renamed"}});
    let reply = setup.effect("aura.instance.update", Call::Update, with.clone(), input);
    assert_eq!(settled(reply).0, Outcome::Applied);
    for call in [Call::Probe, Call::Poll] {
        assert_eq!(
            found(setup.read("aura.instance.update", call, with.clone(), Value::Null))["name"],
            json!("renamed")
        );
    }
    let empty = setup.effect("aura.instance.update", Call::Update, with, json!({"body": {}}));
    assert_eq!(failure(empty).class, ErrorClass::Invalid);
}

#[test]
fn pausing_and_resuming_are_asked_for_once_and_looked_at() {
    let setup = Setup::new();
    let with = json!({"instance_id": setup.source});
    let seen = |kind: &str| found(setup.read(kind, Call::Probe, with.clone(), Value::Null));
    for (kind, call, on_the_way, end) in [
        ("aura.instance.pause", Call::Pause, "pausing", "paused"),
        ("aura.instance.resume", Call::Resume, "resuming", "running"),
    ] {
        let (outcome, output) = settled(setup.effect(kind, call, with.clone(), Value::Null));
        assert_eq!((outcome, &output["status"]), (Outcome::Accepted, &json!(on_the_way)));
        let look = seen(kind);
        assert_eq!((&look["status"], &look["connection_url"]), (&json!(on_the_way), &Value::Null));
        assert!(look["date"].as_str().unwrap().parse::<surefoot::base::Timestamp>().is_ok());
        let busy = setup.effect(kind, call, with.clone(), Value::Null);
        assert_eq!((settled(busy.clone()).0, failure(busy).class), (Outcome::Rejected, ErrorClass::Busy));
        setup.clock.advance(Duration::from_secs(600));
        assert_eq!(seen(kind)["status"], json!(end));
        let error = failure(setup.effect(kind, call, with.clone(), Value::Null));
        assert_eq!(error.reason, "instance-action-unavailable");
    }
    assert_eq!(setup.requests().iter().filter(|request| request.ends_with("/pause")).count(), 3);
}

#[test]
fn overwriting_is_announced_with_what_was_seen_and_sent_once() {
    let setup = Setup::new();
    let other = done(setup.read("aura.instance.list", Call::Read, json!({}), Value::Null))["instances"].clone();
    let other = other.as_array().unwrap().iter().find(|one| one["id"] != *setup.source).unwrap()["id"].clone();
    let kind = "aura.instance.overwrite";
    let with = json!({"instance_id": setup.source, "source_instance_id": other});
    let prepared = setup.act(kind, Act::Prepare(Call::Overwrite), with.clone(), Value::Null);
    let Reply::Prepared { target, request, guard, .. } = prepared else { panic!("{prepared:?}") };
    assert_eq!((&target, request), (&setup.source, format!("POST /v1/instances/{}/overwrite", setup.source)));
    let keys: Vec<&String> = guard.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["created_at", "id", "memory", "name", "region", "status", "tenant_id", "type"]);
    let (outcome, output) = settled(setup.effect(kind, Call::Overwrite, with.clone(), Value::Null));
    assert_eq!((outcome, &output["status"]), (Outcome::Accepted, &json!("overwriting")));
    let look = || found(setup.read(kind, Call::Probe, with.clone(), Value::Null))["status"].clone();
    assert_eq!(look(), json!("overwriting"));
    let busy = setup.act(kind, Act::Prepare(Call::Overwrite), with.clone(), Value::Null);
    assert_eq!(failure(busy).class, ErrorClass::Busy);
    setup.clock.advance(Duration::from_secs(100));
    assert_eq!(look(), json!("loading"));
    setup.clock.advance(Duration::from_secs(600));
    assert_eq!(look(), json!("running"));
    assert_eq!(setup.requests().iter().filter(|request| request.ends_with("/overwrite")).count(), 1);
}

#[test]
fn what_the_service_would_refuse_too_late_is_not_announced() {
    let setup = Setup::new();
    let all = done(setup.read("aura.instance.list", Call::Read, json!({}), Value::Null))["instances"].clone();
    let small = all.as_array().unwrap().iter().find(|one| one["id"] != *setup.source).unwrap()["id"].clone();
    let refused =
        |with: Value| failure(setup.act("aura.instance.overwrite", Act::Prepare(Call::Overwrite), with, Value::Null));
    let error = refused(json!({"instance_id": small, "source_instance_id": setup.source}));
    assert_eq!((error.class, error.message.contains("the memory of")), (ErrorClass::Check, true), "{}", error.message);
    let itself = refused(json!({"instance_id": setup.source, "source_instance_id": setup.source}));
    assert_eq!(itself.class, ErrorClass::Check);
    let with = json!({"instance_id": setup.source, "source_instance_id": setup.source, "source_snapshot_id": "none"});
    assert_eq!(refused(with.clone()).class, ErrorClass::NotFound);
    setup.over(|request| {
        let body = json!({"data": {"snapshot_id": "none", "exportable": false}});
        request.url.contains("/snapshots/").then(|| reply(200, &body)).flatten()
    });
    let error = refused(with);
    assert!(error.message.contains("is not exportable"), "{}", error.message);
    assert!(setup.requests().iter().all(|request| !request.starts_with("POST /v1")));
}

#[test]
fn lost_response_is_unknown() {
    let setup = Setup::new();
    setup.over(|request| {
        (request.method == Method::Delete).then(|| Err(TransportError::Maybe("connection reset".to_owned())))
    });
    let reply = setup.effect("aura.instance.delete", Call::Delete, json!({"instance_id": setup.source}), Value::Null);
    assert_eq!(settled(reply).0, Outcome::Unknown);
}

fn offered(setup: &Setup, more: &Value) -> Reply {
    let mut with = json!({
        "subject": setup.source, "tenant_id": setup.tenant, "type": "enterprise-db", "cloud_provider": "aws",
        "region": "eu-west-1", "memory": "8GB",
    });
    for (name, value) in more.as_object().unwrap() {
        with[name] = value.clone();
    }
    setup.read("aura.tenant.check", Call::Read, with, Value::Null)
}

#[test]
fn offered_configuration_is_resolved() {
    let setup = Setup::new();
    let reply = offered(&setup, &json!({"storage": "16GB"}));
    let Reply::Done { output, evidence } = reply else { panic!("{reply:?}") };
    assert_declared("aura.tenant.check", &output);
    assert_eq!((evidence[0].kind, &evidence[0].subject), (Proof::Offered, &setup.source));
    assert_eq!((&output["memory"], &output["storage"]), (&json!("8GB"), &json!("16GB")));
    assert_eq!((&output["offered"]["memory"], &output["tenant_name"]), (&json!("8GB"), &json!("Payments Production")));
    // A pair that is not offered: the service derives the storage. So where none is wanted.
    for more in [json!({"storage": "768GB"}), json!({}), json!({"memory": "8 g"})] {
        let output = done(offered(&setup, &more));
        assert_eq!((&output["memory"], &output["storage"]), (&json!("8GB"), &Value::Null), "{more}");
    }
}

#[test]
fn what_is_not_offered_names_what_is() {
    let setup = Setup::new();
    let cases = [
        (json!({"type": "enterprise-ds"}), "type enterprise-ds", "enterprise-db"),
        (json!({"cloud_provider": "gcp", "region": "eu-west-1"}), "region eu-west-1", "europe-west1"),
        (json!({"region": "eu-west-2"}), "region eu-west-2", "eu-west-1, eu-west-3"),
        (json!({"memory": "12GB"}), "memory 12GB", "16GB, 8GB"),
        (json!({"version": "3"}), "version 3", "5"),
    ];
    for (more, what, near) in cases {
        let error = failure(offered(&setup, &more));
        assert_eq!(error.class, ErrorClass::Check);
        assert!(error.message.contains(what) && error.remedy.contains(near), "{error:?}");
    }
    assert_eq!(failure(offered(&setup, &json!({"tenant_id": "none"}))).class, ErrorClass::NotFound);
}

#[test]
fn what_could_be_refused_after_the_deletion_is_refused_here() {
    let setup = Setup::new();
    let long = "n".repeat(31);
    for (more, words) in [
        (json!({"name": long}), "it has 31 characters, and at most 30 are allowed"),
        (json!({"name": "payments "}), "it begins or ends with a space"),
        (json!({"type": "professional-db", "cdc_enrichment_mode": "FULL"}), "has no change data capture (FULL)"),
        (json!({"type": "professional-db", "secondaries_count": 2}), "has no secondaries (2)"),
    ] {
        let error = failure(offered(&setup, &more));
        assert_eq!(error.class, ErrorClass::Check);
        assert!(error.message.contains(words) && !error.remedy.is_empty(), "{more}: {error:?}");
    }
    for more in [
        json!({"name": "ä".repeat(30), "cdc_enrichment_mode": "FULL", "secondaries_count": 2}),
        json!({"name": "", "type": "professional-db", "cdc_enrichment_mode": "OFF", "secondaries_count": 0}),
        json!({"type": "professional-db", "cdc_enrichment_mode": null, "secondaries_count": null}),
    ] {
        let output = done(offered(&setup, &more));
        assert_declared("aura.tenant.check", &output);
        assert_eq!(output["warnings"], json!([]));
    }
}

#[test]
fn less_storage_than_there_was_is_a_warning() {
    let setup = Setup::new();
    let output = done(offered(&setup, &json!({"memory": "4GB", "storage": "512GB"})));
    let warning = output["warnings"][0].as_str().unwrap();
    assert!(warning.contains("come with 4GB of memory, and there were 512GB"), "{warning}");
}

#[test]
fn what_its_deletion_breaks_elsewhere_is_captured_with_an_instance() {
    let quiet = r#"{"instances": [{"type": "professional-db"}]}"#;
    let busy = r#"{"instances": [{"cdc_enrichment_mode": "FULL", "secondaries_count": 1}]}"#;
    let mut told = [quiet, busy].map(|text| {
        let setup = Setup::with(surefoot::twin::Scenario::from_text(text).unwrap());
        let with = json!({"instance_id": setup.source});
        let Reply::Done { output, .. } = setup.read("aura.instance.get", Call::Read, with, Value::Null) else {
            panic!()
        };
        assert_declared("aura.instance.get", &output);
        output["consequences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    });
    let [quiet, busy] = &mut told;
    assert_eq!((quiet.len(), busy.len()), (4, 7), "{busy:?}");
    assert!(busy[0].starts_with("CDC is on (FULL): the cursor of every consumer becomes invalid"), "{busy:?}");
    assert!(busy[1].contains("(https://customer-metrics-api.neo4j.io/") && busy[2].contains("secondaries (1)"));
    assert!(quiet[0].starts_with("its address changes") && busy.ends_with(quiet));
}
