//! `aura.instance.delete`: idempotent by id, but nothing brings the instance back (docs/effects.md, "Delete").
//!
//! The guards stand in `engine/guard.rs` and are checked when the announcement is admitted; here is only the order.

use crate::base::{Map, PlantedBug, Timestamp, Value, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::command::Act;
use crate::engine::event::{HoldClass, Intent};
use crate::engine::history::{Attempt, History, Probe};
use crate::engine::protocol::effect::{RESOLVE, after_refusal, doubt, was_busy};
use crate::engine::protocol::values::{field, flag, map, text, time};
use crate::engine::protocol::{Context, Instead, Next, SETTLE_EVERY};
use serde_json::json;

/// How many times a deletion is sent, across all sessions, before an operator must record its outcome.
const ATTEMPTS: usize = 5;

/// Where it is in doubt, an instance is gone after this many looks in a row, half a minute in all (docs/effects.md,
/// "Delete").
const ABSENT_LOOKS: usize = 3;

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    if let Some(asked) = context.history.open_question() {
        return Next::now(Act::Ask(Box::new(asked.question.clone())));
    }
    let Some(attempt) = context.history.last_attempt(Call::Delete) else {
        // A person said that it is gone before this run had sent anything.
        let is_gone = context.resolution() == Some(true);
        return if is_gone { done_by_others(context) } else { prepare(context, Timestamp::default()) };
    };
    if context.resolution() == Some(true) {
        return done(attempt);
    }
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => done(attempt),
        _ if !context.history.may_have_deleted() => refused(context, attempt),
        Some(Outcome::Rejected) if attempt.found_nothing() => said_gone(context, attempt),
        Some(Outcome::Unknown) | None => in_doubt(context, attempt),
        // This attempt did nothing, but an earlier one may have; the guard read found the instance gone.
        Some(_) if looks(context, attempt).next().is_some() => in_doubt(context, attempt),
        Some(_) => match after_refusal(context, attempt) {
            Ok(at) => prepare(context, at),
            Err(next) => *next,
        },
    }
}

/// What was seen of the instance since an attempt was announced.
fn looks<'a>(context: &Context<'a>, attempt: &Attempt) -> impl DoubleEndedIterator<Item = &'a Probe> {
    context.history.probes_after(Call::Probe, attempt.seq)
}

/// After an announced send of ours, "not found" means that it is gone, unless a look shows it: the guard read has just
/// seen it, and something else on the way may have answered.
fn said_gone(context: &Context<'_>, attempt: &Attempt) -> Next {
    match looks(context, attempt).next_back() {
        Some(last) if !flag(&last.found, "present") => done(attempt),
        _ => in_doubt(context, attempt),
    }
}

fn in_doubt(context: &Context<'_>, attempt: &Attempt) -> Next {
    let last = looks(context, attempt).next_back();
    // Who says that it did not take place is believed until a look sees the instance going, or not at all.
    let is_there = last.is_none_or(|probe| flag(&probe.found, "present") && !is_going(&probe.found));
    if context.resolution() == Some(false) && is_there {
        return prepare(context, Timestamp::default());
    }
    let Some(last) = last else { return probe(context, Timestamp::default()) };
    let status = field(&last.found, "status");
    let is_present = flag(&last.found, "present");
    if is_present && is_going(&last.found) {
        return done(attempt);
    }
    if looks(context, attempt).rev().take_while(|probe| is_absent(probe)).count() >= ABSENT_LOOKS {
        return done(attempt);
    }
    let runs = ["running", "paused"].iter().any(|known| status.eq_ignore_ascii_case(known));
    if is_present && runs {
        return sent_again(context, attempt, status);
    }
    probe(context, last.at.plus(SETTLE_EVERY))
}

/// Everything that was sent was refused, or never left: whoever deletes the instance, or has deleted it, it was not
/// this run, and nothing may be created in its place. What was seen before somebody took the step up again says nothing
/// any more.
fn refused(context: &Context<'_>, attempt: &Attempt) -> Next {
    let id = attempt.intent.target.as_str();
    let seen: Vec<&Probe> = looks(context, attempt).filter(|probe| context.is_current(probe)).collect();
    let again = || after_refusal(context, attempt).map(|at| prepare(context, at));
    let Some(last) = seen.last() else {
        return match again() {
            Ok(next) if !attempt.found_nothing() => next,
            Err(next) if !attempt.found_nothing() && !is_conflict(attempt) => *next,
            _ => probe(context, Timestamp::default()),
        };
    };
    // What never left was refused by nobody.
    let was_refused = context.history.was_refused_deletion();
    if flag(&last.found, "present") && is_going(&last.found) {
        return taken(if was_refused { others(id, "is being deleted") } else { going(id) });
    }
    if seen.iter().rev().take_while(|probe| is_absent(probe)).count() >= ABSENT_LOOKS {
        if was_refused {
            return taken(others(id, "no longer exists"));
        }
        let (reason, remedy, class) = not_there(context.with, true);
        return Next::Hold { reason, remedy, class };
    }
    if !flag(&last.found, "present") {
        return probe(context, last.at.plus(SETTLE_EVERY));
    }
    if !attempt.found_nothing() {
        return again().unwrap_or_else(|next| *next);
    }
    // It has just been seen, and still is: something else on the way has answered.
    sent_again(context, attempt, field(&last.found, "status"))
}

fn taken((reason, remedy): (String, String)) -> Next {
    Next::Hold { reason, remedy, class: HoldClass::Person }
}

fn is_conflict(attempt: &Attempt) -> bool {
    attempt.settled.as_ref().is_some_and(|(_, settlement)| settlement.status == Some(409))
}

/// Whether a look did not find it, and what must be visible was seen.
fn is_absent(probe: &Probe) -> bool {
    let is_sure = flag(&probe.found, "control") || planted(PlantedBug::ControlForgotten);
    !flag(&probe.found, "present") && is_sure
}

/// It is there as before: the request goes out again, a few times.
fn sent_again(context: &Context<'_>, attempt: &Attempt, status: &str) -> Next {
    let sent = sent(context);
    if sent >= ATTEMPTS {
        return doubt(format!("the deletion was sent {sent} times and {} is still {status}", attempt.intent.target));
    }
    // What was sent may still be on its way.
    prepare(context, attempt.last_sent().plus(SETTLE_EVERY))
}

/// How many attempts there were since an operator said anything about them; what the service was too busy for does not
/// count.
fn sent(context: &Context<'_>) -> usize {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    context.history.attempts.iter().skip(known).filter(|attempt| !was_busy(attempt)).count()
}

/// How many more attempts are made if the instance is found untouched each time.
pub(in crate::kinds) fn attempts_left(context: &Context<'_>) -> usize {
    ATTEMPTS.saturating_sub(sent(context))
}

fn prepare(context: &Context<'_>, at: Timestamp) -> Next {
    Next::prepare(Call::Delete, at.max(context.history.wait_until.unwrap_or_default()), Value::Null)
}

/// A look at the instance, whatever was sent before.
pub(in crate::kinds) fn look_again(context: &Context<'_>) -> Next {
    probe(context, Timestamp::default())
}

fn probe(context: &Context<'_>, at: Timestamp) -> Next {
    let tenant = context.history.last_attempt(Call::Delete).and_then(|one| one.intent.guard.get("tenant_id").cloned());
    let input = json!({"id": text(context, "instance_id"), "tenant_id": tenant});
    Next::read(Call::Probe, at.max(context.history.wait_until.unwrap_or_default()), input)
}

fn done(attempt: &Attempt) -> Next {
    let guard = |name: &str| attempt.intent.guard.get(name).cloned().unwrap_or_default();
    let output = map([
        ("id", json!(attempt.intent.target)),
        ("name", guard("name")),
        ("tenant_id", guard("tenant_id")),
        ("accepted_at", time(attempt.last_sent())),
    ]);
    Next::Succeed { output, evidence: Vec::new() }
}

fn done_by_others(context: &Context<'_>) -> Next {
    let output = map([
        ("id", json!(text(context, "instance_id"))),
        ("name", Value::Null),
        ("tenant_id", Value::Null),
        ("accepted_at", Value::Null),
    ]);
    Next::Succeed { output, evidence: Vec::new() }
}

/// Whether the instance that was seen is being deleted.
pub(in crate::kinds) fn is_going(seen: &Value) -> bool {
    field(seen, "status").eq_ignore_ascii_case("destroying")
}

/// Why the step is held where the look before the first request finds the instance being deleted, and what to do.
fn going(id: &str) -> (String, String) {
    (
        format!("instance {id} is being deleted, and this run has not asked for it"),
        "find out who deletes it; nothing was sent".to_owned(),
    )
}

/// The same where everything that this run has sent was refused: somebody else deletes it, or has.
fn others(id: &str, what: &str) -> (String, String) {
    (
        format!(
            "instance {id} {what}, and not by this run: what this run sent was refused, so another run, machine or \
             person deletes it"
        ),
        format!(
            "find out who; nothing is created here meanwhile. `surefoot resume` looks again; where nobody else creates \
             what takes its place, {RESOLVE}: after `applied` this run goes on, after `not-applied` it can be cancelled"
        ),
    )
}

/// Why the step is held where a look before a request finds nothing, and what to do: nothing of ours ever arrived, so
/// this is not success. Where the run cannot end any more a person says what it counts as.
fn not_there(with: &Map, has_crossed: bool) -> (String, String, HoldClass) {
    let id = with.get("instance_id").and_then(Value::as_str).unwrap_or_default();
    let reason = format!("instance {id} is not there, and this run has not deleted it");
    let remedy = "find out who deleted it, or whether the id or the credentials are of another tenant";
    if !has_crossed {
        return (reason, remedy.to_owned(), HoldClass::Person);
    }
    (reason, format!("{remedy}; then {RESOLVE}, and `surefoot resume`"), HoldClass::Doubt)
}

/// What happens in place of an announcement whose guard read sees the instance being deleted.
pub(in crate::kinds) fn instead(history: &History, intent: &Intent) -> Option<Instead> {
    if !is_going(&intent.guard) {
        return None;
    }
    if history.may_have_deleted() {
        let found = json!({"present": true, "status": "destroying", "id": intent.target});
        return Some(Instead::Found(Call::Probe, found));
    }
    let is_refused = history.was_refused_deletion();
    let (reason, remedy) = if is_refused { others(&intent.target, "is being deleted") } else { going(&intent.target) };
    Some(Instead::Hold { reason, remedy, class: HoldClass::Person })
}

/// What it means that the look before a deletion did not find the instance.
pub(in crate::kinds) fn not_found(with: &Map, history: &History, has_crossed: bool) -> Instead {
    // Where it was refused only, looks with their control say whether it is gone, whoever deleted it.
    if history.may_have_deleted() || history.was_refused_deletion() {
        let found = json!({"present": false, "control": false, "id": with.get("instance_id")});
        return Instead::Found(Call::Probe, found);
    }
    let (reason, remedy, class) = not_there(with, has_crossed);
    Instead::Hold { reason, remedy, class }
}
