//! How programs are started, and how they end.

use super::{Place, exited, is_alive, until_gone};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use surefoot::base::{Digest, Secret};
use surefoot::port::{CommandStatus, StartError};

#[test]
fn a_command_runs_and_everything_about_it_is_known() {
    let place = Place::new();
    assert_eq!(place.status(), CommandStatus::NeverStarted);
    let result = place.ended(place.shell("pwd; echo to stderr >&2"));
    assert_eq!((result.exit_code, result.signal), (Some(0), None));
    assert!(!result.timed_out && !result.stopped && !result.left_running);
    assert!(result.started_at <= result.ended_at);
    let text = format!("{}\n", place.cwd().canonicalize().unwrap().display());
    assert_eq!(place.stdout(), text);
    assert_eq!((result.stdout.len, result.stdout.kept), (text.len() as u64, text.len() as u64));
    assert_eq!(result.stdout.sha256, Digest::of(text.as_bytes()));
    assert_eq!((result.stdout.file.as_str(), result.stderr.file.as_str()), ("stdout", "stderr"));
    assert_eq!(std::fs::read(place.dir().join("stderr")).unwrap(), b"to stderr\n");
    assert_eq!(result.stderr.sha256, Digest::of(b"to stderr\n"));
    for file in ["stdout", "stderr", "state.json", "lock"] {
        let mode = std::fs::metadata(place.dir().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(std::fs::read(place.dir().join("lock")).unwrap(), b"", "nothing is said there");
}

#[test]
fn an_exit_code_and_a_signal_are_told_apart() {
    let place = Place::new();
    let result = place.ended(place.shell("exit 7"));
    assert_eq!((result.exit_code, result.signal), (Some(7), None));
    let place = Place::new();
    let result = place.ended(place.shell("kill -USR1 $$"));
    assert_eq!((result.exit_code, result.signal), (None, Some(10)));
}

#[test]
fn a_program_reads_what_it_is_given() {
    let place = Place::new();
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut spec = place.spec(&["cat"]);
    spec.stdin = Secret::new(bytes.clone());
    spec.output_limit = u64::MAX;
    assert_eq!(place.ended(spec).stdout.sha256, Digest::of(&bytes));
    // One that does not read it is not waited for.
    let place = Place::new();
    let mut spec = place.spec(&["true"]);
    spec.stdin = Secret::new(bytes);
    assert_eq!(place.ended(spec).exit_code, Some(0));
}

#[test]
fn what_cannot_be_executed_was_never_started() {
    let place = Place::new();
    let script = |name: &str, text: &str, mode: u32| {
        let path = place.cwd().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    script("plain", "#!/bin/sh\n", 0o600);
    script("strange", "#!/no/such/shell\n", 0o700);
    let mut elsewhere = place.spec(&["true"]);
    elsewhere.cwd = place.cwd().join("missing");
    let mut file = place.spec(&["true"]);
    file.cwd = place.cwd().join("plain");
    let mut variable = place.spec(&["true"]);
    variable.env = vec![("A=B".to_owned(), Secret::new(String::new()))];
    let cases = [
        (place.spec(&["no-such-program"]), "no such program in PATH: no-such-program".to_owned()),
        (place.spec(&["./missing"]), "no such program: ./missing".to_owned()),
        (place.spec(&["./plain"]), "./plain is not executable".to_owned()),
        (place.spec(&["./strange"]), "./strange needs an interpreter that does not exist".to_owned()),
        (place.spec(&[]), "the command names no program".to_owned()),
        (place.spec(&["echo", "\0"]), "echo cannot be executed: nul byte found in provided data".to_owned()),
        (elsewhere, format!("the working directory {}/missing does not exist", place.cwd().display())),
        (file, format!("the working directory {}/plain: Not a directory (os error 20)", place.cwd().display())),
        (variable, "A=B is no name of an environment variable".to_owned()),
    ];
    for (spec, why) in cases {
        let what = format!("{spec:?}");
        assert_eq!(place.start(spec), Err(StartError::NotStarted(why)), "{what}");
        assert_eq!(place.status(), CommandStatus::NeverStarted, "{what}");
    }
    // Once the mistake is mended the same directory serves.
    assert_eq!(place.ended(place.spec(&["true"])).exit_code, Some(0));
}

#[test]
fn a_directory_serves_one_execution() {
    let place = Place::new();
    let add = || place.shell("echo x >> count");
    assert_eq!(place.start(place.shell("echo x >> count; exec sleep 600")), Ok(()));
    place.made("count");
    let refused = |why: Result<(), StartError>| matches!(why, Err(StartError::Unknown(_)));
    assert!(refused(place.start(add())), "it runs");
    let result = exited(place.stop());
    assert!(result.stopped && result.signal == Some(15), "{result:?}");
    assert!(refused(place.start(add())), "it has run");
    assert_eq!(place.made("count"), "x");
}

#[test]
fn a_program_that_takes_too_long_is_stopped_with_all_it_has_started() {
    let place = Place::new();
    let mut spec = place.shell("sleep 600 & echo $! > child; wait");
    spec.timeout = Duration::from_secs(2);
    let result = place.ended(spec);
    assert!(result.timed_out && !result.stopped && !result.left_running, "{result:?}");
    assert_eq!((result.exit_code, result.signal), (None, Some(15)));
    until_gone(place.made("child").parse().unwrap());
}

#[test]
fn a_program_that_ignores_sigterm_is_killed() {
    let place = Place::new();
    let mut spec = place.shell("trap '' TERM; echo $$ > ready; while :; do sleep 1; done");
    spec.timeout = Duration::from_secs(2);
    let result = place.ended(spec);
    assert!(result.timed_out, "{result:?}");
    assert_eq!((result.exit_code, result.signal), (None, Some(9)));
    assert!(result.ended_at.since(result.started_at) >= Duration::from_secs(10), "it had its time: {result:?}");
}

#[test]
fn what_a_program_leaves_behind_is_told_and_left_alone() {
    let place = Place::new();
    let result =
        place.ended(place.shell("(sleep 2; echo later; echo done > late; exec sleep 600) & echo $! > child; echo x"));
    assert_eq!((result.exit_code, result.left_running), (Some(0), true));
    assert_eq!(place.stdout(), "x\n");
    // It writes to an output that nobody keeps, and is not ended by that.
    place.made("late");
    let child: i32 = place.made("child").parse().unwrap();
    assert!(is_alive(child));
    assert_eq!(place.stdout(), "x\n");
    assert_eq!(exited(place.status()), result);
    super::kill(child);
    // What has ended by itself within the grace was not left behind.
    let place = Place::new();
    assert!(!place.ended(place.shell("sleep 0.1 & echo x")).left_running);
}
