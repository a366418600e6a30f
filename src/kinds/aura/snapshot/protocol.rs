//! `aura.snapshot.create`: the new snapshot is the ad hoc one that was not there before.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::Attempt;
use crate::engine::protocol::effect::{after_refusal, doubt};
use crate::engine::protocol::settling::{is_settled, lags, lists_for, next_list};
use crate::engine::protocol::values::{field, map, text, time};
use crate::engine::protocol::{Context, Next};
use serde_json::json;

/// How many attempts may be in doubt before a person must look.
const ATTEMPTS_IN_DOUBT: usize = 3;

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    let waiting = context.history.wait_until.unwrap_or_default();
    if context.history.last_probe(Call::Baseline).is_none() {
        return Next::read(Call::Baseline, waiting, Value::Null);
    }
    let Some(attempt) = context.history.last_attempt(Call::Create) else {
        return request(context, waiting);
    };
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => {
            succeed(attempt, attempt.output("snapshot_id").and_then(Value::as_str).unwrap_or_default())
        }
        Some(Outcome::Unknown) | None => in_doubt(context, attempt, waiting),
        Some(_) => match after_refusal(context, attempt) {
            Ok(at) => request(context, at.max(waiting)),
            Err(next) => *next,
        },
    }
}

fn in_doubt(context: &Context<'_>, attempt: &Attempt, waiting: Timestamp) -> Next {
    let last = context.history.probes_after(Call::Settle, attempt.seq).next_back();
    if context.resolution() == Some(false) {
        return request(context, waiting);
    }
    let news = last.map(|probe| new_ones(context, &probe.found)).unwrap_or_default();
    match news.as_slice() {
        [only] => return succeed(attempt, only),
        [] => {}
        // Every one of them is a full snapshot taken after the writers stopped; the newest serves.
        [.., newest] => return succeed(attempt, newest),
    }
    let lists: Vec<_> = lists_for(context, attempt).collect();
    match last {
        // What is said to exist is looked for until it is found.
        Some(_) if is_settled(context.history, attempt, &lists) && context.resolution().is_none() => {
            let unknown = unknown(context);
            if unknown >= ATTEMPTS_IN_DOUBT {
                return doubt(format!(
                    "{unknown} requests for a snapshot of {} left no trace",
                    text(context, "instance_id")
                ));
            }
            request(context, waiting)
        }
        last => Next::read(Call::Settle, next_list(context, attempt, last).max(waiting), Value::Null),
    }
}

fn request(context: &Context<'_>, at: Timestamp) -> Next {
    Next::prepare(Call::Create, at, Value::Object(lags(context.with)))
}

/// How many attempts have been in doubt since an operator said anything about them.
fn unknown(context: &Context<'_>) -> usize {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    context.history.attempts.iter().skip(known).filter(|one| one.outcome() == Some(Outcome::Unknown)).count()
}

/// How many more attempts are made if none of them is ever answered.
pub(in crate::kinds) fn attempts_left(context: &Context<'_>) -> usize {
    ATTEMPTS_IN_DOUBT.saturating_sub(unknown(context))
}

/// The ad hoc snapshots that were not there before, oldest first: an id that the baseline has not, and not taken before
/// the baseline was, which may lag (docs/effects.md, "Snapshot"). Both times are the service's.
pub(in crate::kinds) fn new_ones<'a>(context: &Context<'_>, found: &'a Value) -> Vec<&'a str> {
    let baseline = context.history.last_probe(Call::Baseline).map(|probe| &probe.found);
    let before = baseline.and_then(|found| found.get("ids")).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let since: Option<Timestamp> = baseline.and_then(|found| field(found, "date").parse().ok());
    let is_older = |one: &Value| {
        let taken: Option<Timestamp> = field(one, "timestamp").parse().ok();
        taken.zip(since).is_some_and(|(taken, since)| taken < since)
    };
    let all = found.get("snapshots").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut news: Vec<_> = all
        .iter()
        .filter(|one| field(one, "profile").eq_ignore_ascii_case("adhoc"))
        .filter(|one| !before.iter().any(|id| id == field(one, "snapshot_id")) && !is_older(one))
        .map(|one| (field(one, "timestamp"), field(one, "snapshot_id")))
        .collect();
    news.sort_unstable();
    news.into_iter().map(|(_, id)| id).collect()
}

fn succeed(attempt: &Attempt, id: &str) -> Next {
    let output = map([("snapshot_id", json!(id)), ("requested_at", time(attempt.at))]);
    Next::Succeed { output, evidence: Vec::new() }
}
