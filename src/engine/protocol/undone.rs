//! Whether what an attempt created, and whose answer was lost, has been deleted again.

use super::settling::{told_lag, watched};
use super::values::{field, flag};
use crate::base::{PlantedBug, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, History, Probe};

/// An orphan that we have not deleted is gone after this many looks in a row, one every [`super::SETTLE_EVERY`].
const ABSENT_LOOKS: usize = 8;

/// An orphan whose deletion is in doubt is gone after this many looks in a row.
const LOOKS_IN_DOUBT: usize = 3;

/// Whether what an attempt created has been deleted: absent, seen together with a positive control. Where we have not
/// deleted it ourselves one look is not enough, because what is new may not be found at first (docs/effects.md,
/// "Absence"),
/// and for as long as reads may be behind none of many is.
pub fn is_deleted(history: &History, id: &str) -> bool {
    let absent = |probe: &&Probe| {
        !flag(&probe.found, "present") && (flag(&probe.found, "control") || planted(PlantedBug::ControlForgotten))
    };
    let looks = |seq: u64| history.probes_after(Call::Probe, seq).rev().filter(|probe| field(&probe.found, "id") == id);
    let enough = |looks: usize| if planted(PlantedBug::OneLookBelieved) { 1 } else { looks };
    match history.attempts_at(Call::Replace).rfind(|attempt| attempt.intent.target == id) {
        Some(sent) if sent.outcome().is_some_and(Outcome::took) => looks(sent.seq).any(|probe| absent(&probe)),
        // Nobody knows whether it was deleted: no decision rests on one look.
        Some(sent) => looks(sent.seq).take_while(absent).count() >= enough(LOOKS_IN_DOUBT),
        None => {
            let row: Vec<&Probe> = looks(0).take_while(absent).collect();
            let (number, _) = history.lost.iter().rfind(|(_, lost)| lost == id).cloned().unwrap_or_default();
            let made = history.attempts_at(Call::Create).find(|one| one.intent.attempt == number);
            let lag = made.map(|attempt| told_lag(history, attempt)).unwrap_or_default();
            let is_watched =
                watched(&row) >= lag || planted(PlantedBug::OneLookBelieved) || planted(PlantedBug::LagAssumed);
            row.len() >= enough(ABSENT_LOOKS) && is_watched
        }
    }
}

/// Whether everything is known of the last creation of a step although it was never answered: what it created was
/// found, deleted, and is proved gone.
pub fn is_known(history: &History) -> bool {
    history.last_attempt(Call::Create).is_some_and(|last| is_undone(history, last))
}

/// Whether what an attempt created was found, deleted, and is proved gone.
pub fn is_undone(history: &History, attempt: &Attempt) -> bool {
    let mut lost = history.lost.iter().filter(|(number, _)| *number == attempt.intent.attempt);
    attempt.intent.call == Call::Create && lost.any(|(_, id)| is_deleted(history, id))
}
