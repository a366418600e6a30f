//! The Query API.

use super::fake::{Reply, Script, header, reply, response, run};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use surefoot::base::Secret;
use surefoot::engine::call::{CallError, ErrorClass, Outcome};
use surefoot::kinds::aura::client::query::{self, Credentials, Rows};
use surefoot::kinds::aura::client::{Classified, Destination, Reach};
use surefoot::port::{Method, TransportError};

const URL: &str = "neo4j+s://db1d1234.databases.neo4j.io";

/// A destination in the real world where nobody has named a host.
fn to(url: &str) -> Result<Destination, CallError> {
    Destination::of(url, Reach::default())
}

fn ask(script: &Arc<Script>, url: &str) -> Result<Rows, CallError> {
    ask_at(script, &to(url)?)
}

fn ask_at(script: &Arc<Script>, to: &Destination) -> Result<Rows, CallError> {
    let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new("canary-password".to_owned()) };
    run(query::run(&**script, to, "neo4j", &credentials, "RETURN 1 AS one", Duration::from_secs(9)))
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
    let address = |url: &str, reach: Reach<'_>| {
        let script = Script::api(vec![reply(202, r#"{"data":{"fields":[],"values":[]}}"#)]);
        ask_at(&script, &Destination::of(url, reach).unwrap()).unwrap();
        script.seen.lock().unwrap()[0].url.clone()
    };
    let (nobody, twin) = (Reach::default(), Reach { named: "", loopback: true });
    for (url, reach, expected) in [
        ("neo4j+s://x.databases.neo4j.io", nobody, "https://x.databases.neo4j.io/db/neo4j/query/v2"),
        ("neo4j+s://x.databases.neo4j.io:7687/", nobody, "https://x.databases.neo4j.io/db/neo4j/query/v2"),
        ("bolt+s://x.prod-orch-0001.neo4j.io", nobody, "https://x.prod-orch-0001.neo4j.io/db/neo4j/query/v2"),
        ("neo4j+s://x.instances.neo4j.io", nobody, "https://x.instances.neo4j.io/db/neo4j/query/v2"),
        ("HTTPS://X.Databases.Neo4j.IO", nobody, "https://x.databases.neo4j.io/db/neo4j/query/v2"),
        (
            "https://db.example.com:7473/",
            Reach { named: "https://db.example.com", ..nobody },
            "https://db.example.com:7473/db/neo4j/query/v2",
        ),
        (
            "https://db.example.com/aura",
            Reach { named: "other.example.com, DB.example.com", ..nobody },
            "https://db.example.com/aura/db/neo4j/query/v2",
        ),
        ("http://127.0.0.1:4711/db1d1234", twin, "http://127.0.0.1:4711/db1d1234/db/neo4j/query/v2"),
    ] {
        assert_eq!(address(url, reach), expected);
    }
}

/// Addresses that a service, or whoever sits in its place, could return to be given the password of a database.
const HOSTILE: &[&str] = &[
    // No address at all, or one of something else.
    "",
    "x.databases.neo4j.io",
    "neo4j://x.databases.neo4j.io",
    "ftp://x.databases.neo4j.io",
    "file:///etc/passwd",
    "https://",
    "https:///x.databases.neo4j.io",
    "https:x.databases.neo4j.io",
    // In clear.
    "http://x.databases.neo4j.io",
    "HTTP://X.DATABASES.NEO4J.IO",
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    // A user in front of the host.
    "https://x.databases.neo4j.io@evil.example",
    "https://x.databases.neo4j.io:443@evil.example",
    "https://user@x.databases.neo4j.io",
    "https://:pass@x.databases.neo4j.io",
    "https://@x.databases.neo4j.io",
    "neo4j+s://x.databases.neo4j.io@evil.example",
    // Somebody else's host.
    "https://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "https://x.databases.neo4j.io.evil.example",
    "neo4j+s://x.databases.neo4j.io.evil.example:7687",
    "https://evildatabases.neo4j.io",
    "https://x-databases.neo4j.io",
    "https://databases.neo4j.io",
    "https://databases.neo4j.io.evil.com",
    "https://.databases.neo4j.io",
    "https://x.databases.neo4j.io.",
    "https://x.orch-1.neo4j.io",
    "https://prod-orch-0001.neo4j.io",
    "https://x.prod-orch-0001.neo4j.io.evil.example",
    "https://x.prod-orch-0001.evilneo4j.io",
    "https://evil.example/x.databases.neo4j.io",
    "https://evil.example?x.databases.neo4j.io",
    "https://evil.example#.databases.neo4j.io",
    "https://evil.example\\.databases.neo4j.io",
    "https://evil.example\\@x.databases.neo4j.io",
    "https://evil.example%2f.databases.neo4j.io",
    "https://evil.example%00.databases.neo4j.io",
    "https://evil%2eexample",
    "https://evil.example\t.databases.neo4j.io",
    "https://x y.databases.neo4j.io",
    // This machine and its neighbours, in every notation.
    "https://127.0.0.1",
    "https://localhost",
    "https://2130706433",
    "https://0x7f000001",
    "https://0177.0.0.1",
    "https://127.1",
    "https://169.254.169.254",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:a9fe:a9fe]",
    "https://[fe80::1]",
    // Other letters that look alike, or become dots.
    "https://x.databases.neo4j\u{3002}io",
    "https://x.databases.neo4\u{458}.io",
    "https://x\u{2f}databases.neo4j.io",
    "https://evil.example\u{ff0f}.databases.neo4j.io",
    "https://x.databases.neo4j.io\u{202e}",
    "https://xn--80ak6aa92e.databases.neo4j.io.evil.example",
];

#[test]
fn no_password_goes_to_an_address_that_a_service_could_have_made_up() {
    for url in HOSTILE {
        let script = Script::api(Vec::new());
        let error = ask(&script, url).expect_err(url);
        assert_eq!(error.class, ErrorClass::Invalid, "{url:?}");
        assert!(script.seen.lock().unwrap().is_empty(), "something was sent to {url:?}");
        assert!(!error.remedy.is_empty() && !error.message.contains('\u{202e}'), "{error:?}");
        // Nor where another host was named.
        Destination::of(url, Reach { named: "db.example.com", loopback: false }).expect_err(url);
    }
}

#[test]
fn under_a_twin_only_this_machine_is_reached_without_tls() {
    let twin = Reach { named: "", loopback: true };
    for url in ["http://127.0.0.1:80", "http://localhost:80", "http://[::1]:80/x"] {
        Destination::of(url, twin).expect(url);
    }
    for url in [
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://localhost.",
    ] {
        Destination::of(url, twin).expect_err(url);
    }
}

#[test]
fn a_host_is_named_in_full_and_never_without_tls() {
    let named = |url: &str, named: &str| Destination::of(url, Reach { named, loopback: false });
    let error = named("https://db.example.com", "").unwrap_err();
    assert!(error.message.contains("db.example.com") && error.remedy.contains("hosts: db.example.com"), "{error:?}");
    for hosts in ["example.com", "*.example.com", ".example.com", "db.example.com.", "https://u:p@db.example.com"] {
        let error = named("https://db.example.com", hosts).unwrap_err();
        assert!(!error.message.contains("u:p"), "{error:?}");
    }
    let error = named("http://db.example.com", "http://db.example.com").unwrap_err();
    assert!(error.message.contains("in clear"), "{error:?}");
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
    // Whatever stands in front of the database says nothing about the statement.
    let strange = r#"{"errors":[{"message":"try again later","reason":"disturbed"}]}"#;
    for status in [202, 408, 429, 500] {
        assert_eq!(of(reply(status, strange)).unwrap_err().class, ErrorClass::Outside, "{status}");
    }
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

fn change(script: &Arc<Script>) -> Classified<()> {
    let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new(OLD.to_owned()) };
    let new = Secret::new(NEW.to_owned());
    run(query::change_password(&**script, &to(URL).unwrap(), &credentials, &new, Duration::from_secs(9)))
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
    assert_eq!(query::password_path(&to(URL).unwrap()), "/db/system/query/v2");
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
        run(query::opens(&*Script::api(vec![reply]), &to(URL).unwrap(), &credentials, Duration::from_secs(9)))
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
