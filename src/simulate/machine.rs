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
    /// The command line whose effect it looks for. Until that has taken effect it writes `until_then`, or ends with
    /// exit code 1.
    pub looks_for: Option<Vec<String>>,
    /// What it writes until then.
    pub until_then: Option<String>,
    /// The files that it writes where it ends with exit code 0.
    pub writes: BTreeMap<PathBuf, Vec<u8>>,
}

/// What each command line does. One that is not in it ends with exit code 0 and writes nothing.
pub type CommandScript = BTreeMap<Vec<String>, ScriptedCommand>;

/// The programs of a machine. They outlive the process that started them, and end with the machine.
#[derive(Clone, Debug, Default)]
pub struct SimMachine {
    workload: CommandScript,
    commands: BTreeMap<PathBuf, Command>,
    executed: Vec<Execution>,
    repeated: Vec<Repeated>,
    /// The files that programs have written since they were last taken.
    written: Vec<(PathBuf, Vec<u8>)>,
    /// When somebody last looked what the programs have done.
    looked_at: Option<Timestamp>,
}

/// A violation: a program was executed again while the outcome of an earlier execution was unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The directory of the later execution.
    pub dir: PathBuf,
    /// What happened.
    pub what: String,
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
    /// Nobody has waited for it since then.
    Lost(Timestamp, Orphan),
}

/// A program that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orphan {
    /// It runs until then.
    Running(Timestamp, Fate),
    /// It has ended, or was never executed.
    Over,
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
    request: String,
    argv: Vec<String>,
    /// When it had done what it was executed for. A program that is ended before its time does nothing.
    took_at: Option<Timestamp>,
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
        let is_unknown = |one: &&Execution| one.identity == identity && self.is_unknown(one);
        if spec.effect
            && let Some(first) = self.executed.iter().find(is_unknown)
        {
            let (first, again) = (first.dir.display(), dir.display());
            let what = format!("`{request}` of {first} was executed again in {again}, and nobody knows its end");
            self.repeated.push(Repeated { dir: dir.to_owned(), what });
        }
        if !spec.effect {
            self.looked_at = Some(at);
        }
        if self.executions(dir) > 0 {
            let what = format!("`{request}` was executed twice in {}", dir.display());
            self.repeated.push(Repeated { dir: dir.to_owned(), what });
        }
        let span = self.workload.get(&spec.argv).and_then(|scripted| scripted.span).unwrap_or(usual);
        let fate = if span > spec.timeout { Fate::TimedOut } else { Fate::ByItself };
        let ends_at = at.plus(span.min(spec.timeout));
        let argv = spec.argv.clone();
        self.executed.push(Execution { dir: dir.to_owned(), identity, request, argv, took_at: None });
        self.set(dir, Stage::Running(at, ends_at, fate));
    }

    /// Whether an execution still runs, or has ended so that nobody knows how and nobody has looked since.
    fn is_unknown(&self, one: &Execution) -> bool {
        match self.commands.get(&one.dir).map(|command| &command.stage) {
            Some(Stage::Exited(_)) => false,
            // What a look that came too early could not see, it does not excuse.
            Some(Stage::Lost(since, Orphan::Over)) => {
                one.took_at.is_some() || self.looked_at.is_none_or(|looked| looked < *since)
            }
            _ => true,
        }
    }

    /// A person looks what the programs have done.
    pub fn look(&mut self, now: Timestamp) {
        self.settle(now);
        self.looked_at = Some(now);
    }

    /// How often what was announced like this took effect; none while one of them still runs.
    pub fn took_effect(&self, request: &str) -> Option<usize> {
        let same = || self.executed.iter().filter(|one| one.request == request);
        let runs = |one: &Execution| {
            let stage = self.commands.get(&one.dir).map(|command| &command.stage);
            matches!(stage, Some(Stage::Running(..) | Stage::Lost(_, Orphan::Running(..))))
        };
        (!same().any(runs)).then(|| same().filter(|one| one.took_at.is_some()).count())
    }

    /// How the program of a directory has ended, as its shim has written it down.
    pub fn receipt(&self, dir: &Path) -> Option<&CommandResult> {
        match &self.commands.get(dir)?.stage {
            Stage::Exited(result) => Some(result),
            _ => None,
        }
    }

    /// Whether the script says what a command line does.
    pub fn knows(&self, argv: &[String]) -> bool {
        self.workload.contains_key(argv)
    }

    /// How often something was executed in a directory.
    pub fn executions(&self, dir: &Path) -> usize {
        self.executed.iter().filter(|one| one.dir == dir).count()
    }

    /// The violations so far: programs that were executed twice in one directory, or again while an earlier outcome was
    /// unknown.
    pub fn repeated(&self) -> &[Repeated] {
        &self.repeated
    }

    /// The files that programs have written since the last call.
    pub fn take_written(&mut self) -> Vec<(PathBuf, Vec<u8>)> {
        std::mem::take(&mut self.written)
    }

    /// How the command of a directory stands.
    pub fn status(&mut self, dir: &Path, now: Timestamp) -> CommandStatus {
        self.settle(now);
        match self.commands.get(dir).map(|command| &command.stage) {
            None => CommandStatus::NeverStarted,
            Some(Stage::Reserved | Stage::Running(..)) => CommandStatus::Running,
            Some(Stage::Exited(result)) => CommandStatus::Exited(result.clone()),
            Some(Stage::Lost(_, orphan)) => CommandStatus::Lost { still_running: Some(*orphan != Orphan::Over) },
        }
    }

    /// When a program that runs ends.
    pub fn ends_at(&self, dir: &Path) -> Option<Timestamp> {
        match self.commands.get(dir)?.stage {
            Stage::Running(_, ends_at, _) | Stage::Lost(_, Orphan::Running(ends_at, _)) => Some(ends_at),
            _ => None,
        }
    }

    /// What stands in the file of standard output.
    pub fn stdout(&self, dir: &Path) -> Vec<u8> {
        let Some(Command { spec, stage: Stage::Exited(result) }) = self.commands.get(dir) else { return Vec::new() };
        let kept = usize::try_from(result.stdout.kept).unwrap_or(usize::MAX);
        let scripted = self.workload.get(&spec.argv);
        let mut texts = scripted.into_iter().flat_map(|one| [Some(&one.stdout), one.until_then.as_ref()]).flatten();
        let written = texts.find(|text| Digest::of(text.as_bytes()) == result.stdout.sha256);
        written.map(|text| text.bytes().take(kept).collect()).unwrap_or_default()
    }

    /// Somebody kills the shim: a program that it has executed goes on, and one that it has not never is.
    pub fn kill_shim(&mut self, dir: &Path, now: Timestamp) {
        self.settle(now);
        match self.commands.get(dir).map(|command| &command.stage) {
            Some(Stage::Reserved) => self.set(dir, Stage::Lost(now, Orphan::Over)),
            Some(Stage::Running(_, ends_at, fate)) => {
                let orphan = Orphan::Running(*ends_at, *fate);
                self.set(dir, Stage::Lost(now, orphan));
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
            Some(Stage::Running(since, ends_at, fate)) if *ends_at > now.plus(grace) => {
                let fate = if *fate == Fate::TimedOut { *fate } else { Fate::Stopped };
                let stage = Stage::Running(*since, now.plus(grace), fate);
                self.set(dir, stage);
            }
            Some(Stage::Lost(since, Orphan::Running(until, _))) if *until > now.plus(grace) => {
                let stage = Stage::Lost(*since, Orphan::Running(now.plus(grace), Fate::Stopped));
                self.set(dir, stage);
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
            if matches!(command.stage, Stage::Running(..) | Stage::Lost(_, Orphan::Running(..))) {
                command.stage = Stage::Lost(now, Orphan::Over);
            }
        }
    }

    fn set(&mut self, dir: &Path, stage: Stage) {
        if let Some(command) = self.commands.get_mut(dir) {
            command.stage = stage;
        }
    }

    /// Every program that ends by now has ended, and its shim, where it has one, has written down how.
    pub fn settle(&mut self, now: Timestamp) {
        self.take_effect(now);
        let took = |argv: &Vec<String>, by: Timestamp| {
            self.executed.iter().any(|one| one.argv == *argv && one.took_at.is_some_and(|at| at <= by))
        };
        for command in self.commands.values_mut() {
            match command.stage {
                Stage::Running(since, ends_at, fate) if ends_at <= now => {
                    let mut scripted = self.workload.get(&command.spec.argv).cloned().unwrap_or_default();
                    if scripted.looks_for.as_ref().is_some_and(|argv| !took(argv, since)) {
                        match scripted.until_then.take() {
                            Some(text) => scripted.stdout = text,
                            None => scripted.exit_code = 1,
                        }
                    }
                    command.stage = Stage::Exited(result(&command.spec, &scripted, (since, ends_at), fate));
                }
                // Only from here on a look can see all that it has done.
                Stage::Lost(_, Orphan::Running(ends_at, _)) if ends_at <= now => {
                    command.stage = Stage::Lost(ends_at, Orphan::Over);
                }
                _ => {}
            }
        }
    }

    /// Every program that ends by now by itself has done what it was executed for.
    fn take_effect(&mut self, now: Timestamp) {
        for one in self.executed.iter_mut().filter(|one| one.took_at.is_none()) {
            match self.commands.get(&one.dir).map(|command| &command.stage) {
                Some(
                    Stage::Running(_, ends_at, Fate::ByItself)
                    | Stage::Lost(_, Orphan::Running(ends_at, Fate::ByItself)),
                ) if *ends_at <= now => {
                    one.took_at = Some(*ends_at);
                    let scripted = self.workload.get(&one.argv).filter(|scripted| scripted.exit_code == 0);
                    let files = scripted.into_iter().flat_map(|scripted| &scripted.writes);
                    self.written.extend(files.map(|(path, bytes)| (path.clone(), bytes.clone())));
                }
                _ => {}
            }
        }
    }
}

fn result(spec: &CommandSpec, scripted: &ScriptedCommand, times: (Timestamp, Timestamp), fate: Fate) -> CommandResult {
    let captured = |file: &str, text: &str| Captured {
        file: file.to_owned(),
        kept: spec.output_limit.min(text.len() as u64),
        len: text.len() as u64,
        sha256: Digest::of(text.as_bytes()),
    };
    let is_whole = fate == Fate::ByItself;
    CommandResult {
        exit_code: Some(scripted.exit_code).filter(|_| is_whole),
        signal: (!is_whole).then_some(if fate == Fate::Stopped { TERMINATED } else { KILLED }),
        timed_out: fate == Fate::TimedOut,
        stopped: fate == Fate::Stopped,
        left_running: false,
        started_at: times.0,
        ended_at: times.1,
        stdout: captured("stdout", if is_whole { &scripted.stdout } else { "" }),
        stderr: captured("stderr", ""),
    }
}
