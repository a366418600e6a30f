//! The outcome of an attempt to create an instance, joined over everything that was seen since.

use crate::base::{Digest, PlantedBug, Value, planted};
use crate::engine::call::Outcome;
use crate::engine::history::Attempt;
use crate::engine::protocol::Context;
use crate::engine::protocol::settling::{is_settled, lists_for, matches_of};
use crate::engine::protocol::undone::is_deleted;

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::kinds) enum AttemptState {
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
pub(in crate::kinds) fn attempt_state(context: &Context<'_>, attempt: &Attempt) -> AttemptState {
    if let Some((_, target)) = context.history.lost.iter().find(|(lost, _)| *lost == attempt.intent.attempt) {
        return if is_deleted(context.history, target) || planted(PlantedBug::OrphanKept) {
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
