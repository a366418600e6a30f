//! How bad the day of a seed is.

use super::dice::Dice;
use super::fate::Odds;
use crate::twin::{Scenario, Span};

/// The odds of a seed: some are calm, some stormy, most have trouble of one kind.
pub(super) fn odds(dice: Dice) -> Odds {
    let mut roll = dice.roll("odds", 0);
    Odds {
        crash: roll.pick(0, &[500, 2_000, 10_000, 30_000]),
        http: roll.pick(0, &[20_000, 50_000, 150_000]),
        objects: roll.pick(0, &[50_000, 200_000]),
        disk: roll.pick(0, &[0, 500, 3_000]),
        person: roll.pick(0, &[0, 100_000, 300_000]),
    }
}

/// The scenario with the service of a seed's day: how far its lists lag, how long it takes, how long tokens live.
pub(super) fn service(mut scenario: Scenario, dice: Dice) -> Scenario {
    let mut roll = dice.roll("service", 0);
    scenario.list_lag = Span::secs(roll.pick(0, &[0, 15, 60, 90]));
    scenario.get_lag = Span::secs(roll.pick(0, &[0, 5, 20]));
    scenario.token_seconds = roll.pick(3600, &[3600, 600, 180]);
    scenario.expired_token_status = roll.pick(403, &[401]);
    let durations = &mut scenario.durations;
    durations.create = Span::secs(roll.between(60, 900));
    durations.delete = Span::secs(roll.between(20, 1200));
    durations.update = Span::secs(roll.between(20, 600));
    durations.load = Span::secs(roll.between(20, 1800));
    durations.snapshot = Span::secs(roll.between(60, 900));
    durations.population = Span::secs(roll.between(0, 120));
    if roll.happens(10_000) {
        // A status that does not change for longer than any step waits.
        durations.create = Span::secs(48 * 3600);
    }
    scenario
}
