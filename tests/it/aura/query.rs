//! The Query API.

use super::fake::{Reply, Script, header, reply, response, run};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use surefoot::aura::Written;
use surefoot::aura::query::{self, Credentials, Rows};
use surefoot::base::Secret;
use surefoot::engine::call::{CallError, ErrorClass, Outcome};
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

const OLD: &str = "canary-password";
const NEW: &str = "canary-successor";
const DONE: &str = r#"{"data":{"fields":[],"values":[]},"bookmarks":["FB:x"]}"#;

fn change(script: &Arc<Script>) -> Written<()> {
    let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new(OLD.to_owned()) };
    let new = Secret::new(NEW.to_owned());
    run(query::change_password(&**script, URL, &credentials, &new, Duration::from_secs(9)))
}

fn fault(code: &str) -> String {
    json!({"errors": [{"code": code, "message": format!("{OLD} and {NEW} do not fit")}]}).to_string()
}

#[test]
fn a_password_is_changed_by_parameters_and_as_an_effect() {
    let script = Script::api(vec![Ok(response(202, &[("x-request-id", "r-1")], DONE.as_bytes()))]);
    let written = change(&script);
    assert_eq!((written.outcome, written.request_id.as_deref(), written.error), (Outcome::Applied, Some("r-1"), None));
    let seen = script.seen.lock().unwrap();
    assert_eq!((seen.len(), seen[0].effect), (1, true));
    assert_eq!(seen[0].url, "https://db1d1234.databases.neo4j.io/db/system/query/v2");
    assert_eq!(query::password_path(URL).unwrap(), "/db/system/query/v2");
    let body: serde_json::Value = serde_json::from_slice(seen[0].body.expose()).unwrap();
    assert_eq!(body, json!({"statement": query::CHANGE_PASSWORD, "parameters": {"old": OLD, "new": NEW}}));
}

#[test]
fn what_became_of_a_change_of_password() {
    let argument = fault("Neo.ClientError.Statement.ArgumentError");
    let unauthorized = fault("Neo.ClientError.Security.Unauthorized");
    let strange = r#"{"errors":[{"message":"try again later","reason":"disturbed"}]}"#;
    for (reply, outcome) in [
        (reply(202, DONE), Outcome::Applied),
        (reply(200, DONE), Outcome::Applied),
        (reply(202, &argument), Outcome::Rejected),
        (reply(400, &argument), Outcome::Rejected),
        (reply(202, &fault("Neo.ClientError.Security.Forbidden")), Outcome::Rejected),
        (reply(401, &unauthorized), Outcome::RejectedAuth),
        (reply(401, &fault("Neo.ClientError.Security.AuthenticationRateLimit")), Outcome::Rejected),
        (reply(302, ""), Outcome::Rejected),
        (reply(202, &fault("Neo.ClientError.Transaction.TransactionTimedOut")), Outcome::Unknown),
        (reply(202, &fault("Neo.TransientError.General.OutOfMemoryError")), Outcome::Unknown),
        (reply(202, &fault("Neo.DatabaseError.General.UnknownError")), Outcome::Unknown),
        (reply(401, "<html>"), Outcome::Unknown),
        (reply(429, strange), Outcome::Unknown),
        (reply(503, &argument), Outcome::Unknown),
        (reply(202, "{"), Outcome::Unknown),
        (reply(202, "{}"), Outcome::Unknown),
        (Err(TransportError::NotSent("no such host".to_owned())), Outcome::NotSent),
        (Err(TransportError::Maybe(format!("reset after {NEW}"))), Outcome::Unknown),
    ] {
        let told = format!("{reply:?}");
        let written = change(&Script::api(vec![reply]));
        assert_eq!(written.outcome, outcome, "{told}");
        assert_eq!(written.error.is_none(), outcome == Outcome::Applied, "{told}");
        let text = format!("{:?}", written.error);
        assert!(!text.contains(OLD) && !text.contains(NEW), "{text}");
    }
    let limit = change(&Script::api(vec![reply(401, &fault("Neo.ClientError.Security.AuthenticationRateLimit"))]));
    assert_eq!(limit.error.unwrap().class, ErrorClass::Outside, "it says nothing about this password");
}

#[test]
fn whether_a_password_opens() {
    let opens = |reply: Reply| {
        let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new(OLD.to_owned()) };
        run(query::opens(&*Script::api(vec![reply]), URL, &credentials, Duration::from_secs(9)))
    };
    assert!(opens(reply(202, r#"{"data":{"fields":["one"],"values":[[1]]}}"#)).unwrap());
    // The system database may refuse the statement; it has let its sender in.
    assert!(opens(reply(202, &fault("Neo.ClientError.Statement.UnsupportedAdministrationCommand"))).unwrap());
    assert!(!opens(reply(401, &fault("Neo.ClientError.Security.Unauthorized"))).unwrap());
    for reply in [
        reply(401, "<html>"),
        reply(401, &fault("Neo.ClientError.Security.AuthenticationRateLimit")),
        reply(503, ""),
        Err(TransportError::Maybe("reset".to_owned())),
    ] {
        assert!(opens(reply).is_err());
    }
}
