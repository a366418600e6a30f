//! `confirm`: a text is typed after seeing what will be lost.

use crate::base::{Digest, Value, escape, lines};
use crate::engine::evidence::Evidence;
use crate::engine::protocol::asking::{ask_again, asking};
use crate::engine::protocol::values::{map, text, time};
use crate::engine::protocol::{Context, Next, Protocol, text_to_type};
use crate::engine::question::{Form, Question};
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, OnFailure, Proof, Type};
use serde_json::json;
use std::future::ready;

/// `confirm`.
pub(in crate::kinds) struct Confirm;

static KIND: Kind = Kind {
    name: "confirm",
    summary: "Has a person type a text after seeing what will be lost; bound to the plan's digest.",
    inputs: &[
        Field::required("subject", Type::Subject, "what the confirmation is about"),
        Field::required(
            "type",
            Type::String,
            "the name or the id of the subject, as captured; the subject is typed where it is not printable ASCII",
        ),
        Field::with_default(
            "show",
            Type::Steps,
            "[]",
            "ids of further steps to show the outputs of; those of the evidence always are",
        ),
        Field::with_default(
            "warnings",
            Type::List,
            "[]",
            "sentences to show, or lists of them; empty ones are left out",
        ),
    ],
    outputs: &[
        Field::output("typed", Type::String, "what was typed"),
        Field::output("by", Type::String, "who typed it"),
        Field::output("at", Type::Time, "when"),
        Field::output("plan_digest", Type::String, "the plan it was typed for"),
    ],
    subject: Some("subject"),
    yields: &[Proof::Confirmed],
    example: concat!(
        "- id: confirm\n",
        "  uses: confirm\n",
        "  with:\n",
        "    subject: \"{{ inputs.instance_id }}\"\n",
        "    type: \"{{ steps.capture.name }}\"\n",
        "    show: [capture, upload]\n",
    ),
    asks: true,
    on_failure: OnFailure::Hold,
    ignores: &[("retry", NEVER_FAILS)],
    asks_for: "to type {type} after seeing what will be lost",
    result: |output| format!("typed by {}", lines::field(output, "by")),
    ..Kind::BASE
};

impl Protocol for Confirm {
    fn next(&self, context: &Context<'_>) -> Next {
        next(context)
    }
}

impl StepKind for Confirm {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(Err(task.unknown())))
    }
}

fn next(context: &Context<'_>) -> Next {
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

fn confirmation(context: &Context<'_>, wanted: &str) -> Question {
    let mut lines = vec![context.headline.to_owned()];
    let asked = text(context, "type");
    if asked != wanted {
        lines.push(format!("The name {} is not plain ASCII; the id is typed instead.", escape(asked)));
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
