//! Gives an instance its final name.

use super::assembly::field;
use super::effect::{after_doubt, after_refusal};
use super::{Context, Next, SETTLE_EVERY};
use crate::base::Value;
use crate::engine::call::{Call, Outcome};
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
        Some(_) => Some(match after_refusal(context, last) {
            Ok(at) => Next::prepare(Call::Rename, at, input),
            Err(next) => *next,
        }),
    }
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
