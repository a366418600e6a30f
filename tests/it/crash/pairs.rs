//! Two runs on one instance, by the real binary: started at random distances on one running twin, with the same state
//! directory and with two, now and then with a deletion that arrives late.
//!
//! `SUREFOOT_PAIRS` says how many pairs (4 where it is not set), `SUREFOOT_PAIRS_SEED` where the randomness begins; a
//! failing pair prints its seed.

use super::chance::Chance;
use super::twin::Twin;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use surefoot::twin::{Scenario, World};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml");
const PAIRS: u64 = 4;
const FIRST_SEED: u64 = 5_300;
/// Simulated seconds in a real one.
const SPEED: u64 = 1500;
/// The second run starts within so many milliseconds after the first, about the time that a run takes.
const APART: u64 = 3_000;
/// A deletion arrives so late at most, in simulated seconds.
const LATE: u64 = 200;

#[test]
fn two_runs_on_one_instance_never_make_two_of_it() {
    let pairs = super::number("SUREFOOT_PAIRS").unwrap_or(PAIRS);
    let first = super::number("SUREFOOT_PAIRS_SEED").unwrap_or(FIRST_SEED);
    let mut ends = std::collections::BTreeMap::new();
    for pair in 0..pairs {
        let seed = first + pair;
        let outcome = std::panic::catch_unwind(|| Pair::new(seed, pair % 2 == 0).play());
        let Ok(codes) = outcome else {
            panic!("pair {pair} failed; repeat it with SUREFOOT_PAIRS_SEED={seed} SUREFOOT_PAIRS=1");
        };
        *ends.entry(codes).or_insert(0_u64) += 1;
    }
    println!("{pairs} pairs; exit codes: {ends:?}");
}

struct Pair {
    folder: tempfile::TempDir,
    seed: u64,
    scenario: String,
    /// Whether both have the same state directory.
    is_shared: bool,
    apart: Duration,
}

impl Pair {
    fn new(seed: u64, is_shared: bool) -> Self {
        let mut chance = Chance::new(seed);
        let (late, is_late) = (chance.below(LATE + 1), chance.below(2) == 0);
        let faults = if is_late {
            format!("faults:\n  - {{match: {{method: DELETE, path: /v1/instances/}}, kind: delay, arg: {late}}}\n")
        } else {
            String::new()
        };
        // Mostly close together: that is where it is decided who is first.
        let apart = if chance.below(3) == 0 { chance.below(20) } else { chance.below(APART) };
        let scenario = format!("rate_limit: 0\n{faults}");
        Self { folder: tempfile::tempdir().unwrap(), seed, scenario, is_shared, apart: Duration::from_millis(apart) }
    }

    /// Lets both run to their ends, and looks what the world and their journals say; gives the exit codes.
    fn play(&self) -> (i32, i32) {
        fs::write(self.path("scenario.yaml"), &self.scenario).unwrap();
        let mut command = self.surefoot();
        command.args(["twin", "--speed", &SPEED.to_string(), "--seed", &self.seed.to_string()]);
        command.args(["--dir", "twin", "--scenario", "scenario.yaml"]);
        let twin = Twin::start(command);
        fs::write(self.path("ready.json"), twin.ready()).unwrap();
        let first = self.start(0);
        // Real time: this is when a second person starts a real process.
        std::thread::sleep(self.apart);
        let second = self.start(1);
        let codes = (self.wait(first), self.wait(second));
        drop(twin);
        self.check(codes);
        codes
    }

    fn start(&self, which: usize) -> Child {
        let (state, audit) = (self.state(which), format!("audit-{which}"));
        let log = File::create(self.path(&format!("log-{which}.txt"))).unwrap();
        let mut command = self.surefoot();
        command.args(["--state-dir", &state, "--audit-dir", &audit, "run", RUNBOOK, "--twin=ready.json"]);
        command.args(["-i", "snapshot=latest"]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
    }

    fn state(&self, which: usize) -> String {
        format!("state-{}", if self.is_shared { 0 } else { which })
    }

    fn wait(&self, mut child: Child) -> i32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            if begun.elapsed() > Duration::from_secs(180) {
                drop(child.kill());
                panic!("still running after three minutes:\n{}", self.output());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn check(&self, codes: (i32, i32)) {
        let place = || format!("exit codes {codes:?}\n{}", self.output());
        let mut world = self.world();
        let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
        let ledger = world.ledger();
        let deletions = ledger.iter().filter(|one| one.method == "DELETE" && one.target == source).count();
        assert!(deletions <= 1, "{deletions} deletions\n{}", place());
        let journals = self.journals();
        for journal in &journals {
            let is_done = journal.iter().any(|line| line["type"] == "run.closed" && line["data"]["verdict"] == "done");
            let sent = |line: &&Value| line["type"] == "call.settled" && line["data"]["step"] == "delete";
            let outcomes: Vec<_> = journal.iter().filter(sent).map(|line| &line["data"]["outcome"]).collect();
            let is_ours = outcomes.iter().any(|one| ["accepted", "applied", "unknown"].iter().any(|ours| *one == ours));
            let has_created =
                journal.iter().any(|line| line["data"]["call"] == "create" && line["data"]["step"] == "recreate");
            assert!(is_ours || !is_done && !has_created, "a refused deletion counts: {outcomes:?}\n{}", place());
        }
        let live = world.state(world_end()).pointer("/instances").and_then(Value::as_array).map_or(0, Vec::len);
        let before = World::new(self.seed, self.scenario(), self.scenario().start()).unwrap();
        let new = (live + deletions).saturating_sub(before.instances_with_passwords().len());
        if new > 1 {
            let told = ["audit-0", "audit-1"].iter().any(|dir| self.is_told(&self.path(dir)));
            assert!(told && !self.is_shared, "{new} new instances, and nobody was told\n{}", place());
        }
        if self.is_shared {
            let second_began = journals.len() == 2;
            assert!(second_began || [codes.0, codes.1].contains(&7), "{}", place());
            let is_done = |code: i32| code == 0;
            assert!(!(is_done(codes.0) && is_done(codes.1)), "both are done\n{}", place());
        }
    }

    /// Whether a summary says that the deletion may have been another's.
    fn is_told(&self, audit: &Path) -> bool {
        let runs = fs::read_dir(audit).into_iter().flatten().map(|one| one.unwrap().path());
        runs.filter_map(|run| fs::read_to_string(run.join("summary.txt")).ok())
            .any(|text| text.contains("no answer said that DELETE"))
    }

    fn scenario(&self) -> Scenario {
        Scenario::from_text(&self.scenario).unwrap()
    }

    fn world(&self) -> World {
        let log = fs::read_to_string(self.path("twin/world.jsonl")).unwrap();
        World::replay(self.seed, self.scenario(), self.scenario().start(), log.lines()).unwrap()
    }

    fn journals(&self) -> Vec<Vec<Value>> {
        let dirs = if self.is_shared { vec!["state-0"] } else { vec!["state-0", "state-1"] };
        let runs = dirs.iter().flat_map(|dir| fs::read_dir(self.path(dir).join("runs")).into_iter().flatten());
        runs.map(|run| fs::read_to_string(run.unwrap().path().join("journal.000001.jsonl")).unwrap())
            .map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
            .collect()
    }

    fn output(&self) -> String {
        let read = |which: usize| fs::read_to_string(self.path(&format!("log-{which}.txt"))).unwrap_or_default();
        format!(
            "{}\n{:?}, apart {:?}\n--- first\n{}\n--- second\n{}",
            self.scenario,
            self.seed,
            self.apart,
            read(0),
            read(1)
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn surefoot(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_surefoot"));
        command.current_dir(self.folder.path()).env_clear().env("PATH", "/usr/bin:/bin").env("USER", "ana");
        command
    }
}

/// Later than anything that any run waits for.
fn world_end() -> surefoot::base::Timestamp {
    "2026-12-31T00:00:00Z".parse().unwrap()
}
