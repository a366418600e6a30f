//! The programs of a simulated machine, as plain data: what was executed, how often, and how it ended.

use crate::base::{Digest, Timestamp};
use crate::port::{Captured, CommandResult, CommandSpec, CommandStatus};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// SIGKILL.
const KILLED: i32 = 9;
/// SIGTERM.
const TERMINATED: i32 = 15;

/// What a program does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedCommand {
    /// Its exit code.
    pub exit_code: i32,
    /// What it writes to standard output.
    pub stdout: String,
    /// How long it takes; what the trial says where there is none.
    pub span: Option<Duration>,
}

/// What each command line does. One that is not in it ends with exit code 0 and writes nothing.
pub type CommandScript = BTreeMap<Vec<String>, ScriptedCommand>;

/// The programs of a machine. They outlive the process that started them, and end with the machine.
#[derive(Clone, Debug, Default)]
pub struct SimMachine {
    workload: CommandScript,
    commands: BTreeMap<PathBuf, Command>,
    executed: Vec<Execution>,
    wrong: Vec<String>,
}

#[derive(Clone, Debug)]
struct Command {
    spec: CommandSpec,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// A shim is there, and has executed nothing yet.
    Reserved,
    /// The program runs until the second time, and a shim waits for it.
    Running(Timestamp, Timestamp, Fate),
    Exited(CommandResult),
    /// Nobody waits for it; it runs until then.
    Lost(Option<Timestamp>),
}

/// How a program that runs is going to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    ByItself,
    TimedOut,
    Stopped,
}

#[derive(Clone, Debug)]
struct Execution {
    dir: PathBuf,
    identity: Vec<u8>,
}

impl SimMachine {
    /// A machine on which nothing runs.
    pub fn new(workload: CommandScript) -> Self {
        Self { workload, ..Self::default() }
    }

    /// A shim takes a command over; `false` where one did before in this directory.
    pub fn reserve(&mut self, dir: &Path, spec: CommandSpec) -> bool {
        if self.commands.contains_key(dir) {
            return false;
        }
        self.commands.insert(dir.to_owned(), Command { spec, stage: Stage::Reserved });
        true
    }

    /// The shim executes the program, if it is there. It takes `usual` where the script does not say.
    pub fn execute(&mut self, dir: &Path, at: Timestamp, usual: Duration) {
        self.settle(at);
        let Some(Command { spec, stage: Stage::Reserved }) = self.commands.get(dir) else { return };
        let (identity, request) = (spec.identity(), spec.request());
        let is_open = |one: &&Execution| {
            let stage = self.commands.get(&one.dir).map(|command| &command.stage);
            one.identity == identity && !matches!(stage, Some(Stage::Exited(_)))
        };
        if spec.effect
            && let Some(first) = self.executed.iter().find(is_open)
        {
            let (first, again) = (first.dir.display(), dir.display());
            self.wrong.push(format!("`{request}` of {first} was executed again in {again}, and nobody knows its end"));
        }
        if self.executed.iter().any(|one| one.dir == dir) {
            self.wrong.push(format!("`{request}` was executed twice in {}", dir.display()));
        }
        let span = self.workload.get(&spec.argv).and_then(|scripted| scripted.span).unwrap_or(usual);
        let injector = if span > spec.timeout { Fate::TimedOut } else { Fate::ByItself };
        let ends_at = at.plus(span.min(spec.timeout));
        self.executed.push(Execution { dir: dir.to_owned(), identity });
        self.set(dir, Stage::Running(at, ends_at, injector));
    }

    /// How often something was executed in a directory.
    pub fn executions(&self, dir: &Path) -> usize {
        self.executed.iter().filter(|one| one.dir == dir).count()
    }

    /// What must never be and was seen: what was executed twice, and what once more while nobody knew how it had ended.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// How the command of a directory stands.
    pub fn status(&mut self, dir: &Path, now: Timestamp) -> CommandStatus {
        self.settle(now);
        match self.commands.get(dir).map(|command| &command.stage) {
            None => CommandStatus::NeverStarted,
            Some(Stage::Reserved | Stage::Running(..)) => CommandStatus::Running,
            Some(Stage::Exited(result)) => CommandStatus::Exited(result.clone()),
            Some(Stage::Lost(until)) => {
                CommandStatus::Lost { still_running: Some(until.is_some_and(|until| until > now)) }
            }
        }
    }

    /// When a program that runs ends.
    pub fn ends_at(&self, dir: &Path) -> Option<Timestamp> {
        match self.commands.get(dir)?.stage {
            Stage::Running(_, ends_at, _) | Stage::Lost(Some(ends_at)) => Some(ends_at),
            _ => None,
        }
    }

    /// What stands in the file of standard output.
    pub fn stdout(&self, dir: &Path) -> Vec<u8> {
        let Some(Command { spec, stage: Stage::Exited(result) }) = self.commands.get(dir) else { return Vec::new() };
        let kept = usize::try_from(result.stdout.kept).unwrap_or(usize::MAX);
        self.workload.get(&spec.argv).map(|one| one.stdout.bytes().take(kept).collect()).unwrap_or_default()
    }

    /// Somebody kills the shim: a program that it has executed goes on, and one that it has not never is.
    pub fn kill_shim(&mut self, dir: &Path, now: Timestamp) {
        self.settle(now);
        match self.commands.get(dir).map(|command| &command.stage) {
            Some(Stage::Reserved) => self.set(dir, Stage::Lost(None)),
            Some(Stage::Running(_, ends_at, _)) => {
                let until = Some(*ends_at);
                self.set(dir, Stage::Lost(until));
            }
            _ => {}
        }
    }

    /// A shim gives a command back that it could not execute.
    pub fn give_back(&mut self, dir: &Path) {
        if matches!(self.commands.get(dir).map(|command| &command.stage), Some(Stage::Reserved)) {
            self.commands.remove(dir);
        }
    }

    /// Somebody stops the program, which ends after `grace` at the latest.
    pub fn stop(&mut self, dir: &Path, now: Timestamp, grace: Duration) {
        self.settle(now);
        match self.commands.get(dir).map(|command| &command.stage) {
            Some(Stage::Running(since, ends_at, injector)) if *ends_at > now.plus(grace) => {
                let stage = Stage::Running(
                    *since,
                    now.plus(grace),
                    if *injector == Fate::TimedOut { *injector } else { Fate::Stopped },
                );
                self.set(dir, stage);
            }
            Some(Stage::Lost(Some(until))) => {
                let until = Some(*until).map(|until| until.min(now.plus(grace)));
                self.set(dir, Stage::Lost(until));
            }
            _ => {}
        }
    }

    /// The power goes: no program survives, and what has ended is known.
    pub fn lose_power(&mut self, now: Timestamp) {
        self.settle(now);
        // What a shim has not executed yet, it has not announced either.
        self.commands.retain(|_, command| !matches!(command.stage, Stage::Reserved));
        for command in self.commands.values_mut() {
            if matches!(command.stage, Stage::Running(..) | Stage::Lost(_)) {
                command.stage = Stage::Lost(None);
            }
        }
    }

    fn set(&mut self, dir: &Path, stage: Stage) {
        if let Some(command) = self.commands.get_mut(dir) {
            command.stage = stage;
        }
    }

    /// Every shim whose program has ended by now has written down how.
    fn settle(&mut self, now: Timestamp) {
        for command in self.commands.values_mut() {
            if let Stage::Running(since, ends_at, injector) = command.stage
                && ends_at <= now
            {
                let scripted = self.workload.get(&command.spec.argv).cloned().unwrap_or_default();
                command.stage = Stage::Exited(result(&command.spec, &scripted, (since, ends_at), injector));
            }
        }
    }
}

fn result(
    spec: &CommandSpec,
    scripted: &ScriptedCommand,
    times: (Timestamp, Timestamp),
    injector: Fate,
) -> CommandResult {
    let captured = |file: &str, text: &str| Captured {
        file: file.to_owned(),
        kept: spec.output_limit.min(text.len() as u64),
        len: text.len() as u64,
        sha256: Digest::of(text.as_bytes()),
    };
    let is_whole = injector == Fate::ByItself;
    CommandResult {
        exit_code: Some(scripted.exit_code).filter(|_| is_whole),
        signal: (!is_whole).then_some(if injector == Fate::Stopped { TERMINATED } else { KILLED }),
        timed_out: injector == Fate::TimedOut,
        stopped: injector == Fate::Stopped,
        left_running: false,
        started_at: times.0,
        ended_at: times.1,
        stdout: captured("stdout", if is_whole { &scripted.stdout } else { "" }),
        stderr: captured("stderr", ""),
    }
}
