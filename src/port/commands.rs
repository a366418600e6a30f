//! Commands: programs of this machine that outlive surefoot.

use super::Async;
use crate::base::{Digest, Secret, Timestamp, shell_word};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Starts programs, and says how they end.
///
/// A command goes on when the process that started it dies. Whatever is known of it stands in a directory of its own,
/// which the caller names for each step and attempt, so that any later process can ask.
pub trait Commands: Send + Sync {
    /// Starts a command. Returns once it is durable that the program may be executed, and the program is executed.
    ///
    /// A directory serves one execution: a second start in it is [`StartError::Unknown`] and executes nothing, unless
    /// the first one certainly executed nothing.
    fn start(&self, spec: CommandSpec, dir: PathBuf) -> Async<'_, Result<(), StartError>>;

    /// How the command of a directory stands.
    fn status(&self, dir: &Path) -> io::Result<CommandStatus>;

    /// Waits until the command of a directory is not [`CommandStatus::Running`] any more.
    fn wait<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>>;

    /// Ends the command of a directory with everything in its process group, and waits until it has ended: SIGTERM,
    /// and SIGKILL where that did not help within [`STOP_GRACE`].
    fn stop<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>>;
}

/// How long a program that is to end has time to do so by itself.
pub const STOP_GRACE: Duration = Duration::from_secs(10);

/// What to run.
#[derive(Clone, Debug)]
pub struct CommandSpec {
    /// The program, and its arguments. A program without a slash is looked for in the `PATH` of its environment. No
    /// secret: every user of the machine can read it.
    pub argv: Vec<String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The environment besides `PATH`, `HOME` and `LANG`, which it may set as well.
    pub env: Vec<(String, Secret<String>)>,
    /// What the program reads on standard input.
    pub stdin: Secret<Vec<u8>>,
    /// How long the program may take. Then it is stopped as by [`Commands::stop`], whether surefoot is alive or not.
    pub timeout: Duration,
    /// The texts that are replaced in the output.
    pub secrets: Vec<Secret<String>>,
    /// How much of each output is kept, in bytes; the rest is only counted and digested.
    pub output_limit: u64,
    /// Whether it is an effect, and so announced.
    pub effect: bool,
}

impl CommandSpec {
    /// What stands in the place of a secret in the output.
    pub const FILTERED: &'static str = "[secret]";

    /// The command as a person would type it; as it is announced.
    pub fn request(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|word| shell_word(word)).collect();
        format!("RUN {}", words.join(" "))
    }

    /// What identifies the command among others: everything but what may be secret.
    pub fn identity(&self) -> Vec<u8> {
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        let cwd = self.cwd.to_string_lossy();
        serde_json::json!({"argv": self.argv, "cwd": cwd, "env": names, "timeout_ms": self.timeout.as_millis()})
            .to_string()
            .into_bytes()
    }
}

/// A command was not started, or nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The program was certainly not executed, and will not be: no such program, not executable, no such directory.
    #[error("{0}")]
    NotStarted(String),
    /// The program may have been executed; [`Commands::status`] says what can be known.
    #[error("{0}")]
    Unknown(String),
}

/// How a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandStatus {
    /// Nothing was executed, and nothing will be by an earlier start.
    NeverStarted,
    /// It was started, and what watches it is alive.
    Running,
    /// It has ended, and how is known.
    Exited(CommandResult),
    /// It may have been executed, what watched it is gone, and nobody knows how it ended.
    Lost {
        /// Whether the program itself still runs; none where nobody can tell.
        still_running: Option<bool>,
    },
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandResult {
    /// The exit code, where it ended by itself.
    pub exit_code: Option<i32>,
    /// The number of the signal that ended it, where one did.
    pub signal: Option<i32>,
    /// Whether it was stopped because its time was over.
    pub timed_out: bool,
    /// Whether it was stopped because somebody asked for it.
    pub stopped: bool,
    /// Whether it left processes behind that still run. They are left alone.
    pub left_running: bool,
    /// When the program was executed.
    pub started_at: Timestamp,
    /// When it had ended.
    pub ended_at: Timestamp,
    /// What it wrote to standard output.
    pub stdout: Captured,
    /// What it wrote to standard error.
    pub stderr: Captured,
}

/// What a program wrote, with its secrets replaced. What processes that it left behind write later is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The name of the file in the directory of the command.
    pub file: String,
    /// How many of the bytes stand in the file, from the first one.
    pub kept: u64,
    /// How many bytes there were.
    pub len: u64,
    /// The digest of all of them.
    pub sha256: Digest,
}
