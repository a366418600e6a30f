//! `aura.instance.create`: no idempotency key, a password that is shown once (docs/effects.md, "Create").
//!
//! ```text
//! baseline → announce(name of this attempt) → POST ─ response ─→ deliver → rename → done
//!                     ↑                         └ no response → list until found or settled
//!                     └──── nothing came of it ────────┴─ found: password lost, delete it, wait until it is gone
//! ```

use crate::base::{Map, PlantedBug, Timestamp, Value, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::command::Act;
use crate::engine::event::HoldClass;
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::asking::asking;
use crate::engine::protocol::effect::{after_refusal, doubt, hold};
use crate::engine::protocol::key::{Said, said};
use crate::engine::protocol::settling::{lags, next_list, settles_at, told_lag};
use crate::engine::protocol::undone::{is_deleted, is_undone};
use crate::engine::protocol::values::{field, flag, map};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use crate::kinds::aura::instance::create::attempt_state::{AttemptState, attempt_state, derived_name};
use crate::kinds::aura::instance::create::choice::{adopted, may_replace};
use crate::kinds::aura::instance::create::lost::{leave, settle as settle_loss};
use crate::kinds::aura::instance::create::naming::rename;
use crate::kinds::aura::instance::create::orphan::{lose, lost_patience, replace, unlisted};
use serde_json::json;
use std::time::Duration;

/// How many attempts may be in doubt before a person must look.
const ATTEMPTS_IN_DOUBT: usize = 3;

/// For so long what was made may be neither in lists nor found by its id.
const NEW_FOR: Duration = Duration::from_mins(30);

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    if context.history.last_probe(Call::Baseline).is_none() {
        return Next::read(Call::Baseline, waiting(context), Value::Null);
    }
    let Some(attempt) = context.history.last_attempt(Call::Create) else {
        return announce(context, waiting(context));
    };
    match attempt_state(context, attempt) {
        AttemptState::Took => after_create(context, attempt),
        AttemptState::Refused => match after_refusal(context, attempt) {
            Ok(at) => announce(context, at.max(waiting(context))),
            Err(next) => *next,
        },
        AttemptState::Doubt => settle(context, attempt),
        AttemptState::Found(found) => lose(context, attempt, &found),
        AttemptState::Ambiguous(count) => {
            doubt(format!("{count} instances are named {}; only one can be ours", attempt.intent.target))
        }
        AttemptState::Lost(id) => settle_loss(context, attempt, &id),
        AttemptState::Nothing => another(context),
    }
}

/// Looks for late arrivals of earlier attempts before the run closes.
pub(in crate::kinds) fn sweep(context: &Context<'_>) -> Option<Next> {
    if let Some(next) = crate::engine::protocol::effect::before_all(context) {
        return Some(next);
    }
    let owned = owned(context)?;
    let is_left = |id: &str| id != owned && !is_deleted(context.history, id) && !planted(PlantedBug::OrphanKept);
    let orphan = context.history.lost.iter().find(|(_, id)| is_left(id));
    if let Some((number, id)) = orphan {
        let attempt = context.history.attempts_at(Call::Create).find(|one| one.intent.attempt == *number)?;
        let may = may_replace(context.with, context.history, id);
        return Some(if may { replace(context, attempt, id) } else { leave(context, id) });
    }
    let since = context.history.attempts.last().map_or(0, |attempt| attempt.seq);
    let last = context.history.probes_after(Call::Sweep, since).next_back();
    let swept = last.filter(|probe| probe.session == context.session);
    let in_doubt = |attempt: &&Attempt| attempt.outcome() == Some(Outcome::Unknown);
    let settled = context
        .history
        .attempts_at(Call::Create)
        .filter(in_doubt)
        .map(|one| settles_at(context.history, one))
        .max()
        .unwrap_or_default();
    match swept.filter(|probe| is_complete(context, probe)) {
        Some(_) if planted(PlantedBug::LateIgnored) => None,
        Some(probe) => late_arrival(context, probe, owned)
            .or_else(|| (probe.at < settled).then(|| list_again(context, swept, settled))),
        // The first list waits until all is settled. One that lacks something is made again soon.
        None => Some(unlisted(context).unwrap_or_else(|| {
            list_again(context, swept, if swept.is_some() { Timestamp::default() } else { settled })
        })),
    }
}

/// The instance that the step is done with: the one it created, or the one it kept.
fn owned<'a>(context: &Context<'a>) -> Option<&'a str> {
    let attempt = context.history.last_attempt(Call::Create)?;
    let created = attempt.output("id").and_then(Value::as_str);
    Some(created.or_else(|| adopted(context, attempt)).unwrap_or_default())
}

/// A list of every instance with a name of this step; not before `settled`.
fn list_again(context: &Context<'_>, last: Option<&Probe>, settled: Timestamp) -> Next {
    let names: Vec<_> = context.history.attempts_at(Call::Create).map(|one| one.intent.target.clone()).collect();
    let at = last.map_or(Timestamp::default(), |probe| probe.at.plus(SETTLE_EVERY));
    // The list must show what is known to be there.
    let own = owned(context).filter(|own| !own.is_empty());
    Next::read(Call::Sweep, at.max(settled).max(waiting(context)), json!({"names": names, "own": own}))
}

/// Whether a list shows everything that there is of this step. What was made just now may be neither in a list nor
/// found by its id yet; only much later, whatever is assumed, that means that it is gone.
fn is_complete(context: &Context<'_>, swept: &Probe) -> bool {
    let history = context.history;
    let is_new = || {
        let created = history.last_attempt(Call::Create);
        created.is_some_and(|one| swept.at < one.last_sent().plus(told_lag(history, one).max(NEW_FOR)))
    };
    flag(&swept.found, "complete") && !(field(&swept.found, "own") == "gone" && is_new())
}

/// What to do about an instance of an earlier attempt; `None` where there is none.
fn late_arrival(context: &Context<'_>, swept: &Probe, own: &str) -> Option<Next> {
    let matches = swept.found.get("matches").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut listed = None;
    for orphan in matches.iter().filter(|one| field(one, "id") != own) {
        let name = field(orphan, "name");
        let Some(late) = context.history.attempts_at(Call::Create).find(|one| one.intent.target == name) else {
            continue;
        };
        if context.history.lost.iter().any(|(_, id)| id == field(orphan, "id")) {
            listed = Some(field(orphan, "id"));
            continue;
        }
        return Some(lose(context, late, orphan));
    }
    listed.map(|id| {
        // The list is behind, or, where we have not deleted it, the looks that did not find it were.
        let mut sent = context.history.attempts_at(Call::Replace).filter(|sent| sent.intent.target == id);
        let mut looks = context.history.probes_after(Call::Probe, swept.seq);
        let is_ours = sent.any(|sent| sent.outcome().is_some_and(Outcome::took));
        if !is_ours && !looks.any(|seen| field(&seen.found, "id") == id) {
            return Next::read(Call::Probe, waiting(context), json!({"id": id}));
        }
        let sweeps = context.history.probes.iter().filter(|probe| probe.call == Call::Sweep);
        let sweeps: Vec<&Probe> = sweeps.filter(|probe| probe.session == context.session).collect();
        if lost_patience(context, &sweeps) {
            return hold(
                "an instance that was deleted is still listed",
                "look at it in the console, then `surefoot resume`",
            );
        }
        list_again(context, Some(swept), Timestamp::default())
    })
}

fn waiting(context: &Context<'_>) -> Timestamp {
    context.history.wait_until.unwrap_or_default()
}

fn announce(context: &Context<'_>, at: Timestamp) -> Next {
    let attempt = context.history.next_attempt(Call::Create);
    let name = derived_name(context.nonce, &context.step.id, attempt);
    let name = if planted(PlantedBug::NameNotDerived) { context.step.id.clone() } else { name };
    let mut input = lags(context.with);
    input.insert("name".to_owned(), name.into());
    Next::prepare(Call::Create, at, Value::Object(input))
}

fn settle(context: &Context<'_>, attempt: &Attempt) -> Next {
    let last = context.history.probes_after(Call::Settle, attempt.seq).next_back();
    let at = next_list(context, attempt, last);
    Next::read(Call::Settle, at.max(waiting(context)), json!({"name": attempt.intent.target}))
}

fn is_unanswered(attempt: &Attempt) -> bool {
    attempt.intent.call == Call::Create && attempt.outcome() == Some(Outcome::Unknown)
}

/// How many attempts have been in doubt since an operator said anything about them. The outcome of one that was found,
/// deleted and proved gone is known.
fn in_doubt(context: &Context<'_>) -> usize {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    let is_open = |one: &&Attempt| is_unanswered(one) && !is_undone(context.history, one);
    context.history.attempts.iter().skip(known).filter(is_open).count()
}

/// How many attempts of this session were not answered since an operator said anything about them, settled or not.
fn unanswered(context: &Context<'_>) -> usize {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    let attempts = context.history.attempts.iter().skip(known).filter(|one| one.session == context.session);
    attempts.filter(|one| is_unanswered(one)).count()
}

/// How many more attempts are made if none of them is ever answered.
pub(in crate::kinds) fn attempts_left(context: &Context<'_>) -> usize {
    ATTEMPTS_IN_DOUBT.saturating_sub(in_doubt(context).max(unanswered(context)))
}

/// The attempt left nothing: try again, unless too many were not answered already.
fn another(context: &Context<'_>) -> Next {
    let in_doubt = in_doubt(context);
    if in_doubt >= ATTEMPTS_IN_DOUBT {
        return doubt(format!("{in_doubt} requests to create were answered by nothing that can be understood"));
    }
    let unanswered = unanswered(context);
    if unanswered >= ATTEMPTS_IN_DOUBT {
        return Next::Hold {
            reason: format!(
                "{unanswered} requests to create were answered by nothing that can be understood; \
                 nothing of them is left"
            ),
            remedy: "look at the network and at the service, then `surefoot resume`".to_owned(),
            class: HoldClass::Outside,
        };
    }
    announce(context, waiting(context))
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
        if let Some(next) = asking(context).or_else(|| without_key(context, attempt)) {
            return next;
        }
        return Next::Do { act: Act::Deliver { attempt: number, sealed }, at: waiting(context), input: Value::Null };
    };
    let name = context.with.get("name").and_then(Value::as_str);
    let id = attempt.output("id").and_then(Value::as_str).unwrap_or_default();
    if let Some(next) = name.and_then(|name| rename(context, id, name)) {
        return next;
    }
    Next::Succeed { output: output(context, attempt, name, reference), evidence: Vec::new() }
}

/// What follows from what a person said of the key that does not open the password; `None` where it is tried.
fn without_key(context: &Context<'_>, attempt: &Attempt) -> Option<Next> {
    let number = attempt.intent.attempt;
    match said(context.history, number)? {
        Said::Lost => {
            let target = attempt.output("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            Some(Next::Lose { attempt: number, target })
        }
        Said::Wait(session) if session == context.session => Some(hold(
            "the password cannot be opened until the key is back to which it was sealed",
            "put the key back, into `keys` of the state directory, then `surefoot resume`",
        )),
        Said::Wait(_) => None,
    }
}

fn output(context: &Context<'_>, attempt: &Attempt, name: Option<&str>, reference: &str) -> Map {
    let seen = attempt.settled.as_ref().map(|(_, settlement)| settlement.output.clone()).unwrap_or_default();
    let mut output = crate::engine::protocol::values::declared(context, &seen);
    output.extend(map([
        ("name", json!(name.unwrap_or(&attempt.intent.target))),
        ("password_file", json!(reference)),
        ("credentials", json!({"$secret": format!("steps.{}.credentials", context.step.id)})),
        ("attempts", json!(attempt.intent.attempt)),
    ]));
    output
}
