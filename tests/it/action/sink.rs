//! The file that receives a password, on disks that are not quite what they should be.

use super::disk::Altered;
use super::setup::{Setup, failure, found};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use surefoot::base::Secret;
use surefoot::engine::call::{Call, ErrorClass, Reply};
use surefoot::engine::command::Act;

const KIND: &str = "aura.instance.create";
const LIMIT: usize = 64 << 10;

fn with(setup: &Setup, file: &str) -> Value {
    json!({
        "tenant_id": setup.tenant, "type": "enterprise-db", "cloud_provider": "aws", "region": "eu-west-1",
        "memory": "8G", "password_file": file,
    })
}

fn check(setup: &Setup, file: &str) -> Reply {
    setup.act(KIND, Act::Check, with(setup, file), Value::Null)
}

fn deliver(setup: &Setup, file: &str) -> Reply {
    let plain = json!({
        "run": "r-test", "step": "the_step", "attempt": 1, "id": "2f49c2b3", "username": "neo4j",
        "password": "canary-of-the-sink", "url": "neo4j+s://x",
    });
    let sealed = setup.context.ports.sealer.seal(&Secret::new(plain.to_string().into_bytes())).unwrap();
    setup.act(KIND, Act::Deliver { attempt: 1, sealed }, with(setup, file), Value::Null)
}

/// What the read of a file that a person wrote is given to know.
fn given() -> Value {
    json!({"id": "2f49c2b3", "attempt": 2, "url": "neo4j+s://x"})
}

fn written(setup: &Setup, mode: u32, text: &str) -> PathBuf {
    let path = setup.file("new.env", text.as_bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_disk_that_keeps_no_permissions_is_refused_before_the_run_and_at_the_delivery() {
    for mode in [0o040, 0o004, 0o066] {
        let mut setup = Setup::new();
        setup.context.ports.disk = Arc::new(Altered { mode, ..Altered::default() });
        for reply in [check(&setup, "new.env"), deliver(&setup, "new.env")] {
            let error = failure(reply);
            assert!(error.message.contains("can be read by others"), "{error:?}");
            assert!(error.remedy.contains("keeps permissions"), "{error:?}");
        }
    }
}

#[test]
fn a_disk_that_reads_back_something_else_is_refused() {
    let mut setup = Setup::new();
    setup.context.ports.disk = Arc::new(Altered { lies: true, ..Altered::default() });
    for reply in [check(&setup, "new.env"), deliver(&setup, "new.env")] {
        let error = failure(reply);
        assert!(error.message.contains("does not hold what was written"), "{error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert!(matches!(check(&Setup::new(), "new.env"), Reply::Checked { passed: true, .. }));
}

#[test]
fn a_name_that_cannot_be_looked_at_is_not_a_free_one() {
    let setup = Setup::new();
    let long = "n".repeat(300);
    for reply in [check(&setup, &long), deliver(&setup, &long)] {
        let error = failure(reply);
        assert!(error.message.contains("cannot look at"), "{error:?}");
    }
}

#[test]
fn an_empty_file_is_the_name_taken_before_a_crash_where_nobody_else_could_have_written_it() {
    let setup = Setup::new();
    for (mode, ours) in [(0o600, true), (0o640, false), (0o604, false), (0o700, true)] {
        let path = written(&setup, mode, "");
        match deliver(&setup, "new.env") {
            Reply::Delivered { .. } if ours => {}
            Reply::Failed(error) if !ours => assert!(error.message.contains("already there"), "{error:?}"),
            other => panic!("{mode:o}: {other:?}"),
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_that_is_too_long_to_be_ours_is_left_alone() {
    for (length, ours) in [(LIMIT, true), (LIMIT + 1, false)] {
        let setup = Setup::new();
        let heading = "# surefoot run r-test step the_step attempt 1\n";
        let text = heading.to_owned() + &"#".repeat(length - heading.len());
        let path = written(&setup, 0o600, &text);
        assert_eq!(matches!(deliver(&setup, "new.env"), Reply::Delivered { .. }), ours, "{length}");
        assert_eq!(std::fs::read_to_string(path).unwrap() == text, !ours, "{length}");
    }
}

#[test]
fn a_value_in_quotes_is_read_as_a_shell_reads_it() {
    for (line, password) in [
        ("NEO4J_PASSWORD='a b'", "a b"),
        ("NEO4J_PASSWORD=\"a b\"", "a b"),
        ("export   NEO4J_PASSWORD=plain", "plain"),
        ("  NEO4J_PASSWORD=plain  ", "plain"),
        ("NEO4J_PASSWORD='", "'"),
        ("NEO4J_PASSWORD=\"half", "\"half"),
    ] {
        let setup = Setup::new();
        written(&setup, 0o600, &format!("{line}\n"));
        let told = found(setup.read(KIND, Call::Read, with(&setup, "new.env"), given()));
        assert_eq!(told["ok"], json!(true), "{line}: {told}");
        let sealed = &told["sealed"];
        let sealed = surefoot::engine::call::Sealed {
            alg: sealed["alg"].as_str().unwrap().to_owned(),
            b64: sealed["b64"].as_str().unwrap().to_owned(),
            recipients: Vec::new(),
            sha256: sealed["sha256"].as_str().unwrap().parse().unwrap(),
        };
        let plain = setup.context.ports.sealer.open(&sealed).unwrap();
        let plain: Value = serde_json::from_slice(plain.expose()).unwrap();
        assert_eq!(plain["password"], json!(password), "{line}");
    }
}

#[test]
fn what_a_person_wrote_is_read_up_to_the_limit_and_no_further() {
    for (length, ok) in [(LIMIT, true), (LIMIT + 1, false)] {
        let setup = Setup::new();
        let line = "NEO4J_PASSWORD=plain\n";
        written(&setup, 0o600, &(line.to_owned() + &"#".repeat(length - line.len())));
        let told = found(setup.read(KIND, Call::Read, with(&setup, "new.env"), given()));
        assert_eq!(told["ok"], json!(ok), "{length}: {told}");
    }
}

#[test]
fn a_file_that_cannot_be_looked_at_is_not_said_to_be_missing() {
    let setup = Setup::new();
    let error = failure(setup.read(KIND, Call::Read, with(&setup, &"n".repeat(300)), given()));
    assert!(error.message.contains("cannot look at"), "{error:?}");
    let told = found(setup.read(KIND, Call::Read, with(&setup, "new.env"), given()));
    assert!(told.to_string().contains("is not there"), "{told}");
}

#[test]
fn a_password_that_cannot_be_opened_here_says_where_it_can() {
    let setup = Setup::new();
    let sealed = surefoot::engine::call::Sealed {
        alg: "other".to_owned(),
        b64: String::new(),
        recipients: Vec::new(),
        sha256: surefoot::base::Digest::of(b""),
    };
    let reply = setup.act(KIND, Act::Deliver { attempt: 1, sealed }, with(&setup, "new.env"), Value::Null);
    let error = failure(reply);
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.remedy.contains("whose key"), "{error:?}");
    assert!(!setup.home().join("new.env").exists());
}

/// The reason for which the file is refused before the run.
fn refusal(setup: &Setup, file: &str) -> Option<String> {
    match check(setup, file) {
        Reply::Checked { passed: true, .. } => None,
        other => Some(failure(other).message),
    }
}

#[test]
fn a_file_that_git_would_take_up_is_refused() {
    let setup = Setup::new();
    assert!(std::process::Command::new("git").args(["init", "-q"]).arg(setup.home()).status().unwrap().success());
    std::fs::create_dir(setup.home().join("deep")).unwrap();
    for file in ["new.env", "deep/new.env"] {
        let why = refusal(&setup, file).unwrap();
        assert!(why.contains("git work tree that does not ignore it"), "{why}");
        assert!(matches!(deliver(&setup, file), Reply::Failed(_)), "{file}");
        assert!(!setup.home().join(file).exists(), "{file}");
    }
    setup.file(".gitignore", b"*.env\n");
    for file in ["new.env", "deep/new.env"] {
        assert_eq!(refusal(&setup, file), None, "{file}");
    }
    assert!(refusal(&setup, "new.txt").is_some());
    // Where git cannot say, it is as if it would.
    std::fs::remove_dir_all(setup.home().join(".git")).unwrap();
    setup.file(".git", b"gitdir: /nowhere\n");
    let why = refusal(&setup, "new.env").unwrap();
    assert!(why.contains("cannot be found out"), "{why}");
}

#[test]
fn a_directory_above_that_everybody_can_write_is_refused() {
    let setup = Setup::new();
    let (open, deep) = (setup.home().join("open"), setup.home().join("open/deep"));
    std::fs::create_dir_all(&deep).unwrap();
    let mode = |mode| std::fs::set_permissions(&open, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o777);
    let why = refusal(&setup, "open/deep/new.env").unwrap();
    assert!(why.contains("is writable by everyone"), "{why}");
    for sound in [0o1777, 0o755] {
        mode(sound);
        assert_eq!(refusal(&setup, "open/deep/new.env"), None, "{sound:o}");
    }
}
