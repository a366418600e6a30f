//! Runbooks of one command, and what is seen of the processes of a run.

use crate::support::binary::Folder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A runbook whose only step runs a script of the shell, with these further lines of `with` and of the step.
pub(super) fn script(script: &str, with: &str, keys: &str) -> String {
    runbook(&format!("[sh, -c, {script:?}]"), with, keys)
}

/// The same with any `argv`.
pub(super) fn runbook(argv: &str, with: &str, keys: &str) -> String {
    let indented = |lines: &str, by: &str| lines.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    format!(
        "runbook: work\nversion: 1.0.0\nsteps:\n  - id: work\n    uses: command\n    effect: undoable\n\
         \x20   with:\n      argv: {argv}\n{}{}",
        indented(with, "      "),
        indented(keys, "    ")
    )
}

/// A folder with this runbook in it.
pub(super) fn folder(runbook: &str) -> Folder {
    Folder::new().file("book.yaml", runbook)
}

/// The directory of the only run, once there is one.
pub(super) fn run_dir(folder: &Folder) -> Option<PathBuf> {
    folder.run_id().map(|run| folder.path(".surefoot/runs").join(run))
}

/// The directory of an attempt of the step.
pub(super) fn attempt(folder: &Folder, number: u32) -> PathBuf {
    run_dir(folder).unwrap().join(format!("commands/work-{number}"))
}

/// The step of the only run as `status` shows it.
pub(super) fn step(folder: &Folder) -> Value {
    folder.call(&["status", "--output", "json"]).exit(0).json()["steps"][0].clone()
}

/// The lines of a file of the folder; none where there is no such file.
pub(super) fn lines(folder: &Folder, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Waits until something is there.
pub(super) fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "it never came: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The shim and the program of an attempt that has been started.
pub(super) fn processes(dir: &Path) -> (i32, i32) {
    until("a program that was started", || {
        let state: Value = serde_json::from_slice(&std::fs::read(dir.join("state.json")).ok()?).ok()?;
        let pid = |value: &Value| i32::try_from(value.as_i64()?).ok();
        Some((pid(&state["shim"])?, pid(&state["program"]["pid"])?))
    })
}

/// Kills a process as nothing can prevent it.
pub(super) fn kill(pid: i32) {
    // It may have ended by itself.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// Whether a process runs; one that has ended and was not waited for does not.
pub(super) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
