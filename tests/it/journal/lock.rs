//! Processes that race for a run: one holds it, and when it is killed another one can.

use super::life::real_disk;
use super::sim::holder;
use crate::support::events::{genesis, still_clock};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use surefoot::journal::{Birth, Journal, JournalError, RunDir};

/// Names the state directory to a process that was started to race.
const RACE: &str = "SUREFOOT_TEST_LOCK_RACE";

/// How many rounds to run; 20 where it is not set.
const ROUNDS: &str = "SUREFOOT_TEST_LOCK_ROUNDS";

#[test]
fn one_process_holds_a_run_and_a_killed_one_no_longer_does() {
    if let Ok(state) = std::env::var(RACE) {
        return race(Path::new(&state));
    }
    let temp = tempfile::tempdir().unwrap();
    let (holder, genesis) = (holder(), genesis());
    let birth = Birth { state_dir: temp.path(), run: "r1", files: &[], holder: &holder, genesis: &genesis };
    drop(Journal::create(&real_disk(), &still_clock(), &birth).unwrap());
    let rounds = std::env::var(ROUNDS).map_or(20, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let mut racers: Vec<_> = (0..8).map(|_| start(temp.path())).collect();
        for racer in &mut racers {
            racer.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        }
        let said: Vec<_> = racers.iter_mut().map(word).collect();
        let holders = said.iter().filter(|word| *word == "holds").count();
        assert_eq!(holders, 1, "round {round}: {said:?}");
        assert_eq!(said.iter().filter(|word| *word == "refused").count(), 7, "round {round}: {said:?}");
        // The holder waits for its input to end; it is killed instead.
        for racer in &mut racers {
            racer.kill().unwrap();
            racer.wait().unwrap();
        }
    }
}

fn start(state: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "journal::lock::one_process_holds_a_run_and_a_killed_one_no_longer_does", "--nocapture"])
        .env(RACE, state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a racer says: a line of its own among those of the test harness.
fn word(racer: &mut Child) -> String {
    let lines = BufReader::new(racer.stdout.as_mut().unwrap()).lines();
    let mut words = lines.map(|line| line.unwrap()).filter_map(|line| line.strip_prefix("race: ").map(str::to_owned));
    words.next().unwrap()
}

/// A racer: takes the run over when it is told to, and keeps it until it is killed.
fn race(state: &Path) {
    let mut go = [0; 3];
    std::io::stdin().read_exact(&mut go).unwrap();
    let dir = RunDir::new(state, "r1");
    let opened = Journal::open(&real_disk(), &still_clock(), &dir, &holder());
    let word = match &opened {
        Ok(_) => "holds".to_owned(),
        Err(JournalError::Held { .. }) => "refused".to_owned(),
        Err(error) => format!("failed: {error}"),
    };
    std::io::stdout().write_all(format!("\nrace: {word}\n").as_bytes()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(opened);
}
