//! A folder with a run in it, and the world the run acts on.

use base64::Engine as _;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use surefoot::base::Timestamp;
use surefoot::twin::{Request, Scenario, World};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml");
const SPEED: &str = "1500";

/// A small generator of numbers, so that a seed repeats a round.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

/// How a process ended.
pub(super) enum Ended {
    Killed,
    Exit(i32),
}

pub(super) struct Arena {
    folder: tempfile::TempDir,
    /// The twin in a process of its own, and where its world is.
    twin: Option<Child>,
    seed: u64,
}

impl Arena {
    pub(super) fn new(has_running_twin: bool, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut arena = Self { folder, twin: None, seed };
        if has_running_twin {
            arena.start_twin();
        }
        arena
    }

    /// Roughly how long a run takes that is not disturbed, in milliseconds of real time.
    pub(super) fn usual_millis(&self) -> u64 {
        if cfg!(debug_assertions) { 4_000 } else { 2_000 }
    }

    /// Starts the run, or resumes it where there is one, and kills it when patience is over.
    pub(super) fn advance(&mut self, patience_millis: Option<u64>) -> Ended {
        let mut command = self.surefoot();
        if self.has_run() {
            command.arg("resume");
        } else {
            let twin = match &self.twin {
                Some(_) => format!("--twin={}", self.path("ready.json").display()),
                None => "--twin".to_owned(),
            };
            command.args(["run", RUNBOOK, &twin]);
            if self.twin.is_none() {
                command.args(["--speed", SPEED, "--seed", &self.seed.to_string()]);
            }
        }
        let log = File::options().create(true).append(true).open(self.path("log.txt")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return Ended::Exit(status.code().unwrap_or(-1));
            }
            let waited = begun.elapsed();
            assert!(waited < Duration::from_secs(120), "still running after two minutes:\n{}", self.output());
            if patience_millis.is_some_and(|patience| waited >= Duration::from_millis(patience)) {
                child.kill().unwrap();
                child.wait().unwrap();
                return Ended::Killed;
            }
            // Real time: this is when a real process is killed.
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Whether a run was born.
    pub(super) fn has_run(&self) -> bool {
        self.run_dir().is_some()
    }

    /// What all processes printed.
    pub(super) fn output(&self) -> String {
        fs::read_to_string(self.path("log.txt")).unwrap_or_default()
    }

    /// The world is as it should be: one deletion, one new instance, its password opens, the trail verifies.
    pub(super) fn check(&mut self) {
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

    fn start_twin(&mut self) {
        let mut command = self.surefoot();
        let folder = self.path("twin");
        command.args(["twin", "--speed", SPEED, "--seed", &self.seed.to_string(), "--dir"]).arg(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        fs::write(self.path("ready.json"), line).unwrap();
        self.twin = Some(child);
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

fn world_seed(arena: &Arena) -> u64 {
    arena.seed
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(mut twin) = self.twin.take() {
            drop(twin.kill());
            drop(twin.wait());
        }
    }
}
