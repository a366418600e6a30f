//! `aura.instance.update`: a PATCH of what differs; idempotent, so that doubt is settled by looking again.

use crate::base::{Map, Timestamp, Value, escape, gigabytes};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::Attempt;
use crate::engine::protocol::effect::{after_doubt, after_refusal, hold};
use crate::engine::protocol::settling::settles_at;
use crate::engine::protocol::values::{declared, field};
use crate::engine::protocol::{Context, Next};
use serde_json::json;
use std::time::Duration;

/// How often the instance is looked at while the change goes on.
const EVERY: Duration = Duration::from_secs(10);

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    let waiting = context.history.wait_until.unwrap_or_default();
    let last_attempt = context.history.last_attempt(Call::Update);
    let since = last_attempt.map_or(0, |attempt| attempt.seq);
    // Who takes a refused change up again looks first: an earlier request may have arrived meanwhile.
    if let Some(attempt) = last_attempt.filter(|attempt| attempt.session == context.session)
        && matches!(attempt.outcome(), Some(Outcome::Rejected | Outcome::RejectedAuth | Outcome::NotSent))
    {
        return match after_refusal(context, attempt) {
            Ok(at) => Next::prepare(Call::Update, at, json!({"body": attempt_body(context)})),
            Err(next) => *next,
        };
    }
    let Some(seen) = context.history.probes_after(Call::Probe, since).next_back() else {
        return Next::read(Call::Probe, waiting, Value::Null);
    };
    let missing = differing(context.with, &seen.found);
    let status = field(&seen.found, "status");
    let is_settled = status.eq_ignore_ascii_case("running") || status.eq_ignore_ascii_case("paused");
    if missing.is_empty() && is_settled {
        let until = others_settle_at(context);
        if seen.at < until {
            return Next::read(Call::Probe, until.max(waiting), Value::Null);
        }
        return Next::Succeed { output: declared(context, &seen.found), evidence: Vec::new() };
    }
    if status.eq_ignore_ascii_case("loading failed") && seen.session == context.session {
        return hold("the instance is `loading failed`", "repeat the import in the console, then `surefoot resume`");
    }
    let accepted = last_attempt.is_some_and(|attempt| attempt.outcome().is_some_and(Outcome::took));
    if !is_settled || (accepted && seen.at < give_up(last_attempt.map_or(seen.at, Attempt::last_sent))) {
        return Next::read(Call::Probe, seen.at.plus(EVERY).max(waiting), Value::Null);
    }
    match after_doubt(context) {
        Ok(at) => Next::prepare(Call::Update, at.max(waiting), json!({"body": missing})),
        Err(next) => *next,
    }
}

/// A change that was accepted may need this long until it shows.
fn give_up(accepted: Timestamp) -> Timestamp {
    accepted.plus(Duration::from_mins(10))
}

/// When a request for other values that was never answered can no longer undo what is there now: somebody has changed
/// the inputs since.
fn others_settle_at(context: &Context<'_>) -> Timestamp {
    let asks_otherwise = |attempt: &&Attempt| {
        let body = attempt.intent.input.get("body").and_then(Value::as_object);
        attempt.outcome() == Some(Outcome::Unknown)
            && body.is_some_and(|body| {
                body.iter().any(|(name, value)| {
                    context.with.get(name).is_none_or(|wanted| !is_as_wanted(name, wanted, Some(value)))
                })
            })
    };
    context
        .history
        .attempts_at(Call::Update)
        .rfind(asks_otherwise)
        .map(|one| settles_at(context.history, one))
        .unwrap_or_default()
}

/// The fields asked for that the instance does not have yet.
fn differing(with: &Map, seen: &Value) -> Map {
    with.iter()
        .filter(|(name, wanted)| name.as_str() != "instance_id" && !wanted.is_null())
        .filter(|(name, wanted)| !is_as_wanted(name, wanted, seen.get(name.as_str())))
        .map(|(name, wanted)| (name.clone(), as_sent(name, wanted)))
        .collect()
}

/// A size is sent as the service writes it.
fn as_sent(name: &str, wanted: &Value) -> Value {
    match (name, wanted) {
        ("memory" | "storage", Value::String(size)) => gigabytes(size).into(),
        _ => wanted.clone(),
    }
}

/// Whether a field is as it is wanted. What the service leaves out, or tells as null, is off (docs/aura-api.md,
/// "Instances").
fn is_as_wanted(name: &str, wanted: &Value, seen: Option<&Value>) -> bool {
    match (name, wanted, seen.unwrap_or(&Value::Null)) {
        ("memory" | "storage", Value::String(size), Value::String(seen)) => gigabytes(size) == gigabytes(seen),
        ("cdc_enrichment_mode", Value::String(mode), Value::String(seen)) => mode.eq_ignore_ascii_case(seen),
        ("cdc_enrichment_mode", Value::String(mode), Value::Null) => mode == "OFF",
        ("vector_optimized" | "graph_analytics_plugin", Value::Bool(on), Value::Null) => !on,
        ("secondaries_count", Value::Number(count), Value::Null) => count.as_u64() == Some(0),
        (_, wanted, seen) => wanted == seen,
    }
}

/// What the refused attempt asked for, from the look before it.
fn attempt_body(context: &Context<'_>) -> Map {
    let seen = context.history.last_probe(Call::Probe).map(|probe| probe.found.clone()).unwrap_or_default();
    differing(context.with, &seen)
}

/// What a look saw, in words.
pub(super) fn saw(context: &Context<'_>, found: &Value) -> String {
    let missing = differing(context.with, found);
    let names: Vec<_> = missing.keys().map(String::as_str).collect();
    let rest = if names.is_empty() { "as asked for".to_owned() } else { format!("not yet: {}", names.join(", ")) };
    format!("{}, {rest}", escape(field(found, "status")))
}
