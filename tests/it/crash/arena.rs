//! A folder with a run in it, and the world the run acts on.

use super::point::Point;
use super::twin::Twin;
use super::ward::Ward;
use base64::Engine as _;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use surefoot::base::Timestamp;
use surefoot::twin::{Request, Scenario, World};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml");
/// Simulated seconds in a real one; a run takes about two real seconds then.
const SPEED: u64 = 1500;

/// How long a process is let live.
#[derive(Clone, Debug)]
pub(super) enum Span {
    /// Until it ends by itself.
    Whole,
    /// Until so much is in the journal, and then for so long in real time.
    Written(u64, Duration),
    /// Until this point, in an arena with a ward.
    Until(Point),
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Killed,
    Exit(i32),
}

/// Where the world of an arena is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// In the process of the run.
    Embedded,
    /// In a process of its own.
    Running,
    /// In a process of its own, behind a ward.
    Warded,
}

pub(super) struct Arena {
    folder: tempfile::TempDir,
    /// Closed before the world that it stands before.
    ward: Option<Ward>,
    twin: Option<Twin>,
    seed: u64,
}

impl Arena {
    pub(super) fn new(place: Paths, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut arena = Self { folder, ward: None, twin: None, seed };
        if place == Paths::Embedded {
            return arena;
        }
        let mut command = arena.surefoot();
        command.args(["twin", "--speed", &speed().to_string(), "--seed", &seed.to_string(), "--dir", "twin"]);
        let twin = Twin::start(command);
        arena.ward = (place == Paths::Warded).then(|| Ward::before(twin.ready()));
        let ready = arena.ward.as_ref().map_or(twin.ready(), |ward| &ward.ready);
        fs::write(arena.path("ready.json"), ready).unwrap();
        arena.twin = Some(twin);
        arena
    }

    /// Runs, and resumes whatever was killed, until the run is done and the world is as it should be; returns how many
    /// processes were killed. `next` is told how many that are so far, and says how long the next one lives.
    pub(super) fn finish(&mut self, mut next: impl FnMut(usize) -> Span) -> usize {
        let mut kills = 0;
        let mut span = next(kills);
        for _ in 0..40 {
            match self.advance(span) {
                Ended::Killed => {
                    kills += 1;
                    span = next(kills);
                }
                Ended::Exit(2) if !self.has_run() => span = Span::Whole,
                Ended::Exit(0) => {
                    self.check();
                    return kills;
                }
                // Killed between its last word and its exit.
                Ended::Exit(2) if self.output().contains("\nRecorded\n") => {
                    self.check();
                    return kills;
                }
                Ended::Exit(code) => panic!("ended with {code}:\n{}", self.output()),
            }
        }
        panic!("not done after forty processes:\n{}", self.output());
    }

    /// How many bytes are in the run's journal.
    pub(super) fn written(&self) -> u64 {
        let journal = self.run_dir().map(|run| run.join("journal.000001.jsonl"));
        journal.and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len())
    }

    /// The request lines of the calls that the last process has made, in an arena with a ward.
    pub(super) fn calls(&self) -> Vec<String> {
        self.ward.as_ref().unwrap().gate.calls()
    }

    /// The request lines of the calls that processes were killed at, in an arena with a ward.
    pub(super) fn met(&self) -> Vec<String> {
        self.ward.as_ref().unwrap().gate.met()
    }

    /// Starts the run, or resumes it where there is one, and lets that process live as long as it may.
    pub(super) fn advance(&mut self, span: Span) -> Ended {
        let mut command = self.next();
        let log = File::options().create(true).append(true).open(self.path("log.txt")).unwrap();
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut start = || command.spawn().unwrap();
        let (point, end) = match span {
            Span::Whole => (None, None),
            Span::Written(bytes, more) => (None, Some((bytes, more))),
            Span::Until(point) => (Some(point), None),
        };
        let child = match &self.ward {
            Some(ward) => ward.gate.watch(point, start),
            None => start(),
        };
        let status = self.wait(child, end);
        if status.signal() == Some(9) { Ended::Killed } else { Ended::Exit(status.code().unwrap_or(-1)) }
    }

    /// The command that starts the run, or resumes it.
    fn next(&self) -> Command {
        let mut command = self.surefoot();
        if self.has_run() {
            command.arg("resume");
        } else if self.twin.is_some() {
            command.args(["run", RUNBOOK, "--twin=ready.json"]);
        } else {
            command.args(["run", RUNBOOK, "--twin", "--speed", &speed().to_string()]);
            command.args(["--seed", &self.seed.to_string()]);
        }
        command
    }

    /// Waits until a process ends, and kills it so long after it has written so much.
    fn wait(&self, mut child: Child, end: Option<(u64, Duration)>) -> ExitStatus {
        let begun = Instant::now();
        let mut written_at = None;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            let waited = begun.elapsed();
            if waited > Duration::from_secs(120) {
                drop(child.kill());
                panic!("still running after two minutes:\n{}", self.output());
            }
            if let Some((bytes, more)) = end {
                written_at = written_at.or_else(|| (self.written() >= bytes).then_some(waited));
                if written_at.is_some_and(|at| waited >= at + more) {
                    child.kill().unwrap();
                    return child.wait().unwrap();
                }
            }
            // Real time: this is when a real process is killed.
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Whether a run was born.
    fn has_run(&self) -> bool {
        self.run_dir().is_some()
    }

    /// What all processes printed.
    fn output(&self) -> String {
        fs::read_to_string(self.path("log.txt")).unwrap_or_default()
    }

    /// The world is as it should be: one deletion, one new instance, its password opens, the trail verifies.
    fn check(&self) {
        let run = self.run_dir().unwrap();
        let (mut world, start) = self.world(&run);
        let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
        let before: Vec<_> = World::new(world_seed(self), Scenario::default(), start)
            .unwrap()
            .instances_with_passwords()
            .into_iter()
            .map(|one| one.id)
            .collect();
        let deletions = world
            .ledger()
            .iter()
            .filter(|entry| entry.method == "DELETE" && entry.target == source && entry.status < 300)
            .count();
        assert_eq!(deletions, 1, "deletions of {source}:\n{}", self.output());
        let now = world.latest();
        let state = world.state(now);
        let live: Vec<_> = state["instances"].as_array().unwrap().iter().collect();
        let own: Vec<_> = live.iter().filter(|one| !before.iter().any(|id| one["id"] == **id)).collect();
        assert_eq!(own.len(), 1, "instances of this run: {own:?}\n{}", self.output());
        assert_eq!(own[0]["status"], "running");
        let mut kept: Vec<_> = before.iter().filter(|id| live.iter().any(|one| one["id"] == ***id)).collect();
        kept.push(&source);
        assert_eq!(kept.len(), before.len(), "of {before:?} all but {source} live, and no more: {kept:?}");
        assert!(live.iter().all(|one| one["id"] != *source), "{source} still lives");
        self.password_opens(&mut world, &run, own[0]["id"].as_str().unwrap());
        let id = run.file_name().unwrap().to_str().unwrap().to_owned();
        let verified = self.surefoot().args(["audit", "verify", &id]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        let trail = self.path("audit").join(&id);
        let verified = self.surefoot().args(["audit", "verify"]).arg(&trail).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }

    fn password_opens(&self, world: &mut World, run: &Path, id: &str) {
        let text = fs::read_to_string(run.join("new-instance.env")).unwrap();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches('=').trim_matches(['"', '\'']).to_owned()
        };
        let pair = format!("{}:{}", field("NEO4J_USERNAME"), field("NEO4J_PASSWORD"));
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        let request = Request::new("POST", &format!("/{id}/db/neo4j/query/v2"))
            .with_header("authorization", &format!("Basic {pair}"))
            .with_json(&json!({"statement": "RETURN 1 AS one"}));
        let reply = world.handle(&request, world.latest()).response;
        assert_eq!(reply.status, 202, "the delivered password does not open {id}");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["data"]["values"], json!([[1]]));
    }

    /// The accepted writes of the world, as method and path.
    pub(super) fn writes(&self) -> Vec<String> {
        let (world, _) = self.world(&self.run_dir().unwrap());
        world.ledger().iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }

    /// The world as its log left it, and when it began.
    fn world(&self, run: &Path) -> (World, Timestamp) {
        let folder = if self.twin.is_some() { self.path("twin") } else { run.join("twin") };
        let scenario = Scenario::default();
        let start = scenario.start.0;
        let log = fs::read_to_string(folder.join("world.jsonl")).unwrap();
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        (World::replay(world_seed(self), scenario, start, whole.lines()).unwrap(), start)
    }

    fn run_dir(&self) -> Option<PathBuf> {
        let runs = fs::read_dir(self.path("state").join("runs")).ok()?;
        runs.filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'))
    }

    fn surefoot(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_surefoot"));
        command.env_clear().current_dir(self.folder.path());
        command.args(["--state-dir", "state", "--audit-dir", "audit"]);
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// How fast simulated time passes.
fn speed() -> u64 {
    super::number("SUREFOOT_KILL_SPEED").unwrap_or(SPEED).max(1)
}

fn world_seed(arena: &Arena) -> u64 {
    arena.seed
}
