//! The real binary, killed with SIGKILL and resumed until it is done: at random moments here, and beside every call to
//! the world in `matrix`.
//!
//! `SUREFOOT_KILL_ROUNDS` says how many rounds (10 where it is not set; every second one against a running twin),
//! `SUREFOOT_KILL_SEED` where the randomness begins. A failing round prints its seed.
//! `SUREFOOT_KILL_SPEED` is the number of simulated seconds in a real one. At the usual 1500 a process that is started
//! again comes minutes later; at 300 it comes while a list may not show yet what was created before it.

mod arena;
mod campaign;
mod chance;
mod gate;
mod matrix;
mod pairs;
mod point;
mod proxy;
mod schedule;
mod twin;
mod ward;
mod wire;

use arena::{Arena, Paths, Span};
use chance::Chance;
use std::time::Duration;

const ROUNDS: u64 = 10;
const FIRST_SEED: u64 = 20_261_121;

#[test]
fn killed_anywhere_and_resumed_the_migration_ends_as_if_nothing_had_happened() {
    let rounds = number("SUREFOOT_KILL_ROUNDS").unwrap_or(ROUNDS);
    let first = number("SUREFOOT_KILL_SEED").unwrap_or(FIRST_SEED);
    let usual = usual_length();
    let mut kills = 0;
    for round in 0..rounds {
        let seed = first + round;
        let outcome = std::panic::catch_unwind(|| one_round(seed, round % 2 == 1, usual));
        match outcome {
            Ok(count) => kills += count,
            Err(_) => panic!("round {round} failed; repeat it with SUREFOOT_KILL_SEED={seed} SUREFOOT_KILL_ROUNDS=1"),
        }
    }
    assert!(kills as u64 * 2 >= rounds, "only {kills} kills in {rounds} rounds: the moments are chosen badly");
    println!("{rounds} rounds, {kills} kills, every one resumed to its end");
}

/// How long the journal of a run is that is not disturbed, in bytes.
fn usual_length() -> u64 {
    let mut arena = Arena::new(Paths::Embedded, FIRST_SEED);
    assert_eq!(arena.finish(|_| Span::Whole), 0);
    arena.written()
}

/// Runs, kills and resumes until the run is done; returns how often it was killed.
fn one_round(seed: u64, has_running_twin: bool, usual: u64) -> usize {
    let mut chance = Chance::new(seed);
    let mut arena = Arena::new(if has_running_twin { Paths::Running } else { Paths::Embedded }, seed);
    let mut from = 0;
    arena.finish(|kills| {
        if kills == 4 || (kills > 0 && chance.below(3) == 0) {
            return Span::Whole;
        }
        // How far a run has come is told by its journal and not by the time, so that kills fall alike on any machine:
        // somewhere in what is left, or in a wait behind it; now and then before a record of this process.
        from += chance.below(usual.saturating_sub(from).max(8)) * u64::from(chance.below(8) > 0);
        Span::Written(from, Duration::from_millis(chance.below(40)))
    })
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
