//! `surefoot.status.v1` and `surefoot.runs.v1`.

use super::super::command_hints::Typed;
use super::super::extent::to_json as extent;
use super::super::next::{Extras, next_with};
use super::super::origin;
use super::super::remaining_effects::Staying;
use super::super::runs::RunRow;
use super::super::status::{StatusPage, run_state, word};
use super::super::window::standing_json;
use super::doubt::doubts;
use crate::base::{Timestamp, Value};
use crate::engine::event::HoldClass;
use crate::engine::question::{Form, Question};
use crate::engine::rounds::WentBack;
use crate::engine::view::{EffectView, Made, RunView, StepView};
use serde_json::json;

/// A run as it stands.
pub fn status(status: &StatusPage<'_>) -> Value {
    status_beside(status, &Extras::default())
}

/// The same, with what is known beside the view.
pub fn status_beside(status: &StatusPage<'_>, extras: &Extras<'_>) -> Value {
    let mut document = run(status.view, extras, [status.run_dir, status.audit_dir, status.options]);
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), json!("surefoot.status.v1"));
        fields.insert("state".to_owned(), json!(run_state(status.view, status.held_by)));
        fields.insert("held_by".to_owned(), json!(status.held_by));
        // Whoever types one of them while another process works on the run is refused.
        if status.held_by.is_some() {
            fields.insert("next".to_owned(), json!([]));
        }
        fields.insert("unreported".to_owned(), json!(extras.unreported));
        fields.insert("opened_at".to_owned(), json!(status.opened_at.map(time)));
        fields.insert("last_at".to_owned(), json!(status.last_at.map(time)));
    }
    document
}

/// The runs of a state directory.
pub fn runs(rows: &[RunRow]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "run": row.run,
                "runbook": row.runbook,
                "about": row.origin.as_ref().map(origin::json),
                "state": row.phase,
                "opened_at": row.opened_at.map(time),
                "last_at": row.last_at.map(time),
                "steps_done": row.steps_done,
                "steps": row.steps,
                "held_by": row.held_by,
                "unreported": row.unreported,
            })
        })
        .collect();
    json!({"schema": "surefoot.runs.v1", "runs": rows})
}

/// What a status and an ending have in common.
pub(super) fn run(view: &RunView, extras: &Extras<'_>, [run_dir, audit_dir, options]: [&str; 3]) -> Value {
    let next = next_with(view, extras, options).into_iter();
    let next: Vec<Value> = next.map(|(command, why)| json!({"command": command, "why": why})).collect();
    let one = |state: &StepView| {
        step(state, Typed { over: state.status == "failed", ..Typed::of(&view.run, &state.id, options) })
    };
    json!({
        "run": view.run,
        "runbook": view.runbook,
        "about": origin::json(&view.origin),
        "version": view.version,
        "phase": view.phase.name(),
        "state": run_state(view, None),
        "crossed": view.crossed,
        "paused": view.paused,
        "extent": view.extent.as_ref().map(extent),
        "window": view.window.as_ref().map(standing_json),
        "went_back": view.went_back.as_ref().map(went_back),
        "sessions": view.sessions,
        "records": view.records,
        "run_dir": run_dir,
        "audit_dir": audit_dir,
        "steps": view.steps.iter().map(one).collect::<Vec<_>>(),
        "in_doubt": doubts(&view.in_doubt),
        "left_in_place": left_in_place(view, extras.console),
        "next": next,
    })
}

fn went_back(back: &WentBack) -> Value {
    json!({
        "times": back.times,
        "record": back.seq,
        "at": time(back.at),
        "step": back.step,
        "reason": back.reason,
        "steps": back.steps,
    })
}

fn left_in_place(view: &RunView, console: Option<&str>) -> Vec<Value> {
    let things = Staying::of(view, console).map(|staying| staying.things).unwrap_or_default();
    things.into_iter().map(|(what, remedy)| json!({"what": what, "remedy": remedy})).collect()
}

fn step(step: &StepView, typed: Typed<'_>) -> Value {
    let class = step.class.map(|class| match class {
        HoldClass::Person => "person",
        HoldClass::Outside => "outside",
        HoldClass::Doubt => "doubt",
        HoldClass::Check => "check",
        HoldClass::Window => "window",
    });
    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    json!({
        "id": step.id,
        "kind": step.kind.name,
        "status": step.status,
        "state": word(step),
        "since": (step.since != Timestamp::default()).then(|| time(step.since)),
        "reason": text(&step.reason),
        "remedy": text(&typed.remedy(&step.remedy)),
        "hold_reason": class,
        "question": step.question.as_ref().map(question),
        "waiting": step.waiting.as_ref().map(|(until, why)| json!({"until": time(*until), "why": why})),
        "effects": step.effects.iter().map(effect).collect::<Vec<_>>(),
        "created": step.made.as_ref().map(made),
        "lost": step.lost,
        "output": step.output,
    })
}

fn question(question: &Question) -> Value {
    let (form, expects) = match &question.form {
        Form::Type(text) => ("type", json!(text)),
        Form::Done => ("done", Value::Null),
        Form::Path => ("path", Value::Null),
        Form::Choice(words) => ("choice", json!(words)),
    };
    let shown = question.show.iter().map(|(label, value)| json!({"label": label, "value": value}));
    json!({
        "form": form,
        "expects": expects,
        "text": question.text,
        "shown": shown.collect::<Vec<_>>(),
        "round": question.round,
    })
}

fn made(made: &Made) -> Value {
    json!({"id": made.id, "name": made.name, "password_file": made.delivered})
}

fn effect(effect: &EffectView) -> Value {
    json!({
        "request": effect.request,
        "attempt": effect.attempt,
        "at": time(effect.at),
        "past": effect.past,
        "outcome": effect.outcome.map(crate::engine::call::Outcome::name),
        "in_doubt": effect.in_doubt,
        "seen": effect.seen,
        "named": effect.named.as_ref().map(|made| json!({"what": made.what, "id": made.id})),
    })
}

fn time(at: Timestamp) -> String {
    at.to_string()
}
