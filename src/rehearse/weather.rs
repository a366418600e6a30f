//! How bad the day of a seed is.

use super::circumstance::{Circumstance, STUCK};
use super::dice::Dice;
use super::fate::Odds;
use crate::twin::{Durations, Scenario, Span};
use std::collections::BTreeSet;

/// The odds of a seed: some are calm, some stormy, most have trouble of one kind.
pub(super) fn odds(dice: Dice) -> Odds {
    let mut roll = dice.roll("odds", 0);
    Odds {
        crash: roll.pick(0, &[0, 1_000, 3_000, 12_000]),
        http: roll.pick(0, &[10_000, 30_000, 80_000]),
        effect: roll.pick(0, &[50_000, 300_000, 500_000]),
        objects: roll.pick(0, &[30_000, 100_000]),
        disk: roll.pick(0, &[0, 500, 3_000]),
        person: roll.pick(0, &[0, 100_000, 300_000]),
        word: roll.pick(0, &[100_000, 200_000]),
        trail: roll.pick(0, &[0, 0, 5_000]),
    }
}

/// The scenario with the service of a seed's day, without what the day is spared; and what of it is not as usual.
pub(super) fn service(
    usual: &Scenario,
    dice: Dice,
    spared: &BTreeSet<Circumstance>,
) -> (Scenario, BTreeSet<Circumstance>) {
    let mut scenario = drawn(usual.clone(), dice);
    for one in spared {
        one.take_away(&mut scenario, usual);
    }
    let met = Circumstance::ALL.into_iter().filter(|one| one.is_in(&scenario, usual)).collect();
    (scenario, met)
}

/// How far its lists lag, how long it takes, how long tokens live.
fn drawn(mut scenario: Scenario, dice: Dice) -> Scenario {
    let mut roll = dice.roll("service", 0);
    scenario.list_lag = Span::secs(roll.pick(0, &[0, 15, 60, 90]));
    scenario.get_lag = Span::secs(roll.pick(0, &[0, 5, 20]));
    scenario.token_seconds = roll.pick(3600, &[3600, 600, 180]);
    scenario.expired_token_status = roll.pick(403, &[401]);
    let durations = &mut scenario.durations;
    let mut long = |usual: u64| {
        Span::secs(if roll.happens(50_000) { roll.between(usual, usual * 10) } else { roll.between(20, usual) })
    };
    durations.create = long(180);
    durations.delete = long(180);
    durations.update = long(120);
    durations.load = long(240);
    durations.snapshot = long(180);
    durations.population = long(60);
    if roll.happens(10_000) {
        durations.create = Span(STUCK);
    }
    let Durations { pause, resume, overwrite, .. } = &mut scenario.durations;
    for span in [pause, resume, overwrite] {
        *span = Span::secs(roll.between(20, 400));
    }
    scenario
}
