//! `s3.put`: the key is made of the digest, every request may be sent again, and doubt is settled by the object's head.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, ErrorClass, Outcome};
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::effect::{after_doubt, after_refusal, before_all, hold};
use crate::engine::protocol::values::{field, flag};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use serde_json::json;

/// How often in a session the last sweep is tried. What it would remove costs money and harms nobody.
const SWEEPS: usize = 3;

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    let waiting = context.history.wait_until.unwrap_or_default();
    let Some(last) = context.history.attempts.last() else {
        return match context.history.last_probe(Call::Probe).filter(|probe| says(context, probe)) {
            Some(probe) => start(context, &probe.found, waiting),
            None => Next::read(Call::Probe, waiting, Value::Null),
        };
    };
    let seen = context.history.probes_after(Call::Probe, last.seq).next_back().filter(|probe| says(context, probe));
    match (last.outcome(), last.intent.call) {
        (Some(Outcome::Accepted | Outcome::Applied), Call::UploadStart) => parts(last, waiting),
        (Some(Outcome::Accepted | Outcome::Applied), Call::UploadParts) => complete(context, waiting),
        // Parts that arrived stay; only the missing ones are sent.
        (Some(Outcome::Unknown), Call::UploadParts) => match after_doubt(context) {
            Ok(at) => repeat(context, Call::UploadParts, at.max(waiting)),
            Err(next) => *next,
        },
        (Some(Outcome::Rejected), _) if is_taken(last) => match seen {
            // What was in the way is gone again.
            Some(probe) => start(context, &probe.found, waiting.max(probe.at.plus(SETTLE_EVERY))),
            None => Next::read(Call::Probe, waiting, Value::Null),
        },
        (Some(Outcome::Rejected | Outcome::RejectedAuth | Outcome::NotSent), call) => {
            match after_refusal(context, last) {
                Ok(at) if is_gone(last) => restart(at),
                Ok(at) if is_partial(last) => repeat(context, Call::UploadParts, at.max(waiting)),
                Ok(at) => repeat(context, call, at.max(waiting)),
                Err(_) if is_gone(last) && count(context, Call::UploadStart) < 3 => restart(waiting),
                Err(next) => *next,
            }
        }
        // Done, or in doubt: what counts is the object that stands there now.
        _ => match seen {
            Some(probe) if flag(&probe.found, "exists") => conclude(context, &probe.found),
            Some(probe) => match after_doubt(context) {
                Ok(at) => start(context, &probe.found, at.max(waiting)),
                Err(next) => *next,
            },
            None => Next::read(Call::Probe, waiting, Value::Null),
        },
    }
}

/// What comes next at the end of the run: uploads to the key that never came to their end are aborted, those whose
/// beginning was never answered or that an earlier run left (docs/effects.md, "Last sweep"). The object stands there by
/// now, so nobody needs them. `None` when it is done, or cannot be.
pub(in crate::kinds) fn sweep(context: &Context<'_>) -> Option<Next> {
    if let Some(next) = before_all(context) {
        return Some(next);
    }
    context.history.last_attempt(Call::UploadStart)?;
    let tried = context.history.attempts_at(Call::UploadSweep).filter(|one| one.session == context.session);
    let at = match context.history.last_attempt(Call::UploadSweep) {
        Some(last) if last.outcome().is_some_and(Outcome::took) => return None,
        Some(last) if last.session == context.session => {
            let passes = last.error().is_none_or(|error| error.class.passes());
            (passes && tried.count() < SWEEPS).then(|| last.last_sent().plus(SETTLE_EVERY))?
        }
        _ => Timestamp::default(),
    };
    let waiting = context.history.wait_until.unwrap_or_default();
    Some(Next::prepare(Call::UploadSweep, at.max(waiting), Value::Null))
}

/// Whether what was seen still says something: another object may have been removed while the step was held.
fn says(context: &Context<'_>, probe: &Probe) -> bool {
    context.is_current(probe) || flag(&probe.found, "same")
}

fn start(context: &Context<'_>, seen: &Value, at: Timestamp) -> Next {
    if flag(seen, "exists") {
        return conclude(context, seen);
    }
    let call = if flag(seen, "multipart") { Call::UploadStart } else { Call::Put };
    match (call, upload_id(context)) {
        // An upload that was begun and never completed is taken up where it stands.
        (Call::UploadStart, Some(id)) => Next::prepare(Call::UploadParts, at, json!({"upload_id": id})),
        _ => Next::prepare(call, at, Value::Null),
    }
}

fn restart(at: Timestamp) -> Next {
    Next::prepare(Call::UploadStart, at, Value::Null)
}

fn repeat(context: &Context<'_>, call: Call, at: Timestamp) -> Next {
    Next::prepare(call, at, json!({"upload_id": upload_id(context)}))
}

fn parts(started: &Attempt, at: Timestamp) -> Next {
    Next::prepare(Call::UploadParts, at, json!({"upload_id": started.output("upload_id")}))
}

fn complete(context: &Context<'_>, at: Timestamp) -> Next {
    repeat(context, Call::UploadComplete, at)
}

fn upload_id(context: &Context<'_>) -> Option<Value> {
    context.history.last_attempt(Call::UploadStart).and_then(|attempt| attempt.output("upload_id").cloned())
}

fn count(context: &Context<'_>, call: Call) -> usize {
    context.history.attempts_at(call).count()
}

/// The key was taken between our look and our write.
fn is_taken(attempt: &Attempt) -> bool {
    attempt.error().is_some_and(|error| error.reason == "exists")
}

/// Its parts are not all there, or others than the file's.
fn is_partial(attempt: &Attempt) -> bool {
    attempt.error().is_some_and(|error| error.reason == "parts-missing")
}

/// The upload is not known to the store any more.
fn is_gone(attempt: &Attempt) -> bool {
    let is_multipart = matches!(attempt.intent.call, Call::UploadParts | Call::UploadComplete);
    is_multipart && attempt.error().is_some_and(|error| error.class == ErrorClass::NotFound)
}

fn conclude(context: &Context<'_>, seen: &Value) -> Next {
    if !flag(seen, "same") {
        return hold(
            format!("the object {} exists with other content; it is never overwritten", field(seen, "key")),
            "find out who wrote it; use another prefix in a new run",
        );
    }
    let parts = context.history.attempts.iter().rev().find_map(|one| one.output("parts").cloned());
    let mut output = crate::engine::protocol::values::declared(context, seen);
    for name in ["bucket", "sha256"] {
        output.insert(name.to_owned(), context.with.get(name).cloned().unwrap_or_default());
    }
    let bucket = context.with.get("bucket").and_then(Value::as_str).unwrap_or_default();
    output.insert("uri".to_owned(), json!(format!("s3://{bucket}/{}", field(seen, "key"))));
    output.insert("parts".to_owned(), parts.unwrap_or(json!(1)));
    Next::Succeed { output, evidence: Vec::new() }
}
