//! `aura.instance.await`: looks at an instance until it has a status, or is proved absent.

use crate::base::{PlantedBug, Timestamp, Value, format_duration, planted};
use crate::engine::call::{Call, CallError, ErrorClass};
use crate::engine::history::Probe;
use crate::engine::protocol::effect::hold;
use crate::engine::protocol::poll::{again, agree, once_more, pause};
use crate::engine::protocol::settling::lingered;
use crate::engine::protocol::values::{declared, duration, field, flag, map, text};
use crate::engine::protocol::{Context, Next};
use crate::kinds::aura::instance::common::has_failed;
use serde_json::json;
use std::time::Duration;

/// Absence is proved by this many looks in a row …
const ABSENT_LOOKS: usize = 3;
/// … over at least this long (docs/effects.md, "Absence").
const ABSENT_SPAN: Duration = Duration::from_secs(30);
/// How long an instance that was just created may not be found (docs/aura-api.md, "Created instances"), whatever the
/// step assumes.
const EARLY_404: Duration = Duration::from_mins(1);

/// What comes next.
pub(super) fn next(context: &Context<'_>) -> Next {
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
