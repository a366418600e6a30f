//! surefoot is killed with SIGKILL while a command runs, again and again.
//!
//! `SUREFOOT_COMMAND_KILLS` says how often in the whole, `SUREFOOT_COMMAND_SEED` where the randomness begins. A failing
//! round prints its seed.

use super::book::{attempt, folder, is_alive, lines, processes, run_dir, script, step};
use crate::support::binary::Folder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use surefoot::base::Digest;

const KILLS: usize = 100;
const FIRST_SEED: u64 = 20_261_201;
/// Rounds sleep most of their time.
const THREADS: usize = 12;
/// A round takes about so long, in milliseconds: kills are spread over all of it.
const WHOLE: u64 = 2_600;

/// What a command says of itself, and how it ends.
const CODE: i64 = 3;

/// Numbers that look random and follow from a seed (Vigna, splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What kills came upon.
#[derive(Default)]
struct Seen {
    kills: usize,
    /// How the result of each round was known.
    settled_by: BTreeMap<String, usize>,
    /// Kills by what the journal held: nothing, no announcement, an announcement, a result.
    moments: BTreeMap<&'static str, usize>,
}

#[test]
fn killed_at_any_moment_a_command_is_executed_once_and_its_end_is_found() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("SUREFOOT_COMMAND_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let first = number("SUREFOOT_COMMAND_SEED").unwrap_or(FIRST_SEED);
    let (next, planned) = (AtomicU64::new(first), AtomicUsize::new(0));
    let totals = Mutex::new(Seen::default());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while planned.load(Ordering::Relaxed) < kills && failed.lock().unwrap().is_empty() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let round = std::panic::catch_unwind(|| round(seed));
                    match round {
                        Ok(one) => {
                            planned.fetch_add(one.kills, Ordering::Relaxed);
                            totals.lock().unwrap().add(one);
                        }
                        Err(_) => failed.lock().unwrap().push(seed),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "repeat with SUREFOOT_COMMAND_SEED={} SUREFOOT_COMMAND_KILLS=1", failed[0]);
    let totals = totals.into_inner().unwrap();
    println!("{} kills; settled by {:?}; at {:?}", totals.kills, totals.settled_by, totals.moments);
    assert!(totals.kills >= kills);
    if kills >= KILLS {
        assert!(totals.settled_by["receipt"] * 2 > kills / 2, "{:?}", totals.settled_by);
        assert!(totals.moments["announced"] > kills / 3, "{:?}", totals.moments);
    }
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        for (by, count) in other.settled_by {
            *self.settled_by.entry(by).or_default() += count;
        }
        for (moment, count) in other.moments {
            *self.moments.entry(moment).or_default() += count;
        }
    }
}

/// Runs, kills up to three times, resumes to the end, and looks at everything that is left.
fn round(seed: u64) -> Seen {
    let mut dice = Dice(seed);
    let (out, err) = (format!("out of round {seed}\n"), format!("err of round {seed}\n"));
    let text = format!(
        "echo start >> ran; printf '%s' '{out}'; printf '%s' '{err}' >&2; sleep 2; echo end >> ran; exit {CODE}"
    );
    let folder = folder(&script(&text, &format!("expect: {{exit_code: [{CODE}]}}"), ""));
    let mut met = Seen::default();
    let wanted = 1 + usize::try_from(dice.below(3)).unwrap();
    for _ in 0..wanted {
        let args: &[&str] = if run_dir(&folder).is_some() { &["resume"] } else { &["run", "book.yaml"] };
        let mut process = folder.spawn(args);
        // Some soon, where everything happens at once.
        let within = if dice.below(4) == 0 { 120 } else { WHOLE };
        std::thread::sleep(Duration::from_micros(dice.below(within * 1000)));
        let is_over = process.try_wait().unwrap().is_some();
        process.kill().unwrap();
        process.wait().unwrap();
        if is_over {
            break;
        }
        met.kills += 1;
        *met.moments.entry(moment(&folder)).or_default() += 1;
    }
    finish(&folder);
    let by = check(&folder, &out, &err);
    met.settled_by.insert(by, 1);
    met
}

/// How far the run was when it was killed.
fn moment(folder: &Folder) -> &'static str {
    if run_dir(folder).is_none() {
        return "unborn";
    }
    let types: Vec<Value> = records(folder).into_iter().map(|record| record["type"].clone()).collect();
    match () {
        () if types.iter().any(|one| one == "step.succeeded") => "known",
        () if types.iter().any(|one| one == "call.intended") => "announced",
        () => "born",
    }
}

/// The whole records of the journal: the last line may be torn.
fn records(folder: &Folder) -> Vec<Value> {
    let path = run_dir(folder).unwrap().join("journal.000001.jsonl");
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Drives the run to its end, unless it is there.
fn finish(folder: &Folder) {
    let Some(run) = folder.run_id() else {
        folder.call(&["run", "book.yaml"]).exit(0);
        return;
    };
    if folder.call(&["status", &run, "--output", "json"]).exit(0).json()["phase"] != "done" {
        folder.call(&["resume", &run]).exit(0);
    }
}

/// Everything that a run must have left; how the end of the command was known.
fn check(folder: &Folder, out: &str, err: &str) -> String {
    assert_eq!(lines(folder, "ran"), ["start", "end"]);
    let step = step(folder);
    let output = &step["output"];
    assert_eq!((&step["status"], &output["exit_code"]), (&"succeeded".into(), &CODE.into()), "{step:#}");
    for (name, text) in [("stdout", out), ("stderr", err)] {
        let of = |what: &str| &output[format!("{name}{what}")];
        assert_eq!((of(""), of("_size")), (&text.into(), &text.len().into()), "{step:#}");
        assert_eq!(of("_sha256"), &Digest::of(text.as_bytes()).to_string(), "{step:#}");
        assert_eq!(std::fs::read_to_string(of("_file").as_str().unwrap()).unwrap(), text);
    }
    assert!(output["signal"].is_null() && output["timed_out"] == false && output["left_running"] == false);
    let run = folder.run_id().unwrap();
    folder.call(&["audit", "verify", &run]).exit(0).says("The trail is consistent");
    let trail = std::fs::read_to_string(folder.path("audit").join(&run).join("journal.000001.jsonl")).unwrap();
    let succeeded = trail.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let succeeded = succeeded.filter(|record| record["type"] == "step.succeeded").map(|mut one| one["data"].take());
    assert_eq!(succeeded.map(|mut data| data["output"].take()).collect::<Vec<_>>(), std::slice::from_ref(output));
    let attempts = step["effects"].as_array().unwrap().len();
    assert!((1..=4).contains(&attempts), "{step:#}");
    output["settled_by"].as_str().unwrap().to_owned()
}

#[test]
fn a_command_goes_on_while_nobody_is_there_and_is_not_run_again() {
    let folder = folder(&script("echo start >> ran; until test -e go; do sleep 0.05; done; echo went", "", ""));
    let mut process = folder.spawn(&["run", "book.yaml"]);
    let (shim, program) = processes(&super::book::until("a run", || {
        let dir = run_dir(&folder)?.join("commands/work-1");
        dir.join("state.json").exists().then_some(dir)
    }));
    super::book::until("a start", || (lines(&folder, "ran").len() == 1).then_some(()));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(is_alive(shim) && is_alive(program));
    folder.call(&["status"]).exit(0).says("`work` is in doubt").says("what the command has left is read");
    // Whoever resumes waits for it.
    let mut waiting = folder.spawn(&["resume"]);
    super::book::until("the second session", || {
        records(&folder).iter().any(|record| record["type"] == "session.open").then_some(())
    });
    assert!(waiting.try_wait().unwrap().is_none());
    std::fs::write(folder.path("go"), "").unwrap();
    assert!(waiting.wait().unwrap().success());
    let step = step(&folder);
    assert_eq!((&step["output"]["stdout"], &step["output"]["settled_by"]), (&"went\n".into(), &"receipt".into()));
    assert_eq!(lines(&folder, "ran"), ["start"]);
    assert!(!attempt(&folder, 2).exists());
}
