//! `secret.store`: each place a secret can be put, and the places where it cannot.

use super::disk::Altered;
use super::setup::{Setup, failure, settled};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::Arc;
use surefoot::adapter::age::AgeSealer;
use surefoot::base::{Digest, Secret};
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome, Reply, Sealed};
use surefoot::engine::command::Act;
use surefoot::kinds::vault::Vault;

const KIND: &str = "secret.store";
const TEXT: &str = "canary of the store\nwith two lines";

fn setup() -> Setup {
    let mut setup = Setup::new();
    setup.context.vault = Vault::new().with("api", Some(vec![Secret::new(TEXT.to_owned())])).with("unset", None);
    setup
}

fn with(to: &Value) -> Value {
    json!({"secret": {"$secret": "secrets.api"}, "to": to})
}

fn store(setup: &Setup, to: &Value) -> Value {
    let reply = setup.effect(KIND, Call::Write, with(to), Value::Null);
    assert!(!format!("{reply:?}").contains("canary"), "{reply:?}");
    let (outcome, output) = settled(reply);
    assert_eq!(outcome, Outcome::Applied);
    output
}

fn refused(setup: &Setup, with: Value) -> CallError {
    let error = failure(setup.effect(KIND, Call::Write, with, Value::Null));
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    error
}

fn mode(setup: &Setup, name: &str) -> u32 {
    std::fs::metadata(setup.home().join(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_holds_the_secret_and_nothing_else() {
    let setup = setup();
    setup.file("token", b"an older one");
    for _ in 0..2 {
        let path = setup.home().join("token");
        assert_eq!(
            store(&setup, &json!({"file": "token"})),
            json!({"kind": "file", "path": path, "name": null, "recipients": null})
        );
        assert_eq!((std::fs::read_to_string(path).unwrap().as_str(), mode(&setup, "token")), (TEXT, 0o600));
    }
    assert_eq!(std::fs::read_dir(setup.home()).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn a_variable_stands_among_the_others() {
    let setup = setup();
    setup.file("app.env", b"A=1\nTOKEN=old\nB=2");
    let output = store(&setup, &json!({"env_file": "app.env", "name": "TOKEN"}));
    assert_eq!((&output["kind"], &output["name"]), (&json!("env_file"), &json!("TOKEN")));
    let written = std::fs::read_to_string(setup.home().join("app.env")).unwrap();
    assert_eq!(written, format!("A=1\nTOKEN='{TEXT}'\nB=2\n"));
    assert_eq!(mode(&setup, "app.env"), 0o600);
}

#[test]
fn a_sealed_file_opens_with_the_key_of_the_run_and_may_stand_in_git() {
    let setup = setup();
    assert!(std::process::Command::new("git").args(["init", "-q"]).arg(setup.home()).status().unwrap().success());
    let output = store(&setup, &json!({"sealed": "token.age"}));
    assert_eq!(output["recipients"].as_array().unwrap().len(), 1, "{output}");
    let bytes = std::fs::read(setup.home().join("token.age")).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    let sealed = Sealed {
        alg: "age".to_owned(),
        b64: STANDARD.encode(&bytes),
        recipients: Vec::new(),
        sha256: Digest::of(&bytes),
    };
    assert_eq!(setup.context.ports.sealer.open(&sealed).unwrap().expose(), TEXT.as_bytes());
    // Where no key is here, it is sealed all the same; where nothing can open it, it is not written.
    let mut setup = self::setup();
    let (_, recipient) = surefoot::adapter::age::generate_identity();
    setup.context.ports.sealer = Arc::new(AgeSealer::new(&recipient, None).unwrap());
    store(&setup, &json!({"sealed": "token.age"}));
    setup.context.ports.sealer = Arc::new(AgeSealer::new("", None).unwrap());
    let error = refused(&setup, with(&json!({"sealed": "other.age"})));
    assert!(error.remedy.contains("surefoot keys init"), "{error:?}");
    assert!(!setup.home().join("other.age").exists());
}

#[test]
fn what_is_announced_says_nothing_about_the_secret() {
    let setup = setup();
    let announced = setup.act(KIND, Act::Prepare(Call::Write), with(&json!({"file": "token"})), Value::Null);
    let Reply::Prepared { request_digest, .. } = &announced else { panic!("{announced:?}") };
    let handles = json!(["file", {"file": "token"}, {"$secret": "secrets.api"}]);
    assert_eq!(*request_digest, Digest::of(handles.to_string().as_bytes()));
    assert!(!format!("{announced:?}").contains("canary") && !setup.home().join("token").exists());
}

#[test]
fn what_is_no_secret_and_what_is_no_target_is_refused() {
    let setup = setup();
    let error = refused(&setup, json!({"secret": "plain", "to": {"file": "token"}}));
    assert!(error.message.contains("holds no secret"), "{error:?}");
    let error = refused(&setup, json!({"secret": {"$secret": "secrets.unset"}, "to": {"file": "token"}}));
    assert_eq!(error.class, ErrorClass::Auth);
    for (to, why) in [
        (json!({}), "says nowhere"),
        (json!({"file": null}), "says nowhere"),
        (json!({"env_file": "a"}), "names no variable"),
        (json!({"name": "A"}), "no target with the keys name"),
        (json!({"file": "a", "sealed": "b"}), "no target with the keys file, sealed"),
        (json!({"vault": "a"}), "no target with the keys vault"),
        (json!({"file": ["a"]}), "`to.file` is no text"),
        (json!({"file": ""}), "`to.file` is no text"),
        (json!({"file": "a\nb"}), "`to.file` is no text"),
        (json!({"env_file": "a", "name": "1A"}), "there can be no variable `1A`"),
    ] {
        let error = refused(&setup, with(&to));
        assert!(error.message.contains(why), "{to}: {error:?}");
    }
    assert_eq!(std::fs::read_dir(setup.home()).unwrap().count(), 0);
}

#[test]
fn places_that_give_it_away_or_do_not_keep_it_are_refused() {
    let setup = setup();
    std::fs::create_dir(setup.home().join("dir")).unwrap();
    symlink("elsewhere", setup.home().join("link")).unwrap();
    for to in [json!({"file": "dir"}), json!({"file": "link"}), json!({"sealed": "link"})] {
        assert!(refused(&setup, with(&to)).message.contains("no regular file"), "{to}");
    }
    assert!(refused(&setup, with(&json!({"file": "nowhere/token"}))).message.contains("nowhere"));
    assert!(std::process::Command::new("git").args(["init", "-q"]).arg(setup.home()).status().unwrap().success());
    for to in [json!({"file": "token"}), json!({"env_file": "app.env", "name": "A"})] {
        assert!(refused(&setup, with(&to)).message.contains("git work tree"), "{to}");
    }
    let mut setup = self::setup();
    setup.context.ports.disk = Arc::new(Altered { lies: true, ..Altered::default() });
    for to in [json!({"file": "token"}), json!({"sealed": "token.age"}), json!({"env_file": "e", "name": "A"})] {
        assert!(refused(&setup, with(&to)).message.contains("does not hold what was written"), "{to}");
    }
}
