//! `aura.instance.pause` and `aura.instance.resume`: the status of the instance tells the outcome of the request
//! (docs/effects.md, "Pause and resume").
//!
//! Nothing is sent to an instance that is as wanted, or on its way there whoever has asked for it. Sent twice it would
//! do harm only late, to an instance that was switched back meanwhile; so nothing is sent again before the settling
//! time of the last attempt is over without a trace of it.

use crate::base::{PlantedBug, Timestamp, Value, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::decision::{LOOKS, LOOKS_APART, pace};
use crate::engine::protocol::effect::{after_refusal, doubt, hold};
use crate::engine::protocol::settling::is_settled;
use crate::engine::protocol::values::{declared, field, text};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};

/// How many attempts may be in doubt before a person must look.
const ATTEMPTS_IN_DOUBT: usize = 3;
/// A refusal that says that the instance is not in the right status stands after so many looks that say it is.
const REFUSED_LOOKS: usize = 3;
/// The reason of that refusal (docs/aura-api.md, "Errors"): an earlier request may have arrived, or somebody else's.
const OUT_OF_PLACE: &str = "instance-action-unavailable";

/// The status of an instance that an import has left unusable.
const FAILED: &str = "loading failed";

/// What is asked for, and the statuses before and behind it (docs/aura-api.md, "Status").
pub(super) struct Way {
    call: Call,
    pub(super) before: &'static str,
    pub(super) behind: &'static str,
    /// What a look found that saw no change, in words.
    pub(super) unchanged: &'static str,
}

/// From running to paused.
pub(super) const PAUSE: Way =
    Way { call: Call::Pause, before: "running", behind: "paused", unchanged: "still running" };
/// From paused to running.
pub(super) const RESUME: Way =
    Way { call: Call::Resume, before: "paused", behind: "running", unchanged: "still paused" };

/// What comes next.
pub(in crate::kinds) fn next(way: &Way, context: &Context<'_>) -> Next {
    let attempt = context.history.last_attempt(way.call);
    let mut earliest = Timestamp::default();
    let mut refusal = None;
    if let Some(attempt) = attempt.filter(|attempt| is_refused(attempt)) {
        match after_refusal(context, attempt) {
            Ok(at) => earliest = at,
            Err(next) if is_out_of_place(attempt) => refusal = Some(*next),
            Err(next) => return *next,
        }
    }
    let since = attempt.map_or(0, |attempt| attempt.seq);
    let looks: Vec<&Probe> =
        context.history.probes_after(Call::Probe, since).filter(|probe| context.is_current(probe)).collect();
    let Some(last) = looks.last() else { return look(context, earliest) };
    let agree = |status: &str| looks.iter().rev().take(LOOKS).filter(|probe| has(probe, status)).count() == LOOKS;
    let is_fresh = last.session == context.session;
    if agree(way.behind) {
        return Next::Succeed { output: declared(context, &last.found), evidence: Vec::new() };
    }
    if is_fresh && agree(FAILED) {
        return hold(
            format!("instance {} is `{FAILED}`", text(context, "instance_id")),
            "repeat the import in the console, then `surefoot resume`",
        );
    }
    if has(last, way.behind) || is_fresh && has(last, FAILED) {
        return look(context, last.at.plus(LOOKS_APART));
    }
    let unchanged = looks.iter().rev().take_while(|probe| has(probe, way.before)).count();
    let unchanged = looks.get(looks.len() - unchanged..).unwrap_or_default();
    match (attempt, refusal) {
        // What it goes through, and every status that nobody knows, is waited for until the step's time is over.
        _ if unchanged.is_empty() => later(context, last, attempt),
        (Some(_), Some(refusal)) if unchanged.len() >= REFUSED_LOOKS => refusal,
        (Some(_), Some(_)) => look(context, last.at.plus(SETTLE_EVERY)),
        // What is sent rests on a look of the process that sends it.
        _ if !is_fresh => look(context, earliest),
        (Some(attempt), None) if !is_refused(attempt) => sent(context, way, attempt, unchanged, last),
        _ => Next::prepare(way.call, earliest.max(context.history.wait_until.unwrap_or_default()), Value::Null),
    }
}

/// It was sent, and the instance is at rest as it was before.
fn sent(context: &Context<'_>, way: &Way, attempt: &Attempt, unchanged: &[&Probe], last: &Probe) -> Next {
    let again = || Next::prepare(way.call, context.history.wait_until.unwrap_or_default(), Value::Null);
    let is_settled = is_settled(context.history, attempt, unchanged) || planted(PlantedBug::NoSettling);
    let took = attempt.outcome().is_some_and(Outcome::took);
    match context.resolution() {
        Some(false) if !took => again(),
        // It was done, and undone by somebody. Who takes the step up again wants it done again.
        _ if took || context.resolution().is_some() => {
            let is_earlier = attempt.session < context.session;
            if is_earlier && is_settled { again() } else { later(context, last, Some(attempt)) }
        }
        _ if !is_settled => look(context, last.at.plus(SETTLE_EVERY)),
        _ if unknown(context) >= ATTEMPTS_IN_DOUBT => doubt(format!(
            "{} requests to {} {} left no trace",
            unknown(context),
            way.call.name(),
            text(context, "instance_id")
        )),
        _ => again(),
    }
}

fn has(probe: &Probe, status: &str) -> bool {
    field(&probe.found, "status").eq_ignore_ascii_case(status)
}

fn is_refused(attempt: &Attempt) -> bool {
    matches!(attempt.outcome(), Some(Outcome::Rejected | Outcome::RejectedAuth | Outcome::NotSent))
}

fn is_out_of_place(attempt: &Attempt) -> bool {
    attempt.error().is_some_and(|error| error.reason == OUT_OF_PLACE)
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

/// The next look at an instance on its way.
fn later(context: &Context<'_>, last: &Probe, attempt: Option<&Attempt>) -> Next {
    let since = attempt.map_or(context.since, Attempt::last_sent).max(context.since);
    look(context, last.at.plus(pace(last.at.since(since))))
}

fn look(context: &Context<'_>, at: Timestamp) -> Next {
    Next::read(Call::Probe, at.max(context.history.wait_until.unwrap_or_default()), Value::Null)
}
