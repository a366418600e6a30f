//! How bad the day of a seed is.

use super::condition::{self, Condition, DRAWN, STUCK};
use super::fault_injector::Odds;
use super::rng::Rng;
use crate::twin::{InstanceSpec, Scenario, Span};
use std::collections::BTreeSet;
use std::time::Duration;

/// How likely it is, in millionths, that one of the service's operations never ends.
const STUCK_ODDS: u64 = 15_000;
/// How likely it is, in millionths, that an operation takes up to ten times as long as usual.
const LONG_ODDS: u64 = 50_000;
/// How likely it is, in millionths, that lists are minutes behind; the same of reads.
const FAR_ODDS: u64 = 150_000;
/// So many seconds they are behind at most, which is what a step assumes where its runbook does not say.
const FAR_MAX: u64 = 600;

/// The odds of a seed: some are calm, some stormy, most have trouble of one kind.
pub(super) fn odds(rng: Rng) -> Odds {
    let mut roll = rng.roll("odds", 0);
    Odds {
        crash: roll.pick(0, &[0, 1_000, 3_000, 12_000]),
        http: roll.pick(0, &[10_000, 30_000, 80_000]),
        effect: roll.pick(0, &[50_000, 300_000, 500_000]),
        objects: roll.pick(0, &[30_000, 100_000]),
        disk: roll.pick(0, &[0, 500, 3_000]),
        person: roll.pick(0, &[0, 100_000, 300_000]),
        word: roll.pick(0, &[100_000, 200_000]),
        trail: roll.pick(0, &[0, 0, 5_000]),
        command: roll.pick(0, &[50_000, 200_000]),
    }
}

/// The scenario with the service of a seed's day, without what the day is spared; and what of it is not as usual.
pub(super) fn service(usual: &Scenario, rng: Rng, spared: &BTreeSet<Condition>) -> (Scenario, BTreeSet<Condition>) {
    let mut scenario = drawn(usual.clone(), rng);
    for one in spared {
        one.take_away(&mut scenario, usual);
    }
    let met = Condition::ALL.into_iter().filter(|one| one.is_in(&scenario, usual)).collect();
    (scenario, met)
}

/// Now and then something is behind by minutes.
fn far(rng: Rng, what: &str) -> Option<u64> {
    let mut roll = rng.roll(what, 0);
    roll.happens(FAR_ODDS).then(|| roll.between(91, FAR_MAX))
}

/// How far its lists lag, how long it takes, how long tokens live: around what is usual there, never better than that;
/// and after what its databases are called.
fn drawn(mut scenario: Scenario, rng: Rng) -> Scenario {
    let mut roll = rng.roll("service", 0);
    let lists = far(rng, "lists").unwrap_or(0).max(roll.pick(0, &[0, 15, 60, 90]));
    let reads = far(rng, "reads").unwrap_or(0).max(roll.pick(0, &[0, 5, 20]));
    scenario.list_lag = Span(scenario.list_lag.0.max(Duration::from_secs(lists)));
    scenario.get_lag = Span(scenario.get_lag.0.max(Duration::from_secs(reads)));
    scenario.token_seconds = scenario.token_seconds.min(roll.pick(3600, &[3600, 600, 180]));
    scenario.expired_token_status = roll.pick(403, &[401]);
    scenario.gone_status = rng.roll("gone", 0).pick(scenario.gone_status, &[410]);
    let stuck = roll.happens(STUCK_ODDS).then(|| roll.below(DRAWN as u64));
    for (number, span) in (0..).zip(condition::spans_mut(&mut scenario.durations)) {
        let usual = span.0.as_secs();
        let is_long = roll.happens(LONG_ODDS);
        let secs = if is_long { roll.between(usual, usual * 10) } else { roll.between(usual / 2, usual * 3 / 2) };
        *span = if stuck == Some(number) { Span(STUCK) } else { Span::secs(secs) };
    }
    let mut roll = rng.roll("names", 0);
    let (source, target) = (roll.below(3) == 0, roll.below(3) == 0);
    scenario.new_named_by_id |= target;
    // Names that the scenario gives are those that somebody wants to try.
    let usual = InstanceSpec::default();
    let is_usual = |one: &&mut InstanceSpec| one.username == usual.username && one.database == usual.database;
    scenario.instances.iter_mut().filter(is_usual).for_each(|one| one.named_by_id |= source);
    scenario
}
