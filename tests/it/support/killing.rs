//! Runs that are killed with SIGKILL at random moments and resumed, several at a time.
//!
//! `SUREFOOT_RUNBOOK_KILLS` says how often a runbook is killed, over as many runs as that takes; `SUREFOOT_RUNBOOK_SEED`
//! where the randomness begins. A failing run prints its seed.

use super::binary::Folder;
use super::terminal::Typing;
use serde_json::Value;
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often a runbook is killed where nobody says.
const KILLS: usize = 8;
const FIRST_SEED: u64 = 20_261_201;
/// So many runs are under way at once: most of a run is waiting for programs.
const WORKERS: usize = 4;
/// No process of a run takes longer.
const LONGEST: Duration = Duration::from_mins(2);

/// A small generator of numbers, so that a seed repeats a run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

/// A run in a folder of its own.
pub struct Run<'a> {
    pub folder: Folder,
    /// The command that begins it.
    pub begin: Vec<String>,
    /// What is typed where something has to be.
    pub typed: &'a str,
}

/// How a process ended.
enum Ended {
    Killed,
    Exit(Option<i32>, String),
}

/// Runs until there were as many kills as are wanted: `usual` is how long the journal of a run is that nobody disturbs,
/// in bytes, and `one` carries a run out with the moments that it is given. Gives the figures.
pub fn campaign(usual: u64, one: impl Fn(u64, &mut Moments) + Sync) -> String {
    let wanted = number("SUREFOOT_RUNBOOK_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let first = number("SUREFOOT_RUNBOOK_SEED").unwrap_or(FIRST_SEED);
    let (next, kills, begun) = (AtomicU64::new(0), AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while kills.load(Ordering::SeqCst) < wanted {
                    let seed = first + next.fetch_add(1, Ordering::SeqCst);
                    let mut moments = Moments::new(seed, usual);
                    let outcome = catch_unwind(AssertUnwindSafe(|| one(seed, &mut moments)));
                    if outcome.is_err() {
                        // The other workers end with the run that they have.
                        kills.fetch_add(wanted, Ordering::SeqCst);
                        panic!("repeat it with SUREFOOT_RUNBOOK_SEED={seed} SUREFOOT_RUNBOOK_KILLS=1");
                    }
                    kills.fetch_add(moments.kills, Ordering::SeqCst);
                }
            });
        }
    });
    let (runs, kills, took) = (next.into_inner(), kills.into_inner(), begun.elapsed().as_secs_f64());
    format!("{runs} runs, {kills} kills in {took:.1} s, every run resumed to its end")
}

/// When the processes of a run are killed.
pub struct Moments {
    chance: Chance,
    usual: u64,
    from: u64,
    kills: usize,
}

impl Moments {
    pub fn new(seed: u64, usual: u64) -> Self {
        Self { chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), usual, from: 0, kills: 0 }
    }

    /// A run that nobody kills.
    pub fn none() -> Self {
        Self::new(0, 0)
    }

    /// When the next process is killed: so long after the journal holds so much. How far a run has come is told by its
    /// journal and not by the time, so that kills fall alike on any machine.
    fn next(&mut self) -> Option<(u64, Duration)> {
        if self.usual == 0 || self.kills == 4 || (self.kills > 0 && self.chance.below(4) == 0) {
            return None;
        }
        self.from += self.chance.below(self.usual.saturating_sub(self.from).max(8));
        Some((self.from, Duration::from_millis(self.chance.below(300))))
    }
}

impl Run<'_> {
    /// Begins the run, and resumes it until it is done.
    pub fn finish(&self, moments: &mut Moments) {
        let mut shown = String::new();
        for _ in 0..20 {
            match self.advance(moments.next()) {
                Ended::Killed => moments.kills += 1,
                Ended::Exit(Some(0), _) => return self.verify(),
                // Killed between its last word and its exit.
                Ended::Exit(_, text) if self.is_closed() => {
                    assert!(moments.kills > 0, "{text}");
                    return self.verify();
                }
                // Killed before there was a run.
                Ended::Exit(..) if self.folder.run_id().is_none() => {}
                Ended::Exit(code, text) => panic!("ended with {code:?}:\n{shown}\n{text}"),
            }
            shown.push_str("killed\n");
        }
        panic!("not done after twenty processes");
    }

    /// Lets one process live as long as it may.
    fn advance(&self, end: Option<(u64, Duration)>) -> Ended {
        let begin: Vec<&str> = self.begin.iter().map(String::as_str).collect();
        let args = if self.folder.run_id().is_some() { &["resume"][..] } else { &begin };
        let mut typing = self.folder.type_into(args, self.typed);
        let (started, mut written_at) = (Instant::now(), None);
        let status = loop {
            if let Some(status) = typing.child().try_wait().unwrap() {
                break status;
            }
            let waited = started.elapsed();
            let is_due = end.is_some_and(|(bytes, more)| {
                written_at = written_at.or_else(|| (self.written() >= bytes).then_some(waited));
                written_at.is_some_and(|at| waited >= at + more)
            });
            if is_due || waited > LONGEST {
                typing.child().kill().unwrap();
            }
            assert!(waited <= LONGEST, "still running:\n{}", shown(typing));
            // Real time: this is when a real process is killed.
            std::thread::sleep(Duration::from_millis(1));
        };
        if status.signal() == Some(9) { Ended::Killed } else { Ended::Exit(status.code(), shown(typing)) }
    }

    /// How many bytes are in the journal.
    pub fn written(&self) -> u64 {
        let journal = |run| self.folder.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
        self.folder.run_id().and_then(|run| std::fs::metadata(journal(run)).ok()).map_or(0, |file| file.len())
    }

    /// What `status` says of the run.
    pub fn status(&self) -> Value {
        self.folder.call(&["status", "--output", "json"]).exit(0).json()
    }

    fn is_closed(&self) -> bool {
        self.folder.run_id().is_some() && self.status()["phase"] == "done"
    }

    /// The run and its trail are whole.
    fn verify(&self) {
        let run = self.folder.run_id().unwrap();
        self.folder.call(&["audit", "verify", &run]).exit(0);
        self.folder.call(&["audit", "verify", &format!("audit/{run}")]).exit(0);
    }
}

fn shown(typing: Typing) -> String {
    typing.end().1
}

/// A program of this machine, with what it has printed where it succeeds.
pub fn output(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
