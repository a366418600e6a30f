//! Kinds that a person takes part in.

use super::effect::{ROUNDS, hold};
use super::handover;
use super::values::{declared, field, flag, map, text, time};
use super::{Context, Next};
use crate::base::{Digest, Timestamp, Value, is_plain, show};
use crate::engine::call::{Call, CallError, ErrorClass};
use crate::engine::command::Act;
use crate::engine::evidence::Evidence;
use crate::engine::question::{Form, Question};
use crate::runbook::kind::Proof;
use serde_json::json;
use std::time::Duration;

/// `confirm`: a text is typed after seeing what will be lost.
pub(super) fn confirm(context: &Context<'_>) -> Next {
    let subject = text(context, "subject");
    let wanted = text_to_type(text(context, "type"), subject);
    if let Some(next) = asking(context) {
        return next;
    }
    match context.history.last_answer() {
        Some((_, answer)) if answer.text == wanted => {
            let evidence = Evidence {
                kind: Proof::Confirmed,
                subject: subject.to_owned(),
                digest: Digest::of(format!("{}\n{wanted}", context.plan_digest).as_bytes()),
                at: answer.at,
                verifier: answer.by.to_string(),
            };
            let output = map([
                ("typed", json!(answer.text)),
                ("by", json!(answer.by.to_string())),
                ("at", time(answer.at)),
                ("plan_digest", json!(context.plan_digest)),
            ]);
            Next::Succeed { output, evidence: vec![evidence] }
        }
        answered => ask_again(context, answered.is_some(), confirmation(context, wanted)),
    }
}

/// The text a person must type: the subject where the text asked for could be mistaken or cannot be typed.
pub fn text_to_type<'a>(wanted: &'a str, subject: &'a str) -> &'a str {
    if is_plain(wanted) && wanted.trim() == wanted { wanted } else { subject }
}

fn confirmation(context: &Context<'_>, wanted: &str) -> Question {
    let mut lines = vec![context.headline.to_owned()];
    let asked = text(context, "type");
    if asked != wanted {
        lines.push(format!("The name {} is not plain ASCII; the id is typed instead.", show(asked)));
    }
    let warnings = context.with.get("warnings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let flat = warnings.iter().flat_map(|one| one.as_array().map_or(std::slice::from_ref(one), Vec::as_slice));
    let written = flat.filter_map(Value::as_str).filter(|line| !line.is_empty());
    // What a runbook warns of too is said once.
    let is_said = |line: &str| {
        context.headline.lines().chain(context.consequences.iter().map(String::as_str)).any(|said| said == line)
    };
    lines.extend(written.filter(|line| !is_said(line)).map(str::to_owned));
    lines.extend(context.consequences.iter().cloned());
    lines.push(format!("Type {wanted} to continue."));
    Question {
        form: Form::Type(wanted.to_owned()),
        text: lines.join("\n"),
        show: context.show.to_vec(),
        task: json!({"task": "type", "text": wanted}),
        round: context.history.next_round(),
    }
}

/// `manual`: a person does something and says so.
pub(super) fn manual(context: &Context<'_>) -> Next {
    if let Some(next) = asking(context) {
        return next;
    }
    if let Some(next) = handover::in_the_way(context) {
        return next;
    }
    let typed = text(context, "type");
    let must_type = text(context, "task") == "type";
    match context.history.last_answer().filter(|_| !handover::is_void(context)) {
        Some((_, answer)) if !must_type || answer.text == typed => {
            let output =
                map([("by", json!(answer.by.to_string())), ("at", time(answer.at)), ("note", json!(answer.note))]);
            Next::Succeed { output, evidence: Vec::new() }
        }
        answered => {
            let form = if must_type { Form::Type(typed.to_owned()) } else { Form::Done };
            let task = json!({
                "task": text(context, "task"),
                "instance_id": context.with.get("instance_id"),
                "path": context.with.get("path"),
                "sha256": context.with.get("sha256"),
                "text": typed,
            });
            let text = text(context, "instructions").to_owned();
            let question = Question { form, text, show: Vec::new(), task, round: context.history.next_round() };
            ask_again(context, answered.is_some(), question)
        }
    }
}

/// `diff`: an unexpected difference must be acknowledged.
pub(super) fn diff(context: &Context<'_>) -> Next {
    let Some(seen) = context.history.last_probe(Call::Read) else {
        return Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), Value::Null);
    };
    let mut output = declared(context, &seen.found);
    let unexpected = seen.found.get("unexpected").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if unexpected.is_empty() {
        return Next::Succeed { output, evidence: Vec::new() };
    }
    if let Some(next) = asking(context) {
        return next;
    }
    match context.history.last_answer() {
        Some((_, answer)) if answer.text == "accept" => {
            output.insert("acknowledged_by".to_owned(), json!(answer.by.to_string()));
            Next::Succeed { output, evidence: Vec::new() }
        }
        Some((_, answer)) if answer.text == "stop" && asked_in_this_session(context) > 0 => {
            hold("an unexpected difference was not accepted", "find out why it differs; `surefoot resume` asks again")
        }
        _ => {
            let names: Vec<_> = unexpected.iter().filter_map(Value::as_str).collect();
            let table = field(&seen.found, "text");
            let question = Question {
                form: Form::Choice(vec!["accept".to_owned(), "stop".to_owned()]),
                text: format!("These fields differ and were not expected to: {}.\n{table}", names.join(", ")),
                show: Vec::new(),
                task: json!({"task": "deviation", "fields": names}),
                round: context.history.next_round(),
            };
            Next::Ask(question)
        }
    }
}

/// `backup.receive`: a path is given or watched, and the file must stand every check.
pub(super) fn receive(context: &Context<'_>) -> Next {
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

/// The question that waits for its answer.
pub(super) fn asking(context: &Context<'_>) -> Option<Next> {
    let asked = context.history.open_question()?;
    Some(Next::now(Act::Ask(Box::new(asked.question.clone()))))
}

fn ask_again(context: &Context<'_>, was_wrong: bool, mut question: Question) -> Next {
    if was_wrong && asked_in_this_session(context) >= ROUNDS {
        return Next::Fail(CallError::new(
            ErrorClass::Check,
            format!("what was asked for was not typed in {ROUNDS} tries"),
        ));
    }
    if was_wrong {
        question.text = format!("That was not it.\n{}", question.text);
    }
    Next::Ask(question)
}

/// How many questions this session has asked.
fn asked_in_this_session(context: &Context<'_>) -> usize {
    context.history.questions.iter().filter(|asked| asked.session == context.session).count()
}
