//! The real binary in a folder of its own, with nothing of the environment of the tests.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// What the secret of these runbooks is.
pub const TOKEN: &str = "canary-of-the-token";

/// A folder in which the binary is called, one time after another.
pub struct Folder {
    dir: TempDir,
    env: Vec<(String, String)>,
}

/// What a call came to.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), env: vec![("OPS_TOKEN".to_owned(), TOKEN.to_owned())] }
    }

    /// Puts a file into the folder.
    #[must_use]
    pub fn file(self, name: &str, content: &str) -> Self {
        std::fs::write(self.dir.path().join(name), content).unwrap();
        self
    }

    /// Sets a variable of every call.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_surefoot"));
        command.args(args).current_dir(self.dir.path()).env_clear().env("PATH", "/usr/bin:/bin").env("USER", "ana");
        command.envs(self.env.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Without the terminal of whoever runs the tests.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    pub fn call(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// The call on a terminal of its own, at which this is typed whenever something has to be typed.
    #[cfg(target_os = "linux")]
    pub fn type_into(&self, args: &[&str], text: &str) -> super::terminal::Typing {
        let mut command = Command::new("setsid");
        command.args(["--ctty", env!("CARGO_BIN_EXE_surefoot")]).args(args).current_dir(self.dir.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("USER", "ana").env("TERM", "xterm").envs(self.env.iter().cloned());
        super::terminal::Typing::start(command, text)
    }

    /// The id of the only run, where there is one.
    pub fn run_id(&self) -> Option<String> {
        let runs = std::fs::read_dir(self.path(".surefoot/runs")).ok()?;
        let names = runs.map(|one| one.unwrap().file_name().into_string().unwrap());
        let names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        assert!(names.len() < 2, "{names:?}");
        names.into_iter().next()
    }

    /// The records of the only run.
    pub fn journal(&self) -> Vec<Value> {
        let run = self.run_id().unwrap();
        let text = std::fs::read_to_string(self.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The records of one type.
    pub fn records(&self, name: &str) -> Vec<Value> {
        self.journal()
            .into_iter()
            .filter(|record| record["type"] == name)
            .map(|record| record["data"].clone())
            .collect()
    }

    /// Nothing that stands in this folder, and nothing that was printed, holds the secret.
    pub fn assert_secret_kept(&self, printed: &[&str]) {
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    assert_no_secret(&entry.path());
                }
            }
        }
        assert!(printed.iter().all(|text| !text.contains(TOKEN)), "the secret was printed: {printed:?}");
    }
}

fn assert_no_secret(path: &Path) {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    assert!(!text.contains(TOKEN), "{} holds the secret", path.display());
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// This stands in what was printed.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        let text = format!("{}\n{}", self.out, self.err);
        // Lines are folded where they are long.
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part) || text.contains(part), "no {part:?} in\n{text}");
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}
