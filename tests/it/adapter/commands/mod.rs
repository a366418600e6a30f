//! Commands: real programs, watched by the real shim.

mod crashes;
mod filter;
mod output;
mod programs;
mod secrets;

use super::server::run;
use std::path::{Path, PathBuf};
use std::time::Duration;
use surefoot::adapter::commands::RealCommands;
use surefoot::base::Secret;
use surefoot::port::{CommandResult, CommandSpec, CommandStatus, Commands as _, StartError};
use tempfile::TempDir;

/// A place for one command.
struct Place {
    home: TempDir,
    commands: RealCommands,
}

impl Place {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), commands: another() }
    }

    /// The directory of the command.
    fn dir(&self) -> PathBuf {
        self.home.path().join("commands").join("step-1")
    }

    /// Where the command works.
    fn cwd(&self) -> &Path {
        self.home.path()
    }

    fn start(&self, spec: CommandSpec) -> Result<(), StartError> {
        run(self.commands.start(spec, self.dir()))
    }

    fn status(&self) -> CommandStatus {
        self.commands.status(&self.dir()).unwrap()
    }

    fn wait(&self) -> CommandStatus {
        run(async { self.commands.wait(&self.dir()).await }).unwrap()
    }

    fn stop(&self) -> CommandStatus {
        run(async { self.commands.stop(&self.dir()).await }).unwrap()
    }

    fn stdout(&self) -> String {
        String::from_utf8(std::fs::read(self.dir().join("stdout")).unwrap()).unwrap()
    }

    /// A command of a shell.
    fn shell(&self, script: &str) -> CommandSpec {
        self.spec(&["sh", "-c", script])
    }

    fn spec(&self, argv: &[&str]) -> CommandSpec {
        CommandSpec {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            cwd: self.cwd().to_owned(),
            env: Vec::new(),
            stdin: Secret::new(Vec::new()),
            timeout: Duration::from_mins(5),
            secrets: Vec::new(),
            output_limit: 1024 * 1024,
            effect: true,
        }
    }

    /// Runs a command of a shell to its end.
    fn ended(&self, spec: CommandSpec) -> CommandResult {
        assert_eq!(self.start(spec), Ok(()));
        exited(self.wait())
    }

    /// Waits until the program has made a file, and reads it.
    fn made(&self, name: &str) -> String {
        let path = self.cwd().join(name);
        loop {
            match std::fs::read_to_string(&path) {
                Ok(text) if text.ends_with('\n') => return text.trim_end().to_owned(),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

/// The port as another process would make it.
fn another() -> RealCommands {
    let env = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/nowhere"), ("LANG", "C.UTF-8")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    RealCommands::new(PathBuf::from(env!("CARGO_BIN_EXE_surefoot")), env)
}

fn exited(status: CommandStatus) -> CommandResult {
    match status {
        CommandStatus::Exited(result) => result,
        other => panic!("it should have ended: {other:?}"),
    }
}

/// The shim of a command that has been started.
fn shim_of(dir: &Path) -> i32 {
    let state: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.join("state.json")).unwrap()).unwrap();
    i32::try_from(state["shim"].as_i64().unwrap()).unwrap()
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Whether a process runs; one that has ended and was not waited for does not.
fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn until_gone(pid: i32) {
    while is_alive(pid) {
        std::thread::sleep(Duration::from_millis(2));
    }
}
