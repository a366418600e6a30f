//! `aura.instance.overwrite`: the data of the target are replaced, and nothing brings them back.
//!
//! The guards stand in `engine/guard.rs`, as for a deletion; here is only the order. A request in doubt is never sent
//! again: the target has the same status before it and after it, and whoever works with the overwritten target may
//! have written to it since. Where no look has seen the overwriting, a person must record its outcome.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, Outcome};
use crate::engine::command::Act;
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::decision::pace;
use crate::engine::protocol::effect::{after_refusal, doubt, hold};
use crate::engine::protocol::settling::is_settled;
use crate::engine::protocol::values::{field, map, text, time};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use serde_json::json;
use std::time::Duration;

/// It is over after this many looks in a row that see the target running …
const RUNNING_LOOKS: usize = 3;
/// … over at least this long, for it may run for a moment before it is loading (docs/aura-api.md, "Status").
const RUNNING_SPAN: Duration = Duration::from_secs(30);
/// The statuses that it goes through.
const ON_THE_WAY: [&str; 2] = ["overwriting", "loading"];
const FAILED: &str = "loading failed";

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    if let Some(asked) = context.history.open_question() {
        return Next::now(Act::Ask(Box::new(asked.question.clone())));
    }
    let Some(attempt) = context.history.last_attempt(Call::Overwrite) else {
        return before(context, None, Timestamp::default());
    };
    match attempt.outcome() {
        Some(outcome) if outcome.took() => after(context, attempt, true),
        Some(Outcome::Unknown) | None if is_seen(context, attempt) => after(context, attempt, true),
        Some(Outcome::Unknown) | None => match context.resolution() {
            Some(true) => after(context, attempt, true),
            Some(false) => before(context, Some(attempt), Timestamp::default()),
            None => after(context, attempt, false),
        },
        Some(_) => match after_refusal(context, attempt) {
            Ok(at) => before(context, Some(attempt), at),
            Err(next) => *next,
        },
    }
}

/// What was seen of the target since an attempt was announced, or since the beginning.
fn looks<'a>(context: &Context<'a>, attempt: Option<&Attempt>) -> impl DoubleEndedIterator<Item = &'a Probe> + Clone {
    context.history.probes_after(Call::Probe, attempt.map_or(0, |attempt| attempt.seq))
}

/// Nothing that was sent is under way: the target must run, seen by the process that sends.
fn before(context: &Context<'_>, attempt: Option<&Attempt>, earliest: Timestamp) -> Next {
    let current = looks(context, attempt).rfind(|probe| context.is_current(probe) && probe.session == context.session);
    let Some(last) = current else { return look(context, earliest) };
    let id = text(context, "instance_id");
    match status(last).as_str() {
        "running" | FAILED => {
            let at = earliest.max(context.history.wait_until.unwrap_or_default());
            Next::prepare(Call::Overwrite, at, Value::Null)
        }
        "paused" => hold(format!("instance {id} is paused"), "resume it, then `surefoot resume`"),
        other if ON_THE_WAY.contains(&other) => hold(
            format!("instance {id} is {other}, and this run has not asked for it"),
            "find out who loads data into it, and whether it is still to be overwritten; then `surefoot resume`",
        ),
        _ => look(context, last.at.plus(pace(last.at.since(context.since)))),
    }
}

/// It was sent. Whether it took place is certain, or is to be seen.
fn after(context: &Context<'_>, attempt: &Attempt, is_certain: bool) -> Next {
    let current: Vec<&Probe> = looks(context, Some(attempt)).filter(|probe| context.is_current(probe)).collect();
    let Some(last) = current.last() else { return look(context, Timestamp::default()) };
    let id = text(context, "instance_id");
    let seen = status(last);
    if seen == FAILED && is_certain && last.session == context.session {
        return hold(
            format!("instance {id} is `{FAILED}`: the overwriting did not work, and what was in it is gone"),
            "repeat it in the console, then `surefoot resume`",
        );
    }
    let running = current.iter().rev().take_while(|probe| status(probe) == "running").count();
    let running = current.get(current.len() - running..).unwrap_or_default();
    let is_settled = is_settled(context.history, attempt, running);
    if !is_certain {
        return if is_settled {
            doubt(format!("{id} is running, and nobody has seen whether it was overwritten"))
        } else {
            look(context, last.at.plus(SETTLE_EVERY))
        };
    }
    let span = running.first().map_or(Duration::ZERO, |first| last.at.since(first.at));
    let is_over = is_seen(context, attempt) && running.len() >= RUNNING_LOOKS && span >= RUNNING_SPAN;
    if is_over || is_settled {
        return done(context, attempt, last);
    }
    let wait = if running.is_empty() { pace(last.at.since(attempt.last_sent())) } else { RUNNING_SPAN / 2 };
    look(context, last.at.plus(wait))
}

/// Whether a look has seen the target on its way, or its outcome where it failed.
fn is_seen(context: &Context<'_>, attempt: &Attempt) -> bool {
    let had_failed = field(&attempt.intent.guard, "status").eq_ignore_ascii_case(FAILED);
    looks(context, Some(attempt)).any(|probe| {
        let status = status(probe);
        ON_THE_WAY.contains(&status.as_str()) || status == FAILED && !had_failed
    })
}

fn status(probe: &Probe) -> String {
    field(&probe.found, "status").to_lowercase()
}

fn done(context: &Context<'_>, attempt: &Attempt, last: &Probe) -> Next {
    let seen = |name: &str| last.found.get(name).cloned().unwrap_or_default();
    let given = |name: &str| context.with.get(name).cloned().unwrap_or_default();
    let output = map([
        ("id", json!(attempt.intent.target)),
        ("name", seen("name")),
        ("status", seen("status")),
        ("connection_url", seen("connection_url")),
        ("source_instance_id", given("source_instance_id")),
        ("source_snapshot_id", given("source_snapshot_id")),
        ("accepted_at", time(attempt.last_sent())),
    ]);
    Next::Succeed { output, evidence: Vec::new() }
}

/// A look at the target, whatever was sent before.
pub(in crate::kinds) fn look_again(context: &Context<'_>) -> Next {
    look(context, Timestamp::default())
}

fn look(context: &Context<'_>, at: Timestamp) -> Next {
    Next::read(Call::Probe, at.max(context.history.wait_until.unwrap_or_default()), Value::Null)
}
