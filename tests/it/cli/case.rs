//! One builder for one call of the real binary.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The binary under test.
pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_surefoot");

/// The runbook that is shipped.
pub(super) const MAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml");

/// One step that holds.
pub(super) const SMALL: &str = "\
runbook: small
version: 1.0.0
description: One step that holds.
steps:
  - id: holds
    uses: assert
    on_failure: stop
    with: {that: true}
";

/// One question, and a step after it.
pub(super) const ASKING: &str = "\
runbook: asking
version: 1.0.0
description: Asks before it goes on.
steps:
  - id: ready
    uses: manual
    with: {instructions: Put the kettle on.}
  - id: after
    uses: assert
    needs: [ready]
    with: {that: true}
";

/// An input that nothing refers to.
pub(super) const UNUSED: &str = "\
runbook: unused
version: 1.0.0
inputs: {nobody: {type: string, optional: true}}
steps:
  - id: holds
    uses: assert
    with: {that: true}
";

/// A step that takes an hour.
pub(super) const WAITING: &str = "\
runbook: waiting
version: 1.0.0
description: Waits.
steps:
  - id: nap
    uses: sleep
    with: {for: 1h}
";

/// A directory in which the binary is called, one time after another.
pub(super) struct Case {
    dir: TempDir,
    args: Vec<String>,
}

/// What a call came to.
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Case {
    pub(super) fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), args: Vec::new() }
    }

    /// Puts a file into the directory.
    pub(super) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.dir.path().join(name), content).unwrap();
        self
    }

    /// The arguments of the next call.
    pub(super) fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.args = args.map(str::to_owned).to_vec();
        self
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The call, without the environment of the tests and without a terminal.
    pub(super) fn command(&self) -> Command {
        let mut command = without_terminal();
        command
            .args(&self.args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("USER", "ana")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(super) fn spawn(&self) -> Child {
        self.command().spawn().unwrap()
    }

    pub(super) fn run(&self) -> Ran {
        Ran::of(self.command().output().unwrap())
    }

    /// Calls with these arguments in the same directory.
    pub(super) fn then<const N: usize>(&mut self, args: [&str; N]) -> Ran {
        self.args = args.map(str::to_owned).to_vec();
        self.run()
    }

    /// Types a command as it was printed.
    pub(super) fn typed(&self, line: &str) -> Ran {
        let mut shell = Command::new("sh");
        let path = format!("{}:/usr/bin:/bin", std::path::Path::new(BINARY).parent().unwrap().display());
        shell.args(["-c", line]).current_dir(self.dir.path()).env_clear().env("PATH", path).env("USER", "ana");
        Ran::of(shell.stdin(Stdio::null()).output().unwrap())
    }

    /// The id of the only run.
    pub(super) fn run_id(&self) -> String {
        let runs: Vec<_> = std::fs::read_dir(self.path(".surefoot/runs")).unwrap().map(|one| one.unwrap()).collect();
        assert_eq!(runs.len(), 1);
        runs[0].file_name().into_string().unwrap()
    }
}

/// In a session of its own, so that `/dev/tty` of whoever runs the tests is out of reach.
#[cfg(target_os = "linux")]
fn without_terminal() -> Command {
    let mut command = Command::new("setsid");
    command.args(["--wait", BINARY]);
    command
}

#[cfg(not(target_os = "linux"))]
fn without_terminal() -> Command {
    Command::new(BINARY)
}

impl Ran {
    pub(super) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(super) fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(super) fn stdout(self, part: &str) -> Self {
        assert!(self.out.contains(part), "no {part:?} on standard output:\n{}", self.out);
        self
    }

    #[track_caller]
    pub(super) fn stderr(self, part: &str) -> Self {
        assert!(self.err.contains(part), "no {part:?} on standard error:\n{}", self.err);
        self
    }

    #[track_caller]
    pub(super) fn silent(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    /// Standard output as the one JSON document it must be.
    #[track_caller]
    pub(super) fn json(&self, schema: &str) -> Value {
        let document: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}\nstandard output:\n{}\nstandard error:\n{}", self.out, self.err));
        assert_eq!(document["schema"], schema);
        document
    }
}
