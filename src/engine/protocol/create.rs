//! `aura.instance.create`: no idempotency key, a password that is shown once (reliability.md §5, CREATE).
//!
//! ```text
//! baseline → announce(name of this attempt) → POST ─ response ─→ deliver → rename → done
//!                     ↑                         └ no response → list until found or settled
//!                     └──── nothing came of it ────────┴─ found: password lost, delete it, wait until it is gone
//! ```

use super::assembly::{field, flag, map};
use super::effect::{after_refusal, doubt, hold};
use super::fate::{Fate, derived_name, fate, is_deleted, settles_at};
use super::{Context, Next, SETTLE_EVERY};
use crate::base::{Map, Timestamp, Value};
use crate::engine::call::{Call, Outcome};
use crate::engine::command::Act;
use crate::engine::history::Attempt;
use serde_json::json;
use std::time::Duration;

/// How many attempts may be in doubt before a person must look.
const ATTEMPTS_IN_DOUBT: usize = 3;
/// An orphan older than this is not deleted without a person (reliability.md §5, 4b).
const ORPHAN_AGE: Duration = Duration::from_secs(2 * 3600);
/// How far the service's clock may be behind its own `Date` header.
const CLOCK_SLACK: Duration = Duration::from_secs(120);

/// What comes next.
pub(super) fn next(context: &Context<'_>) -> Next {
    if context.history.last_probe(Call::Baseline).is_none() {
        return Next::read(Call::Baseline, waiting(context), Value::Null);
    }
    let Some(attempt) = context.history.last_attempt(Call::Create) else {
        return announce(context, waiting(context));
    };
    match fate(context, attempt) {
        Fate::Took => after_create(context, attempt),
        Fate::Refused => match after_refusal(context, attempt) {
            Ok(at) => announce(context, at.max(waiting(context))),
            Err(next) => next,
        },
        Fate::Doubt => settle(context, attempt),
        Fate::Found(found) => lose(context, attempt, &found),
        Fate::Ambiguous(count) => {
            doubt(format!("{count} instances are named {}; only one can be ours", attempt.intent.target))
        }
        Fate::Lost(id) => replace(context, attempt, &id),
        Fate::Nothing => another(context),
    }
}

/// Looks for late arrivals of earlier attempts before the run closes.
pub(super) fn sweep(context: &Context<'_>) -> Option<Next> {
    if let Some(next) = super::effect::before_all(context) {
        return Some(next);
    }
    let owned = context.history.last_attempt(Call::Create)?;
    let lost = context.history.lost.iter().find(|(_, id)| !is_deleted(context, id));
    if let Some((number, id)) = lost {
        let attempt = context.history.attempts_at(Call::Create).find(|one| one.intent.attempt == *number)?;
        return Some(replace(context, attempt, id));
    }
    let swept = context.history.last_probe(Call::Sweep);
    let since = context.history.attempts.last().map_or(0, |attempt| attempt.seq);
    let in_doubt = |attempt: &&Attempt| attempt.outcome() == Some(Outcome::Unknown);
    let settled = context.history.attempts_at(Call::Create).filter(in_doubt).map(settles_at).max().unwrap_or_default();
    let names: Vec<_> = context.history.attempts_at(Call::Create).map(|one| one.intent.target.clone()).collect();
    match swept.filter(|probe| probe.seq > since && probe.at >= settled && flag(&probe.found, "complete")) {
        None => Some(Next::read(Call::Sweep, settled.max(waiting(context)), json!({"names": names}))),
        Some(probe) => {
            let matches = probe.found.get("matches").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let own = owned.output("id").and_then(Value::as_str).unwrap_or_default();
            let orphan = matches.iter().find(|one| field(one, "id") != own)?;
            let late =
                context.history.attempts_at(Call::Create).find(|one| one.intent.target == field(orphan, "name"))?;
            Some(lose(context, late, orphan))
        }
    }
}

fn waiting(context: &Context<'_>) -> Timestamp {
    context.history.wait_until.unwrap_or_default()
}

fn announce(context: &Context<'_>, at: Timestamp) -> Next {
    let attempt = context.history.next_attempt(Call::Create);
    let name = derived_name(context.nonce, &context.step.id, attempt);
    Next::prepare(Call::Create, at, json!({"name": name}))
}

fn settle(context: &Context<'_>, attempt: &Attempt) -> Next {
    let last = context.history.probes_after(Call::Settle, attempt.seq).next_back();
    let at = last.map_or(Timestamp::default(), |probe| probe.at.plus(SETTLE_EVERY));
    Next::read(Call::Settle, at.max(waiting(context)), json!({"name": attempt.intent.target}))
}

/// The attempt left nothing: try again, unless too many were in doubt already.
fn another(context: &Context<'_>) -> Next {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    let in_doubt = context
        .history
        .attempts
        .iter()
        .skip(known)
        .filter(|one| one.intent.call == Call::Create && one.outcome() == Some(Outcome::Unknown))
        .count();
    if in_doubt >= ATTEMPTS_IN_DOUBT {
        return doubt(format!("{in_doubt} requests to create were answered by nothing that can be understood"));
    }
    announce(context, waiting(context))
}

/// An instance of ours whose password nobody knows; it may be deleted only where it is provably ours and empty.
fn lose(context: &Context<'_>, attempt: &Attempt, found: &Value) -> Next {
    let id = field(found, "id");
    let is_known = context.history.probes.iter().filter(|probe| probe.call == Call::Baseline).any(|probe| {
        probe.found.get("ids").and_then(Value::as_array).is_some_and(|ids| ids.iter().any(|one| one == id))
    });
    let created: Option<Timestamp> = field(found, "created_at").parse().ok();
    let is_older = created.is_some_and(|at| at < attempt.at.minus(CLOCK_SLACK));
    let now = context.history.probes.last().map_or(attempt.at, |probe| probe.at);
    let is_stale = now.since(attempt.at) > ORPHAN_AGE;
    if is_known || is_older || is_stale {
        return hold(
            format!(
                "instance {id} has the name {} that only this run can derive, but is not provably new and empty",
                attempt.intent.target
            ),
            "look at it in the console; delete it there if it is an orphan of this run, then `surefoot resume`",
        );
    }
    Next::Lose { attempt: attempt.intent.attempt, target: id.to_owned() }
}

/// Deletes an orphan of ours and waits until it is gone.
fn replace(context: &Context<'_>, attempt: &Attempt, id: &str) -> Next {
    let sent = context.history.attempts_at(Call::Replace).rfind(|one| one.intent.target == id);
    let baseline = context.history.last_probe(Call::Baseline).and_then(|probe| probe.found.get("ids").cloned());
    let prepare = |at: Timestamp| {
        let input = json!({"id": id, "name": attempt.intent.target, "baseline": baseline});
        Next::prepare(Call::Replace, at.max(waiting(context)), input)
    };
    let Some(sent) = sent else {
        // While it is being created the service refuses to delete it, for minutes; that is no failure to be counted.
        let seen = context.history.probes_after(Call::Probe, attempt.seq).rfind(|seen| field(&seen.found, "id") == id);
        let status = seen.map(|seen| field(&seen.found, "status")).unwrap_or_default();
        let is_settled = ["running", "paused"].iter().any(|known| status.eq_ignore_ascii_case(known));
        return if is_settled { prepare(Timestamp::default()) } else { probe(context, id, seen.map(|seen| seen.at)) };
    };
    let status_404 = sent.settled.as_ref().is_some_and(|(_, settlement)| settlement.status == Some(404));
    let last = context.history.probes_after(Call::Probe, sent.seq).next_back();
    match sent.outcome() {
        Some(Outcome::Accepted | Outcome::Applied | Outcome::Unknown) => {
            let still_runs = last.is_some_and(|probe| {
                flag(&probe.found, "present") && !field(&probe.found, "status").eq_ignore_ascii_case("destroying")
            });
            if sent.outcome() == Some(Outcome::Unknown) && still_runs {
                return prepare(Timestamp::default());
            }
            probe(context, id, last.map(|probe| probe.at))
        }
        _ if status_404 => probe(context, id, last.map(|probe| probe.at)),
        _ => match after_refusal(context, sent) {
            Ok(at) => prepare(at),
            Err(next) => next,
        },
    }
}

fn probe(context: &Context<'_>, id: &str, last: Option<Timestamp>) -> Next {
    let at = last.map_or(Timestamp::default(), |at| at.plus(SETTLE_EVERY));
    Next::read(Call::Probe, at.max(waiting(context)), json!({"id": id}))
}

/// The instance is there and its password sealed: deliver it, give it its name, done.
fn after_create(context: &Context<'_>, attempt: &Attempt) -> Next {
    let number = attempt.intent.attempt;
    let sealed = attempt.settled.as_ref().and_then(|(_, settlement)| settlement.sealed.clone());
    let Some(sealed) = sealed else {
        return hold(
            "the instance was created, but its sealed password is not in the journal",
            "set its password in the console",
        );
    };
    let Some((_, reference)) = context.history.delivered.iter().find(|(version, _)| *version == number) else {
        return Next::Do { act: Act::Deliver { attempt: number, sealed }, at: waiting(context), input: Value::Null };
    };
    let name = context.with.get("name").and_then(Value::as_str);
    if let Some(name) = name {
        if let Some(next) = rename(context, attempt, name) {
            return next;
        }
    }
    Next::Succeed { output: output(context, attempt, name, reference), evidence: Vec::new() }
}

fn rename(context: &Context<'_>, attempt: &Attempt, name: &str) -> Option<Next> {
    let id = attempt.output("id").cloned().unwrap_or_default();
    let input = json!({"id": id, "name": name});
    let Some(last) = context.history.last_attempt(Call::Rename) else {
        return Some(Next::prepare(Call::Rename, waiting(context), input));
    };
    match last.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => None,
        // Renaming is idempotent, so that in doubt it is simply done again.
        Some(Outcome::Unknown) | None => Some(Next::prepare(Call::Rename, last.last_sent().plus(SETTLE_EVERY), input)),
        Some(_) => Some(match after_refusal(context, last) {
            Ok(at) => Next::prepare(Call::Rename, at, input),
            Err(next) => next,
        }),
    }
}

fn output(context: &Context<'_>, attempt: &Attempt, name: Option<&str>, reference: &str) -> Map {
    let seen = attempt.settled.as_ref().map(|(_, settlement)| settlement.output.clone()).unwrap_or_default();
    let mut output = super::assembly::declared(context, &seen);
    output.extend(map([
        ("name", json!(name.unwrap_or(&attempt.intent.target))),
        ("password_file", json!(reference)),
        ("credentials", json!({"$secret": format!("steps.{}.credentials", context.step.id)})),
        ("attempts", json!(attempt.intent.attempt)),
    ]));
    output
}
