//! Gives an instance its final name.

use super::assembly::field;
use super::decision::pace;
use super::effect::{after_doubt, after_refusal};
use super::settling::told_lag;
use super::{Context, Next, SETTLE_EVERY};
use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, ErrorClass, Outcome};
use crate::engine::history::Attempt;
use serde_json::json;

/// The renaming of this instance; `None` once it is done.
pub(super) fn rename(context: &Context<'_>, id: &str, name: &str) -> Option<Next> {
    let input = json!({"id": id, "name": name});
    let last = context.history.attempts_at(Call::Rename).rfind(|one| field(&one.intent.input, "id") == id);
    let Some(last) = last else {
        let waiting = context.history.wait_until.unwrap_or_default();
        return Some(Next::prepare(Call::Rename, waiting, input));
    };
    match last.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => None,
        Some(Outcome::Unknown) | None => in_doubt(context, last, input),
        Some(_) => Some(match (after_refusal(context, last), not_found_yet(context, last)) {
            (Ok(at), _) | (_, Some(at)) => Next::prepare(Call::Rename, at, input),
            (Err(next), None) => *next,
        }),
    }
}

/// When to try again where what was just created is not found by its id yet.
fn not_found_yet(context: &Context<'_>, last: &Attempt) -> Option<Timestamp> {
    let created = context.history.last_attempt(Call::Create)?;
    let waited = last.last_sent().since(created.last_sent());
    let is_new = waited < told_lag(context.history, created);
    let is_absent = last.error().is_some_and(|error| error.class == ErrorClass::NotFound);
    (is_absent && is_new).then(|| last.last_sent().plus(pace(waited).max(SETTLE_EVERY)))
}

/// The name tells whether it was done, by whoever; where it was not, it is done again, which does no harm.
fn in_doubt(context: &Context<'_>, last: &Attempt, input: Value) -> Option<Next> {
    let looks = context.history.probes_after(Call::Probe, last.seq);
    let Some(seen) = looks.rev().find(|probe| field(&probe.found, "id") == field(&input, "id")) else {
        let waiting = context.history.wait_until.unwrap_or_default();
        return Some(Next::read(Call::Probe, waiting, json!({"id": input.get("id")})));
    };
    if field(&seen.found, "name") == field(&input, "name") {
        return None;
    }
    Some(match after_doubt(context) {
        Ok(at) => Next::prepare(Call::Rename, at.max(last.last_sent().plus(SETTLE_EVERY)), input),
        Err(next) => *next,
    })
}
