//! Gives an instance its final name.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, ErrorClass, Outcome};
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::decision::pace;
use crate::engine::protocol::effect::{after_doubt, after_refusal};
use crate::engine::protocol::settling::told_lag;
use crate::engine::protocol::values::field;
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use serde_json::json;

/// The statuses in which an instance can be renamed (docs/aura-api.md, "Status").
const AT_REST: [&str; 3] = ["running", "paused", "loading failed"];
/// After so many looks in a row that do not find it, it is asked for all the same: the refusal says what is wrong.
const ABSENT_LOOKS: usize = 8;

/// The renaming of this instance; `None` once it is done.
pub(in crate::kinds) fn rename(context: &Context<'_>, id: &str, name: &str) -> Option<Next> {
    let input = json!({"id": id, "name": name});
    let last = context.history.attempts_at(Call::Rename).rfind(|one| field(&one.intent.input, "id") == id);
    let Some(last) = last else { return at_rest(context, 0, Timestamp::default(), input) };
    match last.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => None,
        Some(Outcome::Unknown) | None => in_doubt(context, last, input),
        Some(_) => match (after_refusal(context, last), not_found_yet(context, last)) {
            (Ok(at), _) | (_, Some(at)) => at_rest(context, last.seq, at, input),
            (Err(next), None) => Some(*next),
        },
    }
}

/// While it is being created the service refuses to rename it, for minutes: it is looked at until it is at rest, by a
/// look after `since`, and not asked for before.
fn at_rest(context: &Context<'_>, since: u64, at: Timestamp, input: Value) -> Option<Next> {
    let is_it = |probe: &&Probe| field(&probe.found, "id") == field(&input, "id");
    let looks: Vec<&Probe> = context.history.probes_after(Call::Probe, since).filter(is_it).collect();
    let at = at.max(context.history.wait_until.unwrap_or_default());
    let look = |at: Timestamp| Next::read(Call::Probe, at, json!({"id": input.get("id")}));
    let Some((first, last)) = looks.first().zip(looks.last()) else { return Some(look(at)) };
    if field(&last.found, "name") == field(&input, "name") {
        return None;
    }
    let status = field(&last.found, "status");
    let is_absent = |probe: &&&Probe| probe.found.get("present") == Some(&Value::Bool(false));
    let is_gone = looks.iter().rev().take_while(is_absent).count() >= ABSENT_LOOKS;
    if AT_REST.iter().any(|known| status.eq_ignore_ascii_case(known)) || is_gone {
        return Some(Next::prepare(Call::Rename, at, input));
    }
    Some(look(at.max(last.at.plus(pace(last.at.since(first.at))))))
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
