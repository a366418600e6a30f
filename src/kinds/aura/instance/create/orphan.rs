//! What an attempt created whose response was lost: ours, empty, and of no use, because nobody knows its password.
//!
//! It may be deleted only where it is provably ours and empty; everything else is left to a person (docs/effects.md,
//! "Lost password").

use crate::base::{Map, PlantedBug, Timestamp, Value, planted};
use crate::engine::call::{Call, ErrorClass, Outcome};
use crate::engine::event::{HoldClass, Intent};
use crate::engine::history::{Attempt, History, Probe};
use crate::engine::protocol::decision::pace;
use crate::engine::protocol::effect::{after_refusal, hold, was_busy};
use crate::engine::protocol::settling::{patience, watched};
use crate::engine::protocol::values::{field, flag};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use crate::kinds::aura::instance::create::choice::{is_for_people, may_replace};
use serde_json::json;
use std::time::Duration;

/// An orphan older than this is not deleted without a person (docs/effects.md, "Lost password").
const ORPHAN_AGE: Duration = Duration::from_hours(2);
/// How far the service's clock may be behind its own `Date` header.
const CLOCK_SLACK: Duration = Duration::from_mins(2);
/// How often the deletion of one orphan is sent in a session.
const SENDS: usize = 5;
/// How often a list that still shows what was deleted, or does not show everything, is made again before a person must
/// look, and over as long as it may be behind.
const SWEEPS: usize = 40;
/// How long a session looks whether an orphan is gone.
const PATIENCE: Duration = Duration::from_hours(1);

/// Declares the password of an instance of ours lost, where the instance may be deleted.
pub(in crate::kinds) fn lose(context: &Context<'_>, attempt: &Attempt, found: &Value) -> Next {
    let id = field(found, "id");
    let is_known = context.history.probes.iter().filter(|probe| probe.call == Call::Baseline).any(|probe| {
        probe.found.get("ids").and_then(Value::as_array).is_some_and(|ids| ids.iter().any(|one| one == id))
    });
    let created: Option<Timestamp> = field(found, "created_at").parse().ok();
    let is_older = created.is_some_and(|at| at < began(context, attempt).minus(CLOCK_SLACK));
    let now = context.history.probes.last().map_or(attempt.at, |probe| probe.at);
    // Where a person decides what happens to it, its age is for that person to judge.
    let is_stale = now.since(attempt.at) > ORPHAN_AGE && !is_for_people(context);
    let is_another = context.history.lost.iter().any(|(lost, _)| *lost == attempt.intent.attempt);
    let is_unexplained = attempt.outcome() != Some(Outcome::Unknown);
    let is_doubtful = is_known || is_older || is_stale || is_another || is_unexplained;
    if is_doubtful && !planted(PlantedBug::NameAloneMatched) {
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

/// When this step began, by the service's clock: ours may be ahead of it or behind (docs/effects.md, "Lost password").
fn began(context: &Context<'_>, attempt: &Attempt) -> Timestamp {
    let baseline = context.history.probes.iter().rfind(|probe| probe.call == Call::Baseline);
    baseline.and_then(|probe| field(&probe.found, "date").parse().ok()).unwrap_or(attempt.at)
}

/// Deletes an orphan of ours and waits until it is gone.
pub(in crate::kinds) fn replace(context: &Context<'_>, attempt: &Attempt, id: &str) -> Next {
    let sent: Vec<_> = context.history.attempts_at(Call::Replace).filter(|one| one.intent.target == id).collect();
    let since = sent.last().map_or(0, |attempt| attempt.seq);
    let last = context.history.probes_after(Call::Probe, since).rfind(|probe| field(&probe.found, "id") == id);
    if last.is_some_and(|seen| !flag(&seen.found, "present")) {
        return look(context, id, last);
    }
    let waiting = context.history.wait_until.unwrap_or_default();
    let prepare = |at: Timestamp| {
        let baseline = context.history.last_probe(Call::Baseline).and_then(|probe| probe.found.get("ids").cloned());
        let input = json!({"id": id, "name": attempt.intent.target, "baseline": baseline});
        Next::prepare(Call::Replace, at.max(waiting), input)
    };
    let status = last.map(|seen| field(&seen.found, "status")).unwrap_or_default();
    let is_settled = ["running", "paused"].iter().any(|known| status.eq_ignore_ascii_case(known));
    let Some(sending) = sent.last() else {
        // While it is being created the service refuses to delete it, for minutes; that is no failure to be counted.
        return if is_settled { prepare(Timestamp::default()) } else { look(context, id, last) };
    };
    // A 404 may mean that it is gone or that access was taken away: like no answer, it says nothing for sure.
    let is_unsure = sending.found_nothing() || sending.outcome() == Some(Outcome::Unknown);
    // The service says that it is at work on it, which may be the deletion that nobody saw accepted.
    let is_busy = context.history.trouble.as_ref().is_some_and(|trouble| trouble.class == ErrorClass::Busy);
    match sending.outcome() {
        _ if is_unsure && is_busy => look(context, id, last),
        _ if is_unsure && last.is_some() && !status.eq_ignore_ascii_case("destroying") => {
            let sends = sent.iter().filter(|one| one.session == context.session).count();
            if sends >= SENDS {
                return stays(format!("the deletion of the orphan {id} was sent {sends} times, and it is there"));
            }
            prepare(sending.last_sent().plus(SETTLE_EVERY))
        }
        Some(Outcome::Accepted | Outcome::Applied) => look(context, id, last),
        _ if is_unsure => look(context, id, last),
        _ if was_busy(sending) && looked_for(context, id, sending.last_sent()) >= PATIENCE => {
            stays(format!("the service is at work on the orphan {id} and has not let it be deleted for an hour"))
        }
        _ if was_busy(sending) && !is_settled => look(context, id, last),
        _ => match after_refusal(context, sending) {
            Ok(at) => prepare(at),
            Err(next) => *next,
        },
    }
}

/// Looks whether it is gone.
fn look(context: &Context<'_>, id: &str, last: Option<&Probe>) -> Next {
    let waited = last.map_or(Duration::ZERO, |last| looked_for(context, id, last.at));
    if waited >= PATIENCE {
        return stays(format!("the orphan {id} is neither deleted nor proved gone after an hour"));
    }
    // Its absence is proved by looks that follow each other closely.
    let is_there = last.is_some_and(|seen| flag(&seen.found, "present"));
    let pause = if is_there { pace(waited).max(SETTLE_EVERY) } else { SETTLE_EVERY };
    let at = last.map_or(Timestamp::default(), |probe| probe.at.plus(pause));
    Next::read(Call::Probe, at.max(context.history.wait_until.unwrap_or_default()), json!({"id": id}))
}

/// For how long this session has looked at it by then.
fn looked_for(context: &Context<'_>, id: &str, by: Timestamp) -> Duration {
    let is_look = |probe: &&Probe| probe.call == Call::Probe && field(&probe.found, "id") == id;
    let first = context.history.probes.iter().find(|probe| probe.session == context.session && is_look(probe));
    first.map_or(Duration::ZERO, |first| by.since(first.at))
}

fn stays(reason: String) -> Next {
    hold(reason, "look at it in the console and delete it there, then `surefoot resume`")
}

/// The end of looking for what cannot be seen.
pub(in crate::kinds) fn unlisted(context: &Context<'_>) -> Option<Next> {
    let is_vain = |probe: &&Probe| match probe.call {
        Call::Sweep => !flag(&probe.found, "complete"),
        Call::Probe => !flag(&probe.found, "present") && !flag(&probe.found, "control"),
        _ => false,
    };
    let current = context.history.probes.iter().rev().take_while(|probe| probe.session == context.session);
    let vain: Vec<&Probe> = current.take_while(is_vain).collect();
    lost_patience(context, &vain).then(|| Next::Hold {
        reason: "the instances of the project cannot be seen, so a late arrival of ours would not be found".to_owned(),
        remedy: "look whether these credentials may still see the project, then `surefoot resume`".to_owned(),
        class: HoldClass::Outside,
    })
}

/// Whether these looks in vain are enough: many, and over as long as lists may be behind.
pub(in crate::kinds) fn lost_patience(context: &Context<'_>, vain: &[&Probe]) -> bool {
    vain.len() >= SWEEPS && watched(vain) >= patience(context.history)
}

/// Whether an orphan may be deleted: its password is lost, it has the name that only this run derives and was not there
/// before, and the runbook or a person has said so.
pub(in crate::kinds) fn allows(with: Option<&Map>, history: &History, intent: &Intent) -> Result<(), String> {
    let names: Vec<_> = history.attempts_at(Call::Create).map(|one| one.intent.target.as_str()).collect();
    let baseline = history.last_probe(Call::Baseline).and_then(|probe| probe.found.get("ids"));
    let mut known = baseline.and_then(Value::as_array).into_iter().flatten();
    let is_lost = history.lost.iter().any(|(_, id)| *id == intent.target);
    let is_own = names.contains(&field(&intent.guard, "name"))
        && field(&intent.guard, "id") == intent.target
        && !known.any(|known| *known == *field(&intent.guard, "id"));
    if !(is_lost && is_own) {
        return Err(format!("{} is not provably an orphan of this run", intent.target));
    }
    let may = with.is_some_and(|with| may_replace(with, history, &intent.target));
    if may { Ok(()) } else { Err(format!("nobody said that {} may be deleted", intent.target)) }
}
