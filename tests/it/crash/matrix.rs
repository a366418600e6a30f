//! The real binary, killed with SIGKILL beside every call to the world, and resumed until it is done.
//!
//! A call is a request of the API, of the token endpoint, the console, a database or the object store. `before` it
//! means that the request has left the process whole and never reaches the world; `after` it, that the world has
//! answered and the answer never reaches the process.
//!
//! Where nothing is set, a few points are taken. `SUREFOOT_KILL_EVERY=N` takes every Nth point of all, with
//! `SUREFOOT_KILL_PAIRS=1` every Nth pair of a point and one within the next 20 calls, of the recovery.
//! `SUREFOOT_KILL_AT=before:37,after:3` takes one schedule. The world is of `SUREFOOT_KILL_SEED`.

use super::arena::{Arena, Ended, Paths, Span};
use super::campaign::{Outcome, campaign};
use super::point::{Point, Side};
use super::schedule::Schedule;
use super::{FIRST_SEED, number};
use std::time::Instant;

#[test]
fn killed_beside_any_call_to_the_world_and_resumed_the_migration_ends_as_if_nothing_had_happened() {
    let seed = number("SUREFOOT_KILL_SEED").unwrap_or(FIRST_SEED);
    let (calls, told) = undisturbed(seed);
    println!("{told}");
    let schedules = schedules(calls);
    let report = campaign(&schedules, |schedule| one_run(seed, schedule));
    println!("{report}");
    assert!(
        report.failures.is_empty(),
        "{} of {} did not end right; repeat one with SUREFOOT_KILL_SEED={seed} SUREFOOT_KILL_AT=…\n{}",
        report.failures.len(),
        schedules.len(),
        report.failures.join("\n")
    );
    let missed = report.not_met.iter().find(|schedule| schedule.is_certain());
    assert_eq!(missed, None, "a call that every run makes was not met");
    assert!(report.not_met.len() * 10 <= schedules.len(), "points are chosen badly: {:?}", report.not_met);
}

fn schedules(calls: usize) -> Vec<Schedule> {
    if let Ok(text) = std::env::var("SUREFOOT_KILL_AT") {
        return vec![text.parse().unwrap()];
    }
    let Some(every) = number("SUREFOOT_KILL_EVERY") else { return Schedule::slice(calls) };
    let all = if number("SUREFOOT_KILL_PAIRS").is_some() { Schedule::pairs(calls) } else { Schedule::singles(calls) };
    all.into_iter().step_by(usize::try_from(every).unwrap()).collect()
}

/// A run that nobody disturbs: how many calls it makes, and what is to be told of it. No write reaches the world past
/// the ward.
fn undisturbed(seed: u64) -> (usize, String) {
    let mut arena = Arena::new(Paths::Warded, seed);
    let begun = Instant::now();
    assert_eq!(arena.finish(|_| Span::Whole), 0);
    let millis = begun.elapsed().as_millis();
    let calls = arena.calls();
    for write in arena.writes() {
        assert!(calls.iter().any(|line| line.starts_with(&write)), "{write} did not pass the ward: {calls:#?}");
    }
    let writes = calls.iter().filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD ")).count();
    let count = calls.len();
    (count, format!("an undisturbed run makes {count} calls, {writes} of them no reads, and takes {millis} ms"))
}

fn one_run(seed: u64, schedule: &Schedule) -> Outcome {
    let mut arena = Arena::new(Paths::Warded, seed);
    let kills = arena.finish(|kills| schedule.after(kills).cloned().map_or(Span::Whole, Span::Until));
    let met = arena.met();
    assert_eq!(met.len(), kills, "a process was killed, and not at its point");
    Outcome { is_met: kills == schedule.len(), met }
}

#[test]
fn a_call_that_is_held_back_never_reaches_the_world_and_one_that_is_let_through_does() {
    for (line, side, reached) in [
        ("DELETE /v1/instances/", Side::Before, 0),
        ("DELETE /v1/instances/", Side::After, 1),
        ("POST /v1/instances ", Side::Before, 0),
        ("POST /v1/instances ", Side::After, 1),
    ] {
        let mut arena = Arena::new(Paths::Warded, FIRST_SEED);
        assert_eq!(arena.advance(Span::Until(Point::first(line, side))), Ended::Killed, "{line} {side:?}");
        let calls = arena.calls();
        assert_eq!(calls.iter().filter(|call| call.starts_with(line)).count(), 1, "{line} {side:?}: {calls:#?}");
        let writes = arena.writes();
        let count = writes.iter().filter(|write| format!("{write} ").starts_with(line)).count();
        assert_eq!(count, reached, "{line} {side:?}: {writes:#?}");
    }
}
