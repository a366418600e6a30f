//! The real binary, killed with SIGKILL at random moments and resumed until it is done.
//!
//! `SUREFOOT_KILL_ROUNDS` says how many rounds (10 where it is not set; every second one against a running twin),
//! `SUREFOOT_KILL_SEED` where the randomness begins. A failing round prints its seed.

mod arena;

use arena::{Arena, Chance};

const ROUNDS: u64 = 10;
const FIRST_SEED: u64 = 20_261_121;

#[test]
fn killed_anywhere_and_resumed_the_migration_ends_as_if_nothing_had_happened() {
    let rounds = number("SUREFOOT_KILL_ROUNDS").unwrap_or(ROUNDS);
    let first = number("SUREFOOT_KILL_SEED").unwrap_or(FIRST_SEED);
    let mut kills = 0;
    for round in 0..rounds {
        let seed = first + round;
        let outcome = std::panic::catch_unwind(|| one_round(seed, round % 2 == 1));
        match outcome {
            Ok(count) => kills += count,
            Err(_) => panic!("round {round} failed; repeat it with SUREFOOT_KILL_SEED={seed} SUREFOOT_KILL_ROUNDS=1"),
        }
    }
    assert!(kills * 2 >= rounds, "only {kills} kills in {rounds} rounds: the moments are chosen badly");
    println!("{rounds} rounds, {kills} kills, every one resumed to its end");
}

/// Runs, kills and resumes until the run is done; returns how often it was killed.
fn one_round(seed: u64, has_running_twin: bool) -> u64 {
    let mut chance = Chance::new(seed);
    let mut arena = Arena::new(has_running_twin, seed);
    let mut kills = 0;
    // The first kill falls anywhere in a run of ordinary length, the others into what is left.
    let mut patience = Some(chance.below(arena.usual_millis()));
    for _ in 0..40 {
        match arena.advance(patience) {
            arena::Ended::Killed => {
                kills += 1;
                let again = chance.below(3) > 0 && kills < 4;
                patience = again.then(|| chance.below(arena.usual_millis() / 2));
            }
            arena::Ended::Exit(0) => {
                arena.check();
                return kills;
            }
            arena::Ended::Exit(2) if !arena.has_run() => patience = None,
            // Killed between its last word and its exit.
            arena::Ended::Exit(2) if arena.output().contains("\nRecorded\n") => {
                arena.check();
                return kills;
            }
            arena::Ended::Exit(code) => panic!("ended with {code}:\n{}", arena.output()),
        }
    }
    panic!("not done after forty processes:\n{}", arena.output());
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
