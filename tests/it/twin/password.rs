//! `ALTER CURRENT USER SET PASSWORD`: who may, what is refused, and which password opens afterwards.

use super::{Case, SEED, basic};
use serde_json::{Value, json};
use surefoot::base::Digest;
use surefoot::twin::{Request, Response, Scenario, World};

const STATEMENT: &str = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new";
const NEW: &str = "correct-horse-battery";

/// Sends a statement with parameters to a database of the source, signed with this password.
fn sent(case: &mut Case, database: &str, password: &str, statement: &str, parameters: &Value) -> Response {
    let path = format!("/{}/db/{database}/query/v2", case.source());
    let body = json!({"statement": statement, "parameters": parameters});
    case.send(&Request::new("POST", &path).with_header("Authorization", &basic("neo4j", password)).with_json(&body))
}

fn alter(case: &mut Case, old: &str, new: &str) -> Response {
    sent(case, "system", old, STATEMENT, &json!({"old": old, "new": new}))
}

/// Whether a password opens the source.
fn opens(case: &mut Case, password: &str) -> bool {
    let id = case.source();
    case.query(&id, "neo4j", password, "RETURN 1 AS one").status == 202
}

fn code(reply: &Response) -> String {
    reply.value()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_new_password_opens_and_the_old_one_does_not() {
    let mut case = Case::new();
    let source = case.source();
    let old = case.password(&source);
    let reply = alter(&mut case, &old, NEW);
    assert_eq!((reply.status, reply.value()["data"].clone()), (202, json!({"fields": [], "values": []})));
    assert!(opens(&mut case, NEW) && !opens(&mut case, &old));
    assert_eq!(case.state(&source)["password_sha256"], Digest::of(NEW.as_bytes()).to_string());
    let entry = case.world.ledger().last().unwrap().clone();
    assert_eq!((entry.method.as_str(), entry.target.as_str()), ("POST", source.as_str()));
    // Sent once more, as a late copy would be, it is refused and changes nothing.
    let again = alter(&mut case, &old, NEW);
    assert_eq!((again.status, code(&again).as_str()), (401, "Neo.ClientError.Security.Unauthorized"));
    assert!(opens(&mut case, NEW));
    let text = "alter current user set password from 'correct-horse-battery' to 'another-password';";
    assert_eq!(sent(&mut case, "system", NEW, text, &Value::Null).status, 202);
    assert!(opens(&mut case, "another-password"));
}

#[test]
fn a_world_rebuilt_from_its_log_knows_the_password_and_the_log_does_not() {
    let mut case = Case::new();
    let source = case.source();
    let old = case.password(&source);
    alter(&mut case, &old, NEW);
    assert!(case.log.iter().all(|line| !line.contains(NEW) && !line.contains(&old)), "{:?}", case.log);
    let scenario = Scenario::default();
    let start = scenario.start();
    let world = World::replay(SEED, scenario, start, case.log.iter().map(String::as_str)).unwrap();
    let before = case.state(&source);
    case.world = world;
    assert_eq!(case.state(&source), before);
    assert!(opens(&mut case, NEW) && !opens(&mut case, &old));
}

#[test]
fn what_neo4j_refuses_is_refused_with_its_code_and_changes_nothing() {
    let mut case = Case::new();
    let source = case.source();
    let old = case.password(&source);
    let argument = "Neo.ClientError.Statement.ArgumentError";
    for (parameters, wanted) in [
        (json!({"old": "not the old one", "new": NEW}), argument),
        (json!({"old": old, "new": "short"}), argument),
        (json!({"old": old, "new": old}), argument),
        (json!({"old": old}), "Neo.ClientError.Statement.ParameterMissing"),
    ] {
        let reply = sent(&mut case, "system", &old, STATEMENT, &parameters);
        assert_eq!((reply.status, code(&reply).as_str()), (202, wanted), "{parameters}");
    }
    let elsewhere = sent(&mut case, "neo4j", &old, STATEMENT, &json!({"old": old, "new": NEW}));
    assert_eq!(code(&elsewhere), "Neo.ClientError.Statement.NotSystemDatabaseError");
    for statement in ["ALTER CURRENT USER SET PASSWORD FROM 1 TO 2", "ALTER USER neo4j SET PASSWORD $new", "ALTER"] {
        let reply = sent(&mut case, "system", &old, statement, &json!({"old": old, "new": NEW}));
        assert_eq!(code(&reply), "Neo.ClientError.Statement.SyntaxError", "{statement}");
    }
    assert!(opens(&mut case, &old));
    assert!(case.world.ledger().is_empty());
}
