//! `neo4j.password.rotate`, call by call.

use super::setup::{Setup, failure, found, settled};
use serde_json::json;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use surefoot::base::{Digest, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply, Sealed};
use surefoot::engine::command::Act;
use surefoot::kinds::vault::{Credentials, Vault};
use surefoot::port::{Response, TransportError};

const KIND: &str = "neo4j.password.rotate";

fn url(setup: &Setup) -> String {
    format!("neo4j+s://{}.databases.neo4j.io", setup.source)
}

fn with(setup: &Setup) -> Value {
    let file = setup.home().join("new.env");
    json!({"url": url(setup), "credentials": {"$secret": "secrets.source_db"}, "password_file": file})
}

/// The announcement's secret.
fn announced(setup: &Setup) -> Sealed {
    match setup.act(KIND, Act::Prepare(Call::Rotate), with(setup), Value::Null) {
        Reply::Prepared { sealed: Some(sealed), .. } => sealed,
        other => panic!("{other:?}"),
    }
}

fn opened(setup: &Setup, sealed: &Sealed) -> Credentials {
    let blobs = [("x".to_owned(), sealed.clone())].into_iter().collect();
    let handle = json!({"$secret": "steps.x.credentials"});
    Vault::new().resolve(&handle, &blobs, &*setup.context.ports.sealer).unwrap().unwrap()
}

/// Prepares, and sends with what was announced known to later calls of the step.
fn sent(setup: &mut Setup) -> Reply {
    let sealed = announced(setup);
    setup.sealed.insert("the_step".to_owned(), sealed);
    setup.effect(KIND, Call::Rotate, with(setup), Value::Null)
}

fn digest(setup: &Setup) -> String {
    let mut world = setup.wire.world.lock().unwrap();
    let now = world.latest();
    let state = world.state(now);
    let all = state["instances"].as_array().unwrap().iter();
    let one = all.clone().find(|one| one["id"] == setup.source.as_str()).unwrap();
    one["password_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_password_is_random_and_sealed_before_anything_is_sent() {
    let setup = Setup::new();
    let texts: BTreeSet<String> =
        (0..8).map(|_| opened(&setup, &announced(&setup)).password.expose().clone()).collect();
    assert_eq!(texts.len(), 8);
    assert!(texts.iter().all(|text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    let letters: BTreeSet<char> = texts.iter().flat_map(|text| text.chars()).collect();
    assert!(letters.len() > 40, "of 62 letters {letters:?} are drawn");
    assert!(setup.requests().is_empty());
    assert_eq!(opened(&setup, &announced(&setup)).username, "neo4j");
}

#[test]
fn the_announcement_names_the_statement_and_no_password() {
    let setup = Setup::new();
    let reply = setup.act(KIND, Act::Prepare(Call::Rotate), with(&setup), Value::Null);
    let Reply::Prepared { target, request, request_digest, sealed: Some(sealed), .. } = reply else { panic!() };
    assert_eq!((target, request.as_str()), (url(&setup), "POST /db/system/query/v2"));
    let parameters = json!({"old": {"$secret": "secrets.source_db"}, "new": sealed.sha256.to_string()});
    let body = json!({"statement": "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", "parameters": parameters});
    assert_eq!(request_digest, Digest::of(body.to_string().as_bytes()));
}

#[test]
fn a_later_attempt_announces_the_same_password() {
    let mut setup = Setup::new();
    let first = announced(&setup);
    setup.sealed.insert("the_step".to_owned(), first.clone());
    assert_eq!(announced(&setup), first);
}

#[test]
fn the_world_has_the_announced_password_and_looks_tell_so() {
    let mut setup = Setup::new();
    let before = digest(&setup);
    let sealed = announced(&setup);
    setup.sealed.insert("the_step".to_owned(), sealed.clone());
    let probe = |setup: &Setup| found(setup.read(KIND, Call::Probe, with(setup), Value::Null));
    assert_eq!(probe(&setup), json!({"new": false, "old": true}));
    assert_eq!(digest(&setup), before);
    assert_eq!(settled(setup.effect(KIND, Call::Rotate, with(&setup), Value::Null)).0, Outcome::Applied);
    let password = opened(&setup, &sealed).password;
    assert_eq!(digest(&setup), Digest::of(password.expose().as_bytes()).to_string());
    setup.requests();
    assert_eq!(probe(&setup), json!({"new": true, "old": false}));
    assert_eq!(setup.requests().len(), 1, "where the new one opens, no wrong one is tried");
    // A copy that comes late is refused.
    let again = setup.effect(KIND, Call::Rotate, with(&setup), Value::Null);
    assert_eq!(settled(again).0, Outcome::RejectedAuth);
}

#[test]
fn what_nobody_saw_is_unknown_and_what_is_refused_says_why() {
    let mut setup = Setup::new();
    setup.over(|request| request.effect.then(|| Err(TransportError::Maybe("reset".to_owned()))));
    assert_eq!(settled(sent(&mut setup)).0, Outcome::Unknown);
    let weak = json!({"errors": [{"code": "Neo.ClientError.Statement.ArgumentError", "message": "too weak"}]});
    let weak = surefoot::base::Secret::new(weak.to_string().into_bytes());
    setup.over(move |request| {
        request.effect.then(|| Ok(Response { status: 202, headers: Vec::new(), body: weak.clone() }))
    });
    let reply = sent(&mut setup);
    assert_eq!(failure(reply.clone()).class, ErrorClass::Invalid);
    assert_eq!(settled(reply).0, Outcome::Rejected);
}

#[test]
fn it_is_delivered_into_its_file_and_read_back() {
    let mut setup = Setup::new();
    sent(&mut setup);
    let sealed = setup.sealed["the_step"].clone();
    let reply = setup.act(KIND, Act::Deliver { attempt: 2, sealed: sealed.clone() }, with(&setup), Value::Null);
    let Reply::Delivered { reference, version: 2, .. } = reply else { panic!("{reply:?}") };
    let text = std::fs::read_to_string(&reference).unwrap();
    let password = opened(&setup, &sealed).password;
    assert!(text.contains(&format!("NEO4J_PASSWORD={}\n", password.expose())), "the file does not hold it");
    assert!(text.contains(&format!("NEO4J_URI={}\n", url(&setup))) && !text.contains("AURA_INSTANCEID"));
    assert_eq!(std::fs::metadata(&reference).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_file_of_the_replaced_password_is_replaced_and_no_other() {
    let mut setup = Setup::new();
    let sealed = announced(&setup);
    let deliver = |setup: &Setup, giver: &str| {
        let mut with = with(setup);
        with["credentials"] = json!({"$secret": giver});
        setup.act(KIND, Act::Deliver { attempt: 1, sealed: sealed.clone() }, with, Value::Null)
    };
    setup.sealed.insert("recreate".to_owned(), sealed.clone());
    let path = setup.file("new.env", b"# surefoot run r-test step recreate attempt 1\nNEO4J_PASSWORD=x\n");
    for giver in ["secrets.source_db", "steps.another.credentials"] {
        assert!(failure(deliver(&setup, giver)).message.contains("already there"), "{giver}");
    }
    assert!(matches!(deliver(&setup, "steps.recreate.credentials"), Reply::Delivered { .. }));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("# surefoot run r-test step the_step attempt 1\n"));
    std::fs::write(&path, "mine\n").unwrap();
    assert!(failure(deliver(&setup, "steps.recreate.credentials")).message.contains("already there"));
}

#[test]
fn what_cannot_be_done_is_found_out_before_the_run() {
    let setup = Setup::new();
    let checked = |with: Value| setup.act(KIND, Act::Check, with, Value::Null);
    assert!(matches!(checked(with(&setup)), Reply::Checked { passed: true, .. }));
    let mut nowhere = with(&setup);
    nowhere["password_file"] = json!("/proc/surefoot/password");
    assert!(failure(checked(nowhere)).message.contains("/proc/surefoot"));
    let mut unset = with(&setup);
    unset["credentials"] = json!({"$secret": "secrets.unset"});
    let error = failure(setup.act(KIND, Act::Prepare(Call::Rotate), unset, Value::Null));
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(setup.requests().is_empty());
}
