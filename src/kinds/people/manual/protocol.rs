//! `manual`: a person does something and says so.

use super::handover;
use crate::engine::protocol::asking::{ask_again, asking};
use crate::engine::protocol::values::{map, text, time};
use crate::engine::protocol::{Context, Next};
use crate::engine::question::{Form, Question};
use serde_json::json;

/// What comes next.
pub(super) fn next(context: &Context<'_>) -> Next {
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
