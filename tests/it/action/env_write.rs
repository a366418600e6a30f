//! `env.write`: variables in a file, as shells and other readers read them.

use super::setup::{Setup, failure, settled};
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use surefoot::base::{Digest, Secret};
use surefoot::engine::call::{Call, ErrorClass, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::kinds::vault::Vault;

const KIND: &str = "env.write";
const SECRET: &str = "canary'with \"quotes\", $dollars and\nlines";

fn with(set: &Value) -> Value {
    json!({"path": "app.env", "set": set})
}

fn write(setup: &Setup, set: &Value) -> String {
    let (outcome, output) = settled(setup.effect(KIND, Call::Write, with(set), Value::Null));
    let names: Vec<&String> = set.as_object().unwrap().keys().collect();
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(output, json!({"path": setup.home().join("app.env"), "names": names, "count": names.len()}));
    std::fs::read_to_string(setup.home().join("app.env")).unwrap()
}

fn refused(setup: &Setup, set: &Value) -> String {
    failure(setup.effect(KIND, Call::Write, with(set), Value::Null)).message
}

/// What a shell that sources the file has in a variable.
fn in_shell(file: &Path, name: &str) -> String {
    let script = format!(". '{}' && printf '%s' \"${{{name}-unset}}\"", file.display());
    let output = Command::new("sh").args(["-ec", &script]).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A vault whose secret `odd` has one part.
fn with_secret() -> Setup {
    let mut setup = Setup::new();
    setup.context.vault = Vault::new().with("odd", Some(vec![Secret::new(SECRET.to_owned())])).with("unset", None);
    setup
}

#[test]
fn every_value_is_read_by_a_shell_as_it_is() {
    let setup = with_secret();
    let values = [
        "",
        "plain",
        "a b",
        "it's",
        "\"quoted\"",
        "$HOME `id` $(id)",
        "back\\slash",
        "'",
        "'a\"b$c'",
        "two\nlines",
        "#no comment",
        "tab\there",
        "ünïcode",
        "-x=1,2",
        "~",
        "a\r\nb",
        "trailing\\",
        "!bang",
        "*",
        "it's \\ $1 `x` \"",
    ];
    let mut set: serde_json::Map<String, Value> =
        values.iter().enumerate().map(|(number, value)| (format!("V{number:02}"), json!(value))).collect();
    set.insert("ODD".to_owned(), json!({"$secret": "secrets.odd"}));
    set.insert("TEXT".to_owned(), json!({"$secret_text": ["<", {"$secret": "secrets.odd.value"}, ">"]}));
    set.insert("_n".to_owned(), json!(7));
    let set = Value::Object(set);
    let first = write(&setup, &set);
    let file = setup.home().join("app.env");
    for (number, value) in values.iter().enumerate() {
        assert_eq!(in_shell(&file, &format!("V{number:02}")), *value);
    }
    assert_eq!(in_shell(&file, "ODD"), SECRET);
    assert_eq!(in_shell(&file, "TEXT"), format!("<{SECRET}>"));
    assert_eq!(in_shell(&file, "_n"), "7");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Other readers know these forms, and no other way to write a single quote.
    assert!(first.contains("\nV03=\"it's\"\n") && first.contains("\nV05='$HOME `id` $(id)'\n"), "{first}");
    assert_eq!(write(&setup, &set), first, "written again it is the same");
    assert_eq!(std::fs::read_dir(setup.home()).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn other_lines_stay_as_they_are() {
    let setup = with_secret();
    let old = "# A comment with A=1\nA=1\n\n  export  B='x' # why\nKEY='-----BEGIN\nA=not this one\nEND'\nit's A=3\n\
               C=it's\nD=\"a \\\" b\nB=neither\"\r\nA=2\nlast";
    setup.file("app.env", old.as_bytes());
    let set = json!({"A": "new", "B": "also new", "Z": "z"});
    let new = "# A comment with A=1\n\n  export  B='also new'\nKEY='-----BEGIN\nA=not this one\nEND'\nit's A=3\n\
               C=it's\nD=\"a \\\" b\nB=neither\"\r\nA=new\nlast\nZ=z\n";
    assert_eq!(write(&setup, &set), new);
    assert_eq!(write(&setup, &set), new);
    // A value of several lines is replaced as a whole, by one that is shorter and by one that is longer.
    let key = write(&setup, &json!({"KEY": "short"}));
    assert!(key.contains("\nKEY=short\nit's A=3\n"), "{key}");
    let key = write(&setup, &json!({"KEY": "a'b\"\nc"}));
    assert_eq!(write(&setup, &json!({"KEY": "short"})), new.replace("'-----BEGIN\nA=not this one\nEND'", "short"));
    assert!(key.contains("\nKEY='a'\\''b\"\nc'\nit's"), "{key}");
    // Bytes that are no text are none of ours.
    setup.file("app.env", b"X=\xff\xfe\nA='never closed\nB=1\n");
    write_raw(&setup, &json!({"B": "2"}));
    assert_eq!(std::fs::read(setup.home().join("app.env")).unwrap(), b"X=\xff\xfe\nA='never closed\nB=2\n");
}

fn write_raw(setup: &Setup, set: &Value) {
    assert_eq!(settled(setup.effect(KIND, Call::Write, with(set), Value::Null)).0, Outcome::Applied);
}

#[test]
fn what_is_announced_and_told_says_nothing_about_a_secret() {
    let setup = with_secret();
    let set = json!({"A": {"$secret": "secrets.odd"}});
    let announced = setup.act(KIND, Act::Prepare(Call::Write), with(&set), Value::Null);
    let Reply::Prepared { request, request_digest, target, .. } = &announced else { panic!("{announced:?}") };
    let path = setup.home().join("app.env").display().to_string();
    assert_eq!((request.as_str(), target.as_str()), (format!("WRITE {path}").as_str(), path.as_str()));
    let handles = Digest::of(json!([path, set]).to_string().as_bytes());
    assert_eq!(*request_digest, handles);
    assert!(!setup.home().join("app.env").exists(), "nothing is written before it is announced");
    let reply = setup.effect(KIND, Call::Write, with(&set), Value::Null);
    assert!(!format!("{announced:?}{reply:?}").contains("canary"));
    let Reply::Prepared { target, request, request_digest, guard, sealed } = announced else { unreachable!() };
    let intent = surefoot::engine::event::Intent {
        step: "the_step".to_owned(),
        call: Call::Write,
        attempt: 1,
        target,
        request,
        request_digest,
        guard,
        evidence: Vec::new(),
        input: Value::Null,
        deadline: None,
        sealed,
    };
    let other = with(&json!({"A": {"$secret": "secrets.unset"}}));
    let error = failure(setup.act(KIND, Act::Send(Box::new(intent)), other, Value::Null));
    assert!(error.message.contains("not what was announced"), "{error:?}");
}

#[test]
fn names_values_and_places_that_cannot_be_are_refused() {
    let setup = with_secret();
    for name in ["", "1A", "A-B", "A B", "A=B", "Ä", "A\n"] {
        assert!(refused(&setup, &json!({name: "x"})).contains("there can be no variable"), "{name:?}");
    }
    assert!(refused(&setup, &json!({})).contains("names no variable"));
    assert!(refused(&setup, &json!({"A": null})).contains("`A` is null"));
    assert!(refused(&setup, &json!({"A": ["x"]})).contains("a text is needed"));
    assert!(refused(&setup, &json!({"A": "a\0b"})).contains("NUL"));
    let missing =
        failure(setup.effect(KIND, Call::Write, with(&json!({"A": {"$secret": "secrets.unset"}})), Value::Null));
    assert_eq!(missing.class, ErrorClass::Auth);
    assert!(!setup.home().join("app.env").exists());

    setup.file("real.env", b"A=1\n");
    symlink("real.env", setup.home().join("app.env")).unwrap();
    assert!(refused(&setup, &json!({"A": "x"})).contains("is no regular file"));
    std::fs::remove_file(setup.home().join("app.env")).unwrap();
    setup.file("app.env", &vec![b'#'; (1 << 20) + 1]);
    assert!(refused(&setup, &json!({"A": "x"})).contains("more than 1048576 bytes"));
    std::fs::remove_file(setup.home().join("app.env")).unwrap();
    std::fs::set_permissions(setup.home(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused(&setup, &json!({"A": "x"})).contains("is writable by everyone"));
    std::fs::set_permissions(setup.home(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Command::new("git").args(["init", "-q"]).arg(setup.home()).status().unwrap().success());
    assert!(refused(&setup, &json!({"A": "x"})).contains("git work tree that does not ignore it"));
    setup.file(".gitignore", b"*.env\n");
    assert_eq!(write(&setup, &json!({"A": "x"})), "A=x\n");
}
