//! The outcome of an attempt to create an instance, joined over everything that was seen since.

use super::Context;
use super::settling::{is_settled, matches_of, told_lag, watched};
use super::values::{field, flag};
use crate::base::{Digest, PlantedBug, Value, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, History, Probe};

/// An orphan that we have not deleted is gone after this many looks in a row, one every [`super::SETTLE_EVERY`].
const ABSENT_LOOKS: usize = 8;

/// An orphan whose deletion is in doubt is gone after this many looks in a row.
const LOOKS_IN_DOUBT: usize = 3;

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum AttemptState {
    /// It took effect and its response was seen.
    Took,
    /// It certainly had no effect.
    Refused,
    /// Nobody knows yet; the world is listed until it is found or the time is over.
    Doubt,
    /// It was found: its response, and the password in it, is lost.
    Found(Value),
    /// More than one thing has its name.
    Ambiguous(usize),
    /// What it created is ours and empty, and nobody can tell its password any more.
    Lost(String),
    /// It left nothing: it never arrived, or what it created was deleted.
    Nothing,
}

/// The name under which an attempt creates (docs/effects.md, "Create"): `sf-` and 80 bits that only this run can
/// derive.
pub fn derived_name(nonce: &str, step: &str, attempt: u32) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let attempt = if planted(PlantedBug::AttemptNotNamed) { 1 } else { attempt };
    let digest = Digest::of(format!("{nonce}\n{step}\n{attempt}").as_bytes());
    let mut bits = digest.as_bytes().iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut name = String::from("sf-");
    for _ in 0..16 {
        let index = bits.by_ref().take(5).fold(0_usize, |value, bit| value << 1 | usize::from(bit));
        name.extend(ALPHABET.get(index).map(|&letter| char::from(letter)));
    }
    name
}

/// The outcome of this attempt to create.
pub(super) fn attempt_state(context: &Context<'_>, attempt: &Attempt) -> AttemptState {
    if let Some((_, target)) = context.history.lost.iter().find(|(lost, _)| *lost == attempt.intent.attempt) {
        return if is_deleted(context, target) || planted(PlantedBug::OrphanKept) {
            AttemptState::Nothing
        } else {
            AttemptState::Lost(target.clone())
        };
    }
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => return AttemptState::Took,
        Some(Outcome::NotSent | Outcome::Rejected | Outcome::RejectedAuth) => return AttemptState::Refused,
        Some(Outcome::Unknown) | None if planted(PlantedBug::DoubtSentAgain) => return AttemptState::Nothing,
        Some(Outcome::Unknown) | None => {}
    }
    let lists: Vec<_> = lists_for(context, attempt).collect();
    let name = attempt.intent.target.as_str();
    if let Some(matches) = lists.iter().rev().map(|probe| matches_of(probe, name)).find(|found| !found.is_empty()) {
        return match matches.as_slice() {
            [only] => AttemptState::Found((*only).clone()),
            many => AttemptState::Ambiguous(many.len()),
        };
    }
    match context.resolution() {
        // What is said to exist is looked for until it is found; never is a second one created beside it.
        Some(true) => return AttemptState::Doubt,
        Some(false) => return AttemptState::Nothing,
        None => {}
    }
    if planted(PlantedBug::NoSettling) && !lists.is_empty() {
        return AttemptState::Nothing;
    }
    if is_settled(context.history, attempt, &lists) { AttemptState::Nothing } else { AttemptState::Doubt }
}

/// Whether what an attempt created has been deleted: absent, seen together with a positive control. Where we have not
/// deleted it ourselves one look is not enough, because a new instance may not be found at first (docs/aura-api.md,
/// "Created instances"), and for as long as reads may be behind none of many is.
pub(super) fn is_deleted(context: &Context<'_>, id: &str) -> bool {
    was_deleted(context.history, id)
}

/// Whether everything is known of the last creation of a step although it was never answered: what it created was
/// found, deleted, and is proved gone.
pub fn is_known(history: &History) -> bool {
    history.last_attempt(Call::Create).is_some_and(|last| is_undone(history, last))
}

/// Whether what an attempt created was found, deleted, and is proved gone.
pub fn is_undone(history: &History, attempt: &Attempt) -> bool {
    let mut lost = history.lost.iter().filter(|(number, _)| *number == attempt.intent.attempt);
    attempt.intent.call == Call::Create && lost.any(|(_, id)| was_deleted(history, id))
}

fn was_deleted(history: &History, id: &str) -> bool {
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

/// The complete lists that were made after this attempt was announced.
pub(super) fn lists_for<'a>(
    context: &'a Context<'a>,
    attempt: &'a Attempt,
) -> impl DoubleEndedIterator<Item = &'a Probe> {
    let lists = context.history.probes_after(Call::Settle, attempt.seq);
    lists.filter(|probe| context.is_current(probe) && flag(&probe.found, "complete"))
}
