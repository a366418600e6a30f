//! Kinds that look at the world until it is as wanted.
//!
//! No decision rests on one look, and a status outside the known set means waiting on.

use super::decision::{LOOKS, LOOKS_APART, pace};
use super::effect::hold;
use super::people::asking;
use super::settling::lingered;
use super::values::{declared, duration, field, flag, map, text};
use super::{Context, Next};
use crate::base::{PlantedBug, Timestamp, Value, format_duration, planted};
use crate::engine::call::{Call, CallError, ErrorClass};
use crate::engine::history::Probe;
use crate::engine::question::{Form, Question};
use serde_json::json;
use std::time::Duration;

/// Absence is proved by this many looks in a row …
const ABSENT_LOOKS: usize = 3;
/// … over at least this long (docs/effects.md, "Absence").
const ABSENT_SPAN: Duration = Duration::from_secs(30);
/// How long an instance that was just created may not be found (docs/aura-api.md, "Created instances"), whatever the
/// step assumes.
const EARLY_404: Duration = Duration::from_mins(1);

/// `aura.instance.await`.
pub(super) fn instance(context: &Context<'_>) -> Next {
    let wanted = text(context, "status");
    let Some(last) = context.history.last_probe(Call::Poll) else {
        return again(context, Timestamp::default());
    };
    if wanted == "absent" {
        return absent(context, last);
    }
    let status = field(&last.found, "status");
    if status.eq_ignore_ascii_case(wanted) {
        if !agree(context, |probe| field(&probe.found, "status").eq_ignore_ascii_case(wanted)) {
            return once_more(context, last);
        }
        let looks = context.history.probes.len();
        let mut output = declared(context, &last.found);
        output.insert("looks".to_owned(), json!(looks));
        return Next::Succeed { output, evidence: Vec::new() };
    }
    let is_fresh = last.session == context.session;
    if is_fresh && has_failed(last) {
        if !agree(context, has_failed) {
            return once_more(context, last);
        }
        return hold(
            format!("instance {} is `loading failed`", text(context, "instance_id")),
            "repeat the import in the console, then `surefoot resume`",
        );
    }
    let missing = |probe: &&Probe| probe.session == context.session && !flag(&probe.found, "present");
    let row = context.history.probes.iter().rev().take_while(missing).count();
    // What was found once is not new any more.
    let was_found = context.history.probes.iter().any(|probe| flag(&probe.found, "present"));
    let early = if was_found { EARLY_404 } else { EARLY_404.max(duration(context, "lag_max")) };
    if row >= ABSENT_LOOKS && last.at > context.since.plus(early) {
        return Next::Fail(CallError::new(
            ErrorClass::NotFound,
            format!("instance {} is not there while waiting for `{wanted}`", text(context, "instance_id")),
        ));
    }
    again(context, last.at.plus(pause(context, last)))
}

fn absent(context: &Context<'_>, last: &Probe) -> Next {
    let gone = |probe: &&Probe| {
        let is_sure = flag(&probe.found, "control") && !flag(&probe.found, "listed");
        !flag(&probe.found, "present") && (is_sure || planted(PlantedBug::ControlForgotten))
    };
    let row: Vec<_> = context.history.probes.iter().rev().take_while(gone).collect();
    let span = row.last().map_or(Duration::ZERO, |first| last.at.since(first.at));
    if row.len() >= ABSENT_LOOKS && span >= ABSENT_SPAN {
        let looks: Vec<&Probe> = context.history.probes.iter().collect();
        let output = map([
            ("status", json!("absent")),
            ("connection_url", Value::Null),
            ("looks", json!(looks.len())),
            ("lag", json!(told_span(lingered(&looks)))),
        ]);
        return Next::Succeed { output, evidence: Vec::new() };
    }
    let wait = if row.is_empty() { pause(context, last) } else { ABSENT_SPAN / 2 };
    again(context, last.at.plus(wait))
}

/// A span in whole seconds.
fn told_span(span: Duration) -> String {
    if span < Duration::from_secs(1) { "0s".to_owned() } else { format_duration(span) }
}

/// `aura.snapshot.await`.
pub(super) fn snapshot(context: &Context<'_>) -> Next {
    let Some(last) = context.history.last_probe(Call::Poll) else {
        return again(context, Timestamp::default());
    };
    let status = field(&last.found, "status");
    let wants_export = flag(&Value::Object(context.with.clone()), "exportable");
    let is_ready = |probe: &Probe| {
        field(&probe.found, "status").eq_ignore_ascii_case("completed")
            && (!wants_export || flag(&probe.found, "exportable"))
    };
    if is_ready(last) {
        if !agree(context, is_ready) {
            return once_more(context, last);
        }
        return Next::Succeed { output: declared(context, &last.found), evidence: Vec::new() };
    }
    let is_over = |probe: &Probe| {
        let status = field(&probe.found, "status");
        ["failed", "cancelled"].iter().any(|end| status.eq_ignore_ascii_case(end))
    };
    if is_over(last) && last.session == context.session {
        if !agree(context, is_over) {
            return once_more(context, last);
        }
        return Next::Fail(
            CallError::new(
                ErrorClass::Check,
                format!("snapshot {} of {} is {status}", text(context, "snapshot_id"), text(context, "instance_id")),
            )
            .with_remedy("look at the instance in the console, then start a new run"),
        );
    }
    again(context, last.at.plus(pause(context, last)))
}

/// `neo4j.compare`: two countings are one computation, an instance is counted until it equals one.
pub(super) fn compare(context: &Context<'_>) -> Next {
    let is_null = |name: &str| context.with.get(name).is_none_or(Value::is_null);
    if !is_null("after") {
        return super::single::read(context);
    }
    if let Some(next) = asking(context) {
        return next;
    }
    let Some(last) = context.history.last_probe(Call::Poll) else {
        return again(context, Timestamp::default());
    };
    if let Some(next) = judged(context, last) {
        return next;
    }
    let is_equal = |probe: &Probe| flag(&probe.found, "equal");
    let is_uncounted = last.found.get("compared") == Some(&Value::Bool(false));
    if is_equal(last) && !is_uncounted && !agree(context, is_equal) {
        return once_more(context, last);
    }
    if is_equal(last) || is_uncounted {
        return Next::Succeed { output: declared(context, &last.found), evidence: Vec::new() };
    }
    let is_fresh = last.session == context.session;
    if is_fresh && has_failed(last) {
        if !agree(context, has_failed) {
            return once_more(context, last);
        }
        return hold(
            "the instance is `loading failed`: the import did not work",
            "repeat the import in the console, then `surefoot resume`",
        );
    }
    let over = context.since.plus(context.idle).plus(duration(context, "within"));
    if is_fresh && last.at >= over {
        return differs(context, last);
    }
    again(context, last.at.plus(pause(context, last)).min(over.max(last.at)))
}

/// The counts differ, and there is no more time to wait: the step fails, or a person says whether that is right.
fn differs(context: &Context<'_>, last: &Probe) -> Next {
    let differences = last.found.get("differences").cloned().unwrap_or_default();
    let told = format!("the counts still differ after {}: {differences}", text(context, "within"));
    if text(context, "on_difference") != "ask" {
        let remedy = format!(
            "finish or repeat the import, then `surefoot resume`; where the difference is right, \
             `surefoot resume --set {}.on_difference=ask` lets a person accept it",
            context.step.id
        );
        return Next::Fail(CallError::new(ErrorClass::Check, told).with_remedy(remedy));
    }
    Next::Ask(Question {
        form: Form::Choice(vec!["accept".to_owned(), "stop".to_owned()]),
        text: format!("{told}\naccept: that is right, continue.\nstop: it is not; the step is held."),
        show: Vec::new(),
        task: json!({"task": "deviation", "fields": differences}),
        round: context.history.next_round(),
    })
}

/// What follows from what a person said about the differences that were seen last.
fn judged(context: &Context<'_>, last: &Probe) -> Option<Next> {
    let (_, answer) = context.history.last_answer().filter(|(seq, _)| *seq > last.seq)?;
    if answer.text == "accept" {
        let mut output = declared(context, &last.found);
        output.insert("acknowledged_by".to_owned(), json!(answer.by.to_string()));
        return Some(Next::Succeed { output, evidence: Vec::new() });
    }
    let held = || hold("the differences were not accepted", "finish or repeat the import, then `surefoot resume`");
    (last.session == context.session).then(held)
}

fn has_failed(probe: &Probe) -> bool {
    field(&probe.found, "status").eq_ignore_ascii_case("loading failed")
}

/// Whether the last two looks say so.
fn agree(context: &Context<'_>, says_so: impl Fn(&Probe) -> bool) -> bool {
    let looks = context.history.probes.iter().rev().filter(|probe| probe.call == Call::Poll);
    looks.take(LOOKS).filter(|probe| says_so(probe)).count() == LOOKS
}

/// The look that has to agree with the last one.
fn once_more(context: &Context<'_>, last: &Probe) -> Next {
    again(context, last.at.plus(LOOKS_APART))
}

/// How long after a look the next one is due.
fn pause(context: &Context<'_>, last: &Probe) -> Duration {
    match context.with.get("every").and_then(Value::as_str) {
        Some(_) => duration(context, "every"),
        None => pace(last.at.since(context.since)),
    }
}

fn again(context: &Context<'_>, at: Timestamp) -> Next {
    Next::read(Call::Poll, at.max(context.history.wait_until.unwrap_or_default()), Value::Null)
}
