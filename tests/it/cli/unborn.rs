//! What keeps a run from being begun, and that nothing is left of it.

use super::case::{BINARY, Case, SMALL};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// A twin, ended when it is dropped.
pub(super) struct Twin(Child);

impl Drop for Twin {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A directory with a runbook and the ready line of a twin.
pub(super) fn with_twin(runbook: &str) -> (Case, Twin) {
    let case = Case::new().file("a.yaml", runbook);
    let mut twin = Command::new(BINARY).arg("twin").current_dir(case.path("")).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(twin.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    (case.file("ready.json", ready), Twin(twin))
}

#[track_caller]
fn nothing_was_begun(case: &mut Case) {
    case.then(["runs"]).exit(0).stderr("there are no runs");
    assert!(!case.path("audit").exists());
}

#[test]
fn keys_that_cannot_be_used_leave_no_run() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["keys", "init"]).exit(0);
    std::fs::write(case.path(".surefoot/keys/recipients.txt"), "age1nonsense\n").unwrap();
    case.then(["run", "a.yaml"]).exit(2).stderr("cannot be used");
    case.then(["run", "a.yaml", "--twin"]).exit(2).stderr("cannot be used");
    nothing_was_begun(&mut case);
}

#[test]
fn a_twin_that_does_not_answer_leaves_no_run() {
    let (mut case, twin) = with_twin(SMALL);
    drop(twin);
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(6).stderr("does not answer");
    nothing_was_begun(&mut case);
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_is_full_leaves_no_run_and_says_so() {
    let mut case = Case::new().file("a.yaml", SMALL);
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{BINARY}' run a.yaml");
    let mut full = Command::new("sh");
    full.args(["-c", &script]).current_dir(case.path("")).env_clear().env("PATH", "/usr/bin:/bin");
    let ran = super::case::Ran::of(full.stdin(Stdio::null()).output().unwrap()).exit(10);
    let ran = ran.stderr("no run was started; fix the disk or free space, then repeat the command");
    assert!(!ran.err.contains("resume"), "{}", ran.err);
    nothing_was_begun(&mut case);
    case.then(["run", "a.yaml"]).exit(0);
}

#[test]
fn the_second_signal_leaves_at_once_while_nobody_answers() {
    let (mut case, twin) = with_twin(SMALL);
    drop(twin);
    // Takes connections, and says nothing.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut ready: Value = serde_json::from_slice(&std::fs::read(case.path("ready.json")).unwrap()).unwrap();
    ready["base_url"] = format!("http://{}", deaf.local_addr().unwrap()).into();
    std::fs::write(case.path("ready.json"), ready.to_string()).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = Command::new(BINARY)
            .args(["run", "a.yaml", "--twin=ready.json"])
            .current_dir(case.path(""))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _connection = deaf.accept().unwrap();
        let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("again to exit immediately"), "{line}");
        kill_process(id, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(4));
    }
    nothing_was_begun(&mut case);
}
