//! What is known of a command when surefoot or its shim has died.

use super::{Place, another, exited, is_alive, kill, run, shim_of, until_gone};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use surefoot::adapter::commands::SHIM;
use surefoot::port::{CommandStatus, Commands as _, StartError};

const LOST: CommandStatus = CommandStatus::Lost { still_running: Some(false) };

/// A shim as surefoot starts it, which is told nothing yet.
fn bare_shim(place: &Place, locked: bool) -> Child {
    std::fs::create_dir_all(place.dir()).unwrap();
    let mut options = OpenOptions::new();
    let lock = options.create(true).truncate(false).write(true).open(place.dir().join("lock")).unwrap();
    if locked {
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_surefoot"));
    command.arg(SHIM).arg(place.dir()).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(lock).spawn().unwrap()
}

/// Where the command of [`starts_a_command_and_stays`] works.
const HOME: &str = "SUREFOOT_TEST_COMMAND_HOME";

/// Another process, which starts a command in this place and stays: this binary, once more.
fn starter(place: &Place) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "adapter::commands::crashes::starts_a_command_and_stays"]).env(HOME, place.cwd());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_command_outlives_the_process_that_started_it() {
    let place = Place::new();
    let mut other = starter(&place);
    let program: i32 = place.made("ran").parse().unwrap();
    assert_eq!(place.status(), CommandStatus::Running);
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(place.status(), CommandStatus::Running);
    assert!(is_alive(program));
    std::fs::write(place.cwd().join("go"), "").unwrap();
    let result = exited(run(async { another().wait(&place.dir()).await }).unwrap());
    assert_eq!((result.exit_code, place.stdout()), (Some(3), "went\n".to_owned()));
    assert_eq!(place.made("ran"), program.to_string(), "it was executed once");
}

/// What these tests run in another process; it does nothing by itself.
#[test]
fn starts_a_command_and_stays() {
    let Ok(home) = std::env::var(HOME) else { return };
    let home = std::path::PathBuf::from(home);
    let script = "echo $$ >> ran; while ! test -e go; do sleep 0.05; done; echo went; exit 3";
    let mut spec = Place::new().shell(script);
    spec.cwd.clone_from(&home);
    run(another().start(spec, home.join("commands").join("step-1"))).unwrap();
    std::thread::park();
}

/// What is known once nothing happens in this place any more, and how often the program was executed.
fn settled(place: &Place) -> (CommandStatus, usize) {
    let status = place.wait();
    let ran = std::fs::read_to_string(place.cwd().join("ran")).unwrap_or_default();
    (status, ran.lines().count())
}

/// The shim of this place, as soon as there is one; none where the start has ended before.
fn shim_in(place: &Place, is_over: impl Fn() -> bool) -> Option<i32> {
    let dir = place.dir().to_str().unwrap().to_owned();
    let is_it = |pid: &i32| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            let line = String::from_utf8_lossy(&line).into_owned();
            line.contains(SHIM) && line.contains(&dir)
        })
    };
    loop {
        let names = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        if let Some(pid) = names.filter_map(|name| name.parse().ok()).find(is_it) {
            return Some(pid);
        }
        if is_over() {
            return None;
        }
    }
}

#[test]
fn a_shim_that_is_killed_at_any_moment_never_hides_an_execution() {
    let mut seen = [0; 3];
    for round in 0..40 {
        let place = Place::new();
        let starting = std::thread::scope(|scope| {
            let starting = scope.spawn(|| place.start(place.shell("echo x >> ran")));
            if let Some(shim) = shim_in(&place, || starting.is_finished()) {
                std::thread::sleep(Duration::from_micros(700 * round));
                // It may have ended.
                let pid = rustix::process::Pid::from_raw(shim).unwrap();
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
            starting.join().unwrap()
        });
        let (status, ran) = settled(&place);
        match status {
            CommandStatus::NeverStarted => {
                assert_eq!(ran, 0, "{round}: {starting:?}");
                assert!(matches!(starting, Err(StartError::NotStarted(_))), "{round}: {starting:?}");
                assert_eq!(place.ended(place.shell("echo x >> ran")).exit_code, Some(0));
                seen[0] += 1;
            }
            CommandStatus::Lost { .. } => {
                assert!(ran <= 1, "{round}: {starting:?}");
                assert!(!matches!(starting, Err(StartError::NotStarted(_))), "{round}: {starting:?}");
                seen[1] += 1;
            }
            CommandStatus::Exited(result) => {
                assert_eq!((result.exit_code, ran, starting), (Some(0), 1, Ok(())), "{round}");
                seen[2] += 1;
            }
            CommandStatus::Running => panic!("it was waited for"),
        }
        let again = place.start(place.shell("echo x >> ran"));
        assert!(matches!(again, Err(StartError::Unknown(_))), "{round}: {again:?}");
        assert!(settled(&place).1 <= 1, "{round}");
    }
    assert!(seen[0] > 0, "no shim was killed early: {seen:?}");
}

#[test]
fn a_surefoot_that_is_killed_at_any_moment_leaves_a_command_that_ran_once_or_never() {
    for round in 0..20 {
        let place = Place::new();
        std::fs::write(place.cwd().join("go"), "").unwrap();
        let mut other = starter(&place);
        std::thread::sleep(Duration::from_millis(5 + 3 * round));
        other.kill().unwrap();
        other.wait().unwrap();
        match settled(&place) {
            (CommandStatus::NeverStarted, 0) => {}
            (CommandStatus::Exited(result), 1) => assert_eq!(result.exit_code, Some(3), "{round}"),
            other => panic!("{round}: {other:?}"),
        }
    }
}

#[test]
fn signals_of_a_terminal_do_not_end_it() {
    use rustix::process::{Pid, Signal, getsid, kill_process};
    let place = Place::new();
    place.start(place.shell("echo $$ > ran; while ! test -e go; do sleep 0.05; done")).unwrap();
    let program: i32 = place.made("ran").parse().unwrap();
    let shim = Pid::from_raw(shim_of(&place.dir())).unwrap();
    let session = getsid(Some(shim)).unwrap();
    assert_eq!(session, shim, "a session of its own");
    assert_eq!(getsid(Pid::from_raw(program)).unwrap(), shim);
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT] {
        kill_process(shim, signal).unwrap();
    }
    std::fs::write(place.cwd().join("go"), "").unwrap();
    assert_eq!(exited(place.wait()).exit_code, Some(0));
}

#[test]
fn a_command_whose_shim_is_killed_is_lost() {
    let place = Place::new();
    place.start(place.shell("echo $$ > ran; exec sleep 600")).unwrap();
    let program: i32 = place.made("ran").parse().unwrap();
    kill(shim_of(&place.dir()));
    assert_eq!(place.wait(), CommandStatus::Lost { still_running: Some(true) });
    let again = place.start(place.shell("echo $$ > ran"));
    assert!(matches!(again, Err(StartError::Unknown(_))), "{again:?}");
    // It can be ended all the same.
    assert_eq!(place.stop(), LOST);
    until_gone(program);
    assert_eq!(place.made("ran"), program.to_string());
}

#[test]
fn a_shim_that_is_killed_before_it_knows_what_to_do_has_started_nothing() {
    let place = Place::new();
    let mut shim = bare_shim(&place, true);
    assert_eq!(place.status(), CommandStatus::Running);
    let refused = place.start(place.spec(&["true"]));
    assert!(matches!(refused, Err(StartError::Unknown(_))), "{refused:?}");
    shim.kill().unwrap();
    shim.wait().unwrap();
    assert_eq!(place.status(), CommandStatus::NeverStarted);
    assert_eq!(place.ended(place.spec(&["true"])).exit_code, Some(0));
}

#[test]
fn a_shim_whose_surefoot_died_while_it_told_the_command_starts_nothing() {
    use std::io::Write as _;
    let place = Place::new();
    let mut shim = bare_shim(&place, true);
    let mut stdin = shim.stdin.take().unwrap();
    stdin.write_all(&100_u64.to_le_bytes()).unwrap();
    stdin.write_all(br#"{"argv":["touch","ran"]"#).unwrap();
    drop(stdin);
    let mut answer = String::new();
    shim.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "");
    assert!(!shim.wait().unwrap().success());
    assert_eq!(place.status(), CommandStatus::NeverStarted);
}

#[test]
fn the_hidden_command_is_for_surefoot_alone() {
    let place = Place::new();
    std::fs::create_dir_all(place.dir()).unwrap();
    let holder = File::create(place.dir().join("lock")).unwrap();
    flock(&holder, FlockOperation::NonBlockingLockExclusive).unwrap();
    let shim = bare_shim(&place, false);
    assert!(!shim.wait_with_output().unwrap().status.success());
    let help = Command::new(env!("CARGO_BIN_EXE_surefoot")).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains(SHIM));
}

#[test]
fn a_power_loss_between_announcement_and_execution_is_a_doubt() {
    let place = Place::new();
    std::fs::create_dir_all(place.dir()).unwrap();
    std::fs::write(place.dir().join("lock"), "").unwrap();
    std::fs::write(place.dir().join("state.json"), r#"{"state":"starting","shim":1}"#).unwrap();
    assert_eq!(place.status(), CommandStatus::Lost { still_running: None });
    let again = place.start(place.spec(&["true"]));
    assert!(matches!(again, Err(StartError::Unknown(_))), "{again:?}");
    // Nobody takes a process of another boot, or another one of that number, for the program.
    let process = format!(r#"{{"pid":{},"boot":"another","born":1}}"#, std::process::id());
    let state = format!(r#"{{"state":"started","shim":1,"program":{process}}}"#);
    std::fs::write(place.dir().join("state.json"), state).unwrap();
    assert_eq!(place.status(), LOST);
    std::fs::write(place.dir().join("state.json"), "{").unwrap();
    let damaged = another().status(&place.dir()).unwrap_err();
    assert!(damaged.to_string().contains("state.json is damaged"), "{damaged}");
}

#[test]
fn a_stop_ends_a_command_that_this_process_did_not_start() {
    let place = Place::new();
    place.start(place.shell("trap 'echo bye; exit 5' TERM; echo x > ran; while :; do sleep 0.05; done")).unwrap();
    place.made("ran");
    let result = exited(run(async { another().stop(&place.dir()).await }).unwrap());
    assert_eq!((result.exit_code, result.stopped, result.timed_out), (Some(5), true, false));
    assert_eq!(place.stdout(), "bye\n");
    assert!(result.ended_at.since(result.started_at) < Duration::from_secs(10));
}
