//! The example on the page of a kind is one that runs.

use super::case::{Case, Ran};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The example of a kind as a runbook, with these lines before its steps.
fn runbook(kind: &str, before: &str) -> String {
    let kind = surefoot::kinds::find(kind).unwrap();
    let steps = kind.example.lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!("runbook: example\nversion: 1.0.0\n{before}steps:\n{steps}")
}

/// What a step came to, as the trail has it.
fn output(case: &mut Case, step: &str) -> Value {
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let run = status["run"].as_str().unwrap().to_owned();
    let trail = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
    let records = trail.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut done = records.filter(|one| one["type"] == "step.succeeded" && one["data"]["step"] == step);
    done.next_back().unwrap_or_else(|| panic!("{step} has not succeeded\n{trail}"))["data"]["output"].clone()
}

fn run(case: &mut Case) -> Ran {
    case.then(["check", "a.yaml"]).exit(0);
    case.then(["run", "a.yaml"]).exit(0)
}

/// Puts a file there that only its owner can read.
fn write_private(case: &Case, name: &str, content: &str) {
    std::fs::write(case.path(name), content).unwrap();
    std::fs::set_permissions(case.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Fails where a text stands in any file of the directory but these.
fn assert_nowhere(case: &Case, text: &str, but: &[&str]) {
    fn look(folder: &Path, text: &str, but: &[&str]) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, text, but);
            } else if !but.iter().any(|name| path.ends_with(name)) {
                let bytes = std::fs::read(&path).unwrap();
                let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!is_there, "{text} stands in {}", path.display());
            }
        }
    }
    look(&case.path(""), text, but);
}

#[test]
fn file_read() {
    let hosts = r#"{"hosts": ["a", "b"], "seen_at": "22:14"}"#;
    let mut case = Case::new().file("a.yaml", runbook("file.read", "")).file("inventory.json", hosts);
    run(&mut case).stdout("config by inventory");
    assert_eq!(output(&mut case, "inventory")["json"]["hosts"], serde_json::json!(["a", "b"]));
    case.then(["status"]).stdout("41 B, sha256 ");
}

#[test]
fn env_write() {
    let secrets = "secrets: {db: {file: password.txt}}\n";
    let mut case =
        Case::new().file("a.yaml", runbook("env.write", secrets)).file("app.env", "# mine\nLOG_LEVEL=debug\n");
    let case = &mut case;
    write_private(case, "password.txt", "p@ss'word-of-the-example\n");
    run(case).stdout("done (1 of 1 step done");
    let written = std::fs::read_to_string(case.path("app.env")).unwrap();
    let url = "\"postgres://app:p@ss'word-of-the-example@db.internal/orders\"";
    assert_eq!(written, format!("# mine\nLOG_LEVEL=info\nDATABASE_URL={url}\n"));
    assert_eq!(output(case, "configure")["names"], serde_json::json!(["DATABASE_URL", "LOG_LEVEL"]));
    assert_nowhere(case, "word-of-the-example", &["password.txt", "app.env"]);
}

#[test]
fn secret_store() {
    let secrets = "secrets: {db: {file: password.txt}}\n";
    let mut case = Case::new().file("a.yaml", runbook("secret.store", secrets));
    write_private(&case, "password.txt", "word-of-the-example\n");
    run(&mut case).stdout("done (1 of 1 step done");
    assert_eq!(std::fs::read_to_string(case.path("app.env")).unwrap(), "DB_PASSWORD=word-of-the-example\n");
    assert_eq!(output(&mut case, "keep")["name"], "DB_PASSWORD");
    assert_nowhere(&case, "word-of-the-example", &["password.txt", "app.env"]);
}

#[test]
fn under_a_twin_no_made_up_secret_takes_the_place_of_a_real_one() {
    for (kind, step, secrets) in [
        ("env.write", "configure", "secrets: {db: {env: [DB_USER, DB_PASSWORD]}}\n"),
        ("secret.store", "keep", "secrets: {db: {file: password.txt}}\n"),
    ] {
        let mut case = Case::new().file("a.yaml", runbook(kind, secrets));
        write_private(&case, "app.env", "DB_PASSWORD=the-real-one\n");
        case.then(["run", "a.yaml", "--twin"]).exit(0);
        assert_eq!(std::fs::read_to_string(case.path("app.env")).unwrap(), "DB_PASSWORD=the-real-one\n");
        let written = output(&mut case, step)["path"].as_str().unwrap().to_owned();
        let written = std::fs::read_to_string(written).unwrap();
        assert!(written.contains('=') && !written.contains("the-real-one"), "{written}");
    }
}

/// Answers one request with this status, and tells what was posted.
fn service(status: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/services/T0/word-of-the-example", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !seen.ends_with(b"}") {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the request is cut");
            seen.extend_from_slice(&buffer[..count]);
        }
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").unwrap();
        String::from_utf8(seen).unwrap()
    });
    (url, thread)
}

#[test]
fn notify_webhook() {
    let secrets = "secrets: {slack: {env: {url: SLACK_URL}}}\n";
    for (status, delivered) in [("200 OK", Some(true)), ("403 Forbidden", Some(false))] {
        let case = Case::new().file("a.yaml", runbook("notify.webhook", secrets));
        let (url, thread) = service(status);
        let mut case = case.args(["run", "a.yaml"]);
        let ran = Ran::of(case.command().env("SLACK_URL", url).output().unwrap()).exit(0);
        let posted = thread.join().unwrap();
        assert!(posted.starts_with("POST /services/T0/word-of-the-example HTTP/1.1\r\n"), "{posted}");
        assert!(posted.contains("\"text\":\"The migration is done.\""), "{posted}");
        let output = output(&mut case, "tell");
        assert_eq!(output["delivered"], serde_json::json!(delivered), "{output}");
        assert!(!format!("{}{}", ran.out, ran.err).contains("word-of-the-example"));
        assert_nowhere(&case, "word-of-the-example", &[]);
    }
    // A service that is not there stops nobody.
    let mut case = Case::new().file("a.yaml", runbook("notify.webhook", secrets)).args(["run", "a.yaml"]);
    let url = "http://127.0.0.1:1/word-of-the-example";
    Ran::of(case.command().env("SLACK_URL", url).output().unwrap()).exit(0).stdout("done (1 of 1 step done");
    assert_eq!(output(&mut case, "tell")["delivered"], serde_json::json!(false));
    assert_nowhere(&case, "word-of-the-example", &[]);
}
