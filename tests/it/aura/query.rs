//! The Query API.

use super::fake::{Reply, Script, header, reply, response, run};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use surefoot::aura::query::{self, Credentials, Rows};
use surefoot::base::Secret;
use surefoot::engine::call::{CallError, ErrorClass};
use surefoot::port::{Method, TransportError};

const URL: &str = "neo4j+s://db1d1234.databases.neo4j.io";

fn ask(script: &Arc<Script>, url: &str) -> Result<Rows, CallError> {
    let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new("canary-password".to_owned()) };
    run(query::run(&**script, url, "neo4j", &credentials, "RETURN 1 AS one", Duration::from_secs(9)))
}

fn of(last: Reply) -> Result<Rows, CallError> {
    let script = Script::api(vec![last]);
    let rows = ask(&script, URL);
    assert_eq!(script.paths().len(), 1, "sent once");
    rows
}

#[test]
fn rows() {
    let script = Script::api(vec![reply(202, r#"{"data":{"fields":["one"],"values":[[1]]},"bookmarks":["FB:x"]}"#)]);
    assert_eq!(ask(&script, URL).unwrap(), Rows { fields: vec!["one".to_owned()], values: vec![vec![json!(1)]] });
    let seen = script.seen.lock().unwrap();
    assert_eq!(seen[0].url, "https://db1d1234.databases.neo4j.io/db/neo4j/query/v2");
    assert_eq!((seen[0].method, seen[0].effect, seen[0].timeout), (Method::Post, false, Duration::from_secs(9)));
    assert_eq!(header(&seen[0], "authorization"), "Basic bmVvNGo6Y2FuYXJ5LXBhc3N3b3Jk");
    let body: serde_json::Value = serde_json::from_slice(seen[0].body.expose()).unwrap();
    assert_eq!(body["statement"], "RETURN 1 AS one");
}

#[test]
fn addresses() {
    let address = |url: &str| {
        let script = Script::api(vec![reply(202, r#"{"data":{"fields":[],"values":[]}}"#)]);
        ask(&script, url).map(|_| script.seen.lock().unwrap()[0].url.clone())
    };
    for (url, expected) in [
        ("neo4j+s://x.databases.neo4j.io", "https://x.databases.neo4j.io/db/neo4j/query/v2"),
        ("neo4j+s://x.databases.neo4j.io:7687/", "https://x.databases.neo4j.io/db/neo4j/query/v2"),
        ("bolt+s://x.prod-orch-0001.neo4j.io", "https://x.prod-orch-0001.neo4j.io/db/neo4j/query/v2"),
        ("https://host:7473/", "https://host:7473/db/neo4j/query/v2"),
        ("http://127.0.0.1:4711/db1d1234", "http://127.0.0.1:4711/db1d1234/db/neo4j/query/v2"),
    ] {
        assert_eq!(address(url).unwrap(), expected);
    }
    for url in
        ["", "x.databases.neo4j.io", "neo4j://x", "ftp://x", "https://", "https://user@x", "https://x?y", "https://x y"]
    {
        assert_eq!(address(url).unwrap_err().class, ErrorClass::Invalid, "{url:?}");
    }
}

#[test]
fn errors_in_a_202() {
    let fault = |code: &str| of(reply(202, &json!({"errors": [{"code": code, "message": "no\u{1b}"}]}).to_string()));
    for (code, class) in [
        ("Neo.ClientError.Statement.SyntaxError", ErrorClass::Invalid),
        ("Neo.ClientError.Security.Unauthorized", ErrorClass::Auth),
        ("Neo.ClientError.Database.DatabaseNotFound", ErrorClass::NotFound),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", ErrorClass::Outside),
        ("Neo.DatabaseError.General.DatabaseUnavailable", ErrorClass::Outside),
    ] {
        let error = fault(code).unwrap_err();
        assert_eq!((error.class, error.reason.as_str()), (class, code));
        assert!(error.message.ends_with("no\\u{1b}"), "{}", error.message);
    }
}

#[test]
fn other_failures() {
    let denied =
        r#"{"errors":[{"code":"Neo.ClientError.Security.Unauthorized","message":"Invalid username or password."}]}"#;
    let error = of(reply(401, denied)).unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.remedy.contains("password"));
    let away = of(Ok(response(503, &[("retry-after", "5")], b"<html>Service Unavailable</html>"))).unwrap_err();
    assert_eq!((away.class, away.retry_after), (ErrorClass::Outside, Some(Duration::from_secs(5))));
    assert!(away.remedy.contains("paused") && away.message.contains("Service Unavailable"));
    for body in ["", "{", r#"{"data":null}"#, r#"{"data":{"fields":["a"],"values":[[1,2]]}}"#, "<html>"] {
        assert_eq!(of(reply(202, body)).unwrap_err().class, ErrorClass::Outside, "{body}");
    }
    let cut = of(Err(TransportError::NotSent("no such host".to_owned()))).unwrap_err();
    assert_eq!(cut.class, ErrorClass::Outside);
    assert!(cut.message.contains("db1d1234.databases.neo4j.io"), "{}", cut.message);
}
