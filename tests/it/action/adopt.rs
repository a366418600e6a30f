//! `aura.instance.create`, where the instance is kept whose password was lost: the file that a person wrote.

use super::setup::{Setup, done, failure, found, settled};
use serde_json::json;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::Duration;
use surefoot::base::{Secret, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply, Sealed};

const NAME: &str = "sf-0123456789abcdef";
const KIND: &str = "aura.instance.create";
const CANARY: &str = "canary 'by' \"hand\" \\ #1";

fn with(setup: &Setup) -> Value {
    json!({
        "tenant_id": setup.tenant, "type": "enterprise-db", "cloud_provider": "aws", "region": "eu-west-1",
        "memory": "8G", "password_file": "new.env", "on_lost_secret": "adopt",
    })
}

fn write(setup: &Setup, mode: u32, text: &str) -> PathBuf {
    let path = setup.file("new.env", text.as_bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn adopt(setup: &Setup, id: &str) -> Reply {
    let input = json!({"id": id, "attempt": 2, "url": "neo4j+s://x"});
    setup.read(KIND, Call::Read, with(setup), input)
}

fn sealed(told: &Value) -> Sealed {
    let sealed = &told["sealed"];
    Sealed {
        alg: sealed["alg"].as_str().unwrap().to_owned(),
        b64: sealed["b64"].as_str().unwrap().to_owned(),
        recipients: vec![sealed["recipients"][0].as_str().unwrap().to_owned()],
        sha256: sealed["sha256"].as_str().unwrap().parse().unwrap(),
    }
}

#[test]
fn what_is_wrong_with_the_file_is_said() {
    let setup = Setup::new();
    let wrong = |words: &str| {
        let told = found(adopt(&setup, "2f49c2b3"));
        assert_eq!((&told["id"], &told["ok"], told.get("sealed")), (&json!("2f49c2b3"), &json!(false), None));
        assert!(told["problem"].as_str().unwrap().ends_with(words), "{told}");
    };
    wrong("is not there");
    write(&setup, 0o644, "NEO4J_PASSWORD=x\n");
    wrong("can be read by others; chmod 600 it");
    for text in
        ["", "PASSWORD=x\n", "NEO4J_PASSWORD=\n", "NEO4J_PASSWORD=''\n", "NEO4J_PASSWORDS=x\n", "NEO4J_PASSWORD x\n"]
    {
        write(&setup, 0o600, text);
        wrong("has no line NEO4J_PASSWORD=…");
    }
    write(&setup, 0o600, "NEO4J_PASSWORD=x\nAURA_INSTANCEID=aaaa0001\n");
    wrong("is about another instance");
    // A file of 64 KiB is read, one that is a byte longer is not.
    write(&setup, 0o600, &"#".repeat(64 << 10));
    wrong("has no line NEO4J_PASSWORD=…");
    write(&setup, 0o600, &"#".repeat((64 << 10) + 1));
    wrong("is not a file of a few lines");
    let path = setup.file("new.env", b"NEO4J_PASSWORD=\xff\n");
    wrong("is not text");
    std::fs::rename(&path, setup.home().join("elsewhere")).unwrap();
    symlink(setup.home().join("elsewhere"), &path).unwrap();
    wrong("is not a file of a few lines");
}

#[test]
fn a_file_that_cannot_be_looked_at_is_not_one_that_is_not_there() {
    let setup = Setup::new();
    setup.file("new.env", b"");
    let mut with = with(&setup);
    with["password_file"] = json!("new.env/below");
    let error = failure(setup.read(KIND, Call::Read, with, json!({"id": "2f49c2b3", "attempt": 2, "url": "x"})));
    assert_eq!(error.class, ErrorClass::Local);
    assert!(error.message.contains("cannot look at"), "{error:?}");
}

#[test]
fn it_is_sealed_as_a_password_from_a_reply_is() {
    let setup = Setup::new();
    let single = CANARY.replace('\'', "'\\''");
    let double = CANARY.replace('\\', "\\\\").replace('"', "\\\"");
    for (text, user) in [
        (format!("NEO4J_PASSWORD={CANARY}\n"), "neo4j"),
        (format!("# by hand\r\nexport NEO4J_USERNAME=ops\r\nexport NEO4J_PASSWORD='{single}'\r\n"), "ops"),
        (format!("NEO4J_PASSWORD=old\nNEO4J_PASSWORD=\"{double}\"\nAURA_INSTANCEID=2f49c2b3"), "neo4j"),
    ] {
        let path = write(&setup, 0o600, &text);
        let told = found(adopt(&setup, "2f49c2b3"));
        assert_eq!((&told["ok"], &told["path"]), (&json!(true), &json!(path.to_str())), "{text}");
        assert!(!told.to_string().contains("canary"), "{told}");
        let plain = setup.context.ports.sealer.open(&sealed(&told)).unwrap();
        let plain: Value = serde_json::from_slice(plain.expose()).unwrap();
        let expected = json!({
            "run": "r-test", "step": "the_step", "attempt": 2, "id": "2f49c2b3", "username": user, "password": CANARY,
            "url": "neo4j+s://x",
        });
        assert_eq!(plain, expected, "{text}");
    }
}

#[test]
fn a_look_tells_what_the_outputs_need_and_the_file_opens_the_database() {
    let mut setup = Setup::new();
    let reply = setup.effect(KIND, Call::Create, with(&setup), json!({"name": NAME}));
    let Reply::Settled { outcome: Outcome::Accepted, output, sealed: Some(first), .. } = reply else { panic!() };
    setup.clock.advance(Duration::from_secs(900));
    let look = found(setup.read(KIND, Call::Probe, with(&setup), json!({"id": output["id"]})));
    for field in ["id", "name", "tenant_id", "cloud_provider", "region", "type", "created_at", "connection_url"] {
        assert_eq!(look[field], output[field], "{field}");
    }
    let renamed = setup.effect(KIND, Call::Rename, with(&setup), json!({"id": output["id"], "name": "kept"}));
    assert_eq!(settled(renamed).0, Outcome::Applied);
    // The console of the twin sets no passwords, so the first one is given by hand.
    let plain = setup.context.ports.sealer.open(&first).unwrap();
    let plain: Value = serde_json::from_slice(plain.expose()).unwrap();
    write(&setup, 0o600, &format!("NEO4J_PASSWORD={}\n", plain["password"].as_str().unwrap()));
    let told = found(adopt(&setup, output["id"].as_str().unwrap()));
    setup.sealed.insert("recreate".to_owned(), sealed(&told));
    let ping = json!({
        "url": output["connection_url"], "ping": true, "credentials": {"$secret": "steps.recreate.credentials"},
    });
    done(setup.read("neo4j.counts", Call::Read, ping, Value::Null));
}

#[test]
fn a_password_that_cannot_be_sealed_is_no_success() {
    struct Jammed;
    impl surefoot::port::Sealer for Jammed {
        fn recipients(&self) -> Vec<String> {
            Vec::new()
        }
        fn seal(&self, _: &Secret<Vec<u8>>) -> Result<Sealed, surefoot::port::SealError> {
            Err(surefoot::port::SealError::NoRecipient)
        }
        fn open(&self, _: &Sealed) -> Result<Secret<Vec<u8>>, surefoot::port::SealError> {
            Err(surefoot::port::SealError::NoRecipient)
        }
    }
    let mut setup = Setup::new();
    setup.context.ports.sealer = std::sync::Arc::new(Jammed);
    write(&setup, 0o600, "NEO4J_PASSWORD=canary\n");
    let error = failure(adopt(&setup, "2f49c2b3"));
    assert!(error.class == ErrorClass::Check && !error.message.contains("canary"), "{error:?}");
}
