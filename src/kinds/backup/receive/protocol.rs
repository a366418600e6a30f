//! `backup.receive`: a path is given or watched, and the file must stand every check.

use crate::base::{Timestamp, Value};
use crate::engine::call::Call;
use crate::engine::protocol::asking::{asked_in_this_session, asking};
use crate::engine::protocol::effect::{ROUNDS, hold};
use crate::engine::protocol::values::{declared, field, flag, text};
use crate::engine::protocol::{Context, Next};
use crate::engine::question::{Form, Question};
use serde_json::json;
use std::time::Duration;

/// What comes next: a path is given or watched, and the file must stand every check.
pub(super) fn next(context: &Context<'_>) -> Next {
    if let Some(next) = asking(context) {
        return next;
    }
    let last_answered = context.history.last_answer().map(|(seq, answer)| (*seq, answer.text.as_str()));
    let last_read = context.history.last_probe(Call::Read);
    let last_problem = last_read.filter(|probe| !flag(&probe.found, "ok"));
    if let Some(read) = last_read.filter(|probe| flag(&probe.found, "ok")) {
        return Next::Succeed { output: declared(context, &read.found), evidence: Vec::new() };
    }
    let waiting = context.history.wait_until.unwrap_or_default();
    if let Some((_, path)) = last_answered.filter(|(seq, _)| last_read.is_none_or(|probe| probe.seq < *seq)) {
        return Next::read(Call::Read, waiting, json!({"path": path}));
    }
    if watches(context)
        && last_answered.is_none()
        && let Some(next) = watched(context, waiting)
    {
        return next;
    }
    let given_up =
        last_problem.is_some_and(|probe| probe.session == context.session) && asked_in_this_session(context) >= ROUNDS;
    if given_up {
        let problem = last_problem.map(|probe| field(&probe.found, "problem")).unwrap_or_default();
        return hold(
            format!("no file so far can be used: {problem}"),
            "export the snapshot again, then `surefoot resume`",
        );
    }
    Next::Ask(export_question(context, last_problem.map(|probe| field(&probe.found, "problem"))))
}

fn watches(context: &Context<'_>) -> bool {
    ["path", "folder"].iter().any(|name| context.with.get(*name).is_some_and(Value::is_string))
}

/// Waits for the file to appear and to stop growing, then reads it; `None` once it was read and found wanting.
fn watched(context: &Context<'_>, waiting: Timestamp) -> Option<Next> {
    let every = Duration::from_secs(10);
    let read = context.history.last_probe(Call::Read);
    let last = context.history.last_probe(Call::Poll);
    match last {
        Some(seen) if flag(&seen.found, "stable") => {
            let path = seen.found.get("path").cloned().unwrap_or_default();
            match read {
                Some(read) if read.seq > seen.seq && read.session == context.session => None,
                _ => Some(Next::read(Call::Read, waiting, json!({"path": path}))),
            }
        }
        Some(seen) => Some(Next::read(Call::Poll, seen.at.plus(every).max(waiting), json!({"known": seen.found}))),
        None => Some(Next::read(Call::Poll, waiting, Value::Null)),
    }
}

fn export_question(context: &Context<'_>, problem: Option<&str>) -> Question {
    let mut lines = Vec::new();
    if let Some(problem) = problem {
        lines.push(format!("The file cannot be used: {problem}"));
    }
    lines.push(format!(
        "In the Aura console open instance {}, tab Snapshots, find the snapshot of {} (id {}) and choose Export.",
        text(context, "instance_id"),
        text(context, "snapshot_time"),
        text(context, "snapshot_id"),
    ));
    lines.push("Give the path of the downloaded file.".to_owned());
    Question {
        form: Form::Path,
        text: lines.join("\n"),
        show: Vec::new(),
        task: json!({
            "task": "export",
            "instance_id": text(context, "instance_id"),
            "snapshot_id": text(context, "snapshot_id"),
        }),
        round: context.history.next_round(),
    }
}
