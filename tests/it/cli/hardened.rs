//! The process keeps what it knows to itself (reliability.md §4): files for the owner only, nothing in a core dump.

use super::case::{BINARY, Case, WAITING};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const CANARY: &str = "canary-of-the-hardening";

/// A run that waits, started by a shell that allows everything to everybody; its first line has been printed.
fn waiting(case: &Case) -> Child {
    let mut child = Command::new("sh")
        .args(["-c", "umask 000; ulimit -c unlimited; exec \"$0\" run wait.yaml", BINARY])
        .current_dir(case.path(""))
        .env_clear()
        .env("AURA_CLIENT_ID", "client")
        .env("AURA_CLIENT_SECRET", CANARY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines().map_while(Result::ok);
    assert!(lines.into_iter().any(|line| line.contains("waiting 1.0.0")), "the run never began");
    child
}

fn everything_in(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(everything_in(&path));
        }
        all.push(path);
    }
    all
}

#[test]
fn what_a_run_leaves_is_for_its_owner_and_a_crash_tells_nothing() {
    let case = Case::new().file("wait.yaml", WAITING);
    let mut child = waiting(&case);
    let proc = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let limits = proc("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    assert!(proc("status").lines().any(|line| line.starts_with("Umask:") && line.ends_with("0077")));
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
    let left = everything_in(&case.path(""));
    assert!(left.iter().any(|path| path.ends_with("journal.000001.jsonl")), "{left:?}");
    for path in left.iter().filter(|path| !path.ends_with("wait.yaml")) {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(path.is_dir() || !holds(&std::fs::read(path).unwrap()), "{}", path.display());
    }
}
