//! `keys`: what a process that died while it made a key leaves behind is no dead end.

use super::case::{BINARY, Case, Ran, SMALL};
use serde_json::json;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

const IDENTITY: &str = ".surefoot/keys/identity.txt";
const RECIPIENTS: &str = ".surefoot/keys/recipients.txt";

fn text(case: &Case, path: &str) -> String {
    std::fs::read_to_string(case.path(path)).unwrap()
}

/// The recipient that `keys show` prints.
#[track_caller]
fn shown(case: &mut Case) -> String {
    let told = case.then(["keys", "show", "--output", "json"]).exit(0).json("surefoot.keys.v1");
    assert_eq!(told["recipients"].as_array().unwrap().len(), 1, "{told}");
    told["recipients"][0].as_str().unwrap().to_owned()
}

/// Makes a key, and returns its recipient.
#[track_caller]
fn made(case: &mut Case) -> String {
    case.then(["keys", "init"]).exit(0).stderr("created a key in");
    let recipient = shown(case);
    assert!(text(case, IDENTITY).contains(&recipient) && text(case, IDENTITY).contains("AGE-SECRET-KEY-1"));
    let mode = std::fs::metadata(case.path(IDENTITY)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    recipient
}

#[test]
fn a_key_is_made_once() {
    let mut case = Case::new();
    let recipient = made(&mut case);
    case.then(["keys", "init"]).exit(2).stderr("already contains a key").stderr("surefoot keys show");
    // Without its identity nothing that is sealed to it could be opened.
    std::fs::rename(case.path(IDENTITY), case.path("safe")).unwrap();
    for verb in ["init", "show"] {
        let told = case.then(["keys", verb]).exit(2).stderr("identity.txt is missing");
        told.stderr("restore your copy").stderr("recipients.txt away");
    }
    assert!(!case.path(IDENTITY).exists());
    std::fs::rename(case.path("safe"), case.path(IDENTITY)).unwrap();
    assert_eq!(shown(&mut case), recipient);
}

#[test]
fn git_takes_up_nothing_of_a_state_directory() {
    let mut case = Case::new().file("a.yaml", SMALL);
    made(&mut case);
    assert_eq!(text(&case, ".surefoot/.gitignore"), "*\n");
    let mut other = Case::new().file("a.yaml", SMALL);
    other.then(["run", "a.yaml"]).exit(0);
    assert_eq!(text(&other, ".surefoot/.gitignore"), "*\n");
    // Also one that an earlier version has made.
    std::fs::remove_file(other.path(".surefoot/.gitignore")).unwrap();
    other.then(["run", "a.yaml"]).exit(0);
    assert_eq!(text(&other, ".surefoot/.gitignore"), "*\n");
    let mut shared = Case::new().file("a.yaml", SMALL);
    shared.then(["--state-dir", ".", "run", "a.yaml"]).exit(0);
    assert!(shared.path("runs").exists() && !shared.path(".gitignore").exists(), "others work there too");
    // The key and the passwords are nobody's there either.
    shared.then(["--state-dir", ".", "keys", "init"]).exit(0);
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        String::from_utf8(git.args(args).current_dir(shared.path("")).output().unwrap().stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    let told = git(&["status", "--porcelain", "--untracked-files=all"]);
    assert!(told.contains("a.yaml") && !told.contains("keys/") && !told.contains("runs/"), "{told}");
    // Also where the files that were there have a fence of their own, and before the first run.
    let mut mixed = Case::new().file("a.yaml", SMALL).file(".gitignore", "target\n");
    mixed.then(["--state-dir", ".", "keys", "init"]).exit(0);
    assert_eq!(
        (text(&mixed, "keys/.gitignore"), text(&mixed, ".gitignore")),
        ("*\n".to_owned(), "target\n".to_owned())
    );
    // Keys that an earlier version has made are kept from git by the next run.
    std::fs::remove_file(mixed.path("keys/.gitignore")).unwrap();
    mixed.then(["--state-dir", ".", "run", "a.yaml"]).exit(0);
    assert_eq!(text(&mixed, "keys/.gitignore"), "*\n");
    // Whoever wants it otherwise has said so.
    std::fs::write(case.path(".surefoot/.gitignore"), "keys\n").unwrap();
    case.then(["run", "a.yaml"]).exit(0);
    assert_eq!(text(&case, ".surefoot/.gitignore"), "keys\n");
}

#[test]
fn a_key_whose_recipient_was_never_written_is_finished() {
    let mut case = Case::new();
    let recipient = made(&mut case);
    let identity = text(&case, IDENTITY);
    for empty in [false, true] {
        if empty {
            std::fs::write(case.path(RECIPIENTS), "").unwrap();
        } else {
            std::fs::remove_file(case.path(RECIPIENTS)).unwrap();
        }
        case.then(["keys", "show"]).exit(2).stderr("only half a key").stderr("`surefoot keys init` finishes it");
        let told = case.then(["keys", "init", "--output", "json"]).exit(0).stderr("completed the key in");
        assert_eq!(told.json("surefoot.keys.v1")["recipients"], json!([recipient]));
        assert_eq!((shown(&mut case), text(&case, IDENTITY)), (recipient.clone(), identity.clone()));
    }
}

#[test]
fn a_key_of_which_nothing_was_written_is_made() {
    for content in ["", "# public key: age1", "\n\n"] {
        let mut case = Case::new();
        std::fs::create_dir_all(case.path(".surefoot/keys")).unwrap();
        std::fs::write(case.path(IDENTITY), content).unwrap();
        std::fs::set_permissions(case.path(IDENTITY), Permissions::from_mode(0o600)).unwrap();
        case.then(["keys", "show"]).exit(2).stderr("there is no key in").stderr("`surefoot keys init` creates one");
        made(&mut case);
    }
}

#[test]
fn what_is_no_key_is_left_to_the_person() {
    let mut case = Case::new();
    std::fs::create_dir_all(case.path(".surefoot/keys")).unwrap();
    std::fs::write(case.path(IDENTITY), "AGE-SECRET-KEY-1HALF").unwrap();
    for verb in ["init", "show"] {
        let ran =
            case.then(["keys", verb]).exit(2).stderr("does not contain a key").stderr("line 1").stderr("move it away");
        assert!(!ran.err.contains("1HALF"), "{}", ran.err);
    }
    assert_eq!(text(&case, IDENTITY), "AGE-SECRET-KEY-1HALF");
    std::fs::rename(case.path(IDENTITY), case.path("half")).unwrap();
    made(&mut case);
}

#[test]
fn a_disk_that_is_full_while_a_key_is_made_is_no_dead_end() {
    let mut case = Case::new();
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{BINARY}' keys init");
    let mut full = Command::new("setsid");
    full.args(["--wait", "sh", "-c", &script]).current_dir(case.path("")).env_clear().env("PATH", "/usr/bin:/bin");
    Ran::of(full.stdin(Stdio::null()).output().unwrap()).exit(10).stderr("cannot use").stderr("identity.txt");
    case.then(["keys", "show"]).exit(2).stderr("surefoot keys init");
    made(&mut case);
}

#[test]
fn of_processes_that_make_a_key_at_once_one_does() {
    let case = Case::new().args(["keys", "init"]);
    let racing: Vec<_> = (0..8).map(|_| case.spawn()).collect();
    let codes: Vec<_> = racing.into_iter().map(|one| Ran::of(one.wait_with_output().unwrap())).collect();
    let new = codes.iter().filter(|ran| ran.err.contains("created a key in")).count();
    assert_eq!(new, 1, "{:?}", codes.iter().map(|ran| (ran.code, &ran.err)).collect::<Vec<_>>());
    let mut case = case;
    let recipient = shown(&mut case);
    assert!(text(&case, IDENTITY).contains(&recipient));
}
