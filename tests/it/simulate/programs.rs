//! Programs that the scenario describes, rehearsed with the runbook that is shipped: each host is restarted once.

use super::{assert_sound, of_file};
use surefoot::base::Map;
use surefoot::simulate::{Ending, Workload, campaign, crash_at, crash_everywhere, rehearse, seeded};
use surefoot::twin::{Scenario, World};

/// The rolling restart that is shipped, in its world.
fn rolling_restart() -> Workload {
    let text = std::fs::read_to_string("runbooks/rolling-restart.scenario.yaml").unwrap();
    let given = [("service", "orders"), ("change_id", "CHG0042917")];
    let inputs: Map = given.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
    of_file("runbooks/rolling-restart.yaml", Workload::lean(Scenario::from_text(&text).unwrap()), &inputs)
}

#[test]
fn a_calm_day_ends_well() {
    let told = rehearse(&rolling_restart(), &crash_at(&[])).unwrap();
    assert_eq!((told.ending, told.lives, told.held, told.why), (Ending::Done, 1, 0, None));
    assert_eq!(told.violations, Vec::<String>::new());
}

#[test]
fn whatever_befalls_it_every_host_is_restarted_once() {
    let tally = campaign(&rolling_restart(), 1000, |number| seeded(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.endings[&Ending::Done] > 750 && tally.crashes > 200, "{:?} {}", tally.endings, tally.crashes);
}

#[test]
fn a_crash_before_and_after_every_call_restarts_no_host_twice() {
    let workload = rolling_restart();
    let points = crash_everywhere(&workload).unwrap();
    let tally = campaign(&workload, points.len(), |number| points[number].clone(), 2).unwrap();
    assert_sound(&tally);
    assert_eq!(tally.endings.keys().collect::<Vec<_>>(), [&Ending::Done]);
}

/// The move of a database that is shipped, in its world.
fn postgres_move() -> Workload {
    let text = std::fs::read_to_string("runbooks/postgres-move.scenario.yaml").unwrap();
    let scenario = Workload::lean(Scenario::from_text(&text).unwrap());
    let given = [("database", "orders"), ("source_host", "db-1.internal"), ("target_host", "db-2.internal")];
    let mut inputs: Map = given.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
    for name in ["bucket", "change_id"] {
        inputs.insert(name.to_owned(), Workload::proposed(1, &scenario).unwrap()[name].clone());
    }
    of_file("runbooks/postgres-move.yaml", scenario, &inputs)
}

#[test]
fn whatever_befalls_it_the_database_is_dropped_once_and_its_dump_is_kept() {
    let workload = postgres_move();
    let told = rehearse(&workload, &crash_at(&[])).unwrap();
    assert_eq!((told.ending, told.lives, told.held, told.why), (Ending::Done, 1, 0, None));
    assert_eq!(told.violations, Vec::<String>::new());
    let tally = campaign(&workload, 100, |number| seeded(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.endings[&Ending::Done] > 70 && tally.crashes > 20, "{:?} {}", tally.endings, tally.crashes);
}

#[test]
fn a_dump_that_is_not_written_is_missed() {
    let mut workload = postgres_move();
    for scripted in workload.commands.values_mut() {
        scripted.writes.clear();
    }
    let told = rehearse(&workload, &crash_at(&[])).unwrap();
    assert_ne!(told.ending, Ending::Done);
    assert!(told.why.as_deref().is_some_and(|why| why.starts_with("file: ")), "{:?}", told.why);
}

#[test]
fn a_restart_that_fails_is_seen() {
    let mut workload = rolling_restart();
    let restart = |argv: &[String]| argv.iter().any(|word| word == "restart");
    for (_, scripted) in workload.commands.iter_mut().filter(|(argv, _)| restart(argv)) {
        scripted.exit_code = 5;
    }
    let told = rehearse(&workload, &crash_at(&[])).unwrap();
    assert_ne!(told.ending, Ending::Done);
    assert!(
        told.violations.iter().any(|one| one.contains("restart_1: `ssh` ended with exit code 5")),
        "{:?}",
        told.violations
    );
}

#[test]
fn what_is_wrong_with_the_programs_of_a_scenario_is_said() {
    let cases = [
        ("commands: [{argv: []}]", "`argv` begins with the program"),
        ("commands: [{argv: [a, b]}, {argv: [a, b]}]", "command \"a b\": it is there twice"),
        ("commands: [{argv: [a], looks_for: [b]}]", "it looks for \"b\", which is not among the commands"),
        ("commands: [{argv: [a], until_then: x}]", "`until_then` means nothing without `looks_for`"),
        ("commands: [{argv: [a], prints: x}]", "unknown field `prints`"),
        ("commands: [{argv: [a], writes: {x: {size: 1GiB}}}]", "it writes more than 16777216 bytes into \"x\""),
    ];
    for (text, part) in cases {
        let told = match Scenario::from_text(text) {
            Err(error) => error.to_string(),
            Ok(scenario) => World::new(1, scenario.clone(), scenario.start()).unwrap_err().to_string(),
        };
        assert!(told.contains(part), "{text}: {told}");
    }
}
