//! Events and commands in a few words, for stories and messages.

use surefoot::engine::command::{Act, Command};
use surefoot::engine::event::{Body, HoldClass, Verdict};

/// What is to be done: `read settle`, `prepare create 2`, `send delete 1`, `ask`, `check`, `deliver 1`.
pub(super) fn command(command: &Command) -> String {
    match &command.act {
        Act::Check => "check".to_owned(),
        Act::Read(call) => format!("read {}", call.name()),
        Act::Prepare(call) => format!("prepare {} {}", call.name(), command.id.attempt),
        Act::Send(intent) => format!("send {} {}", intent.call.name(), intent.attempt),
        Act::Deliver { attempt, .. } => format!("deliver {attempt}"),
        Act::Ask(question) => format!("ask {}", question.round),
    }
}

/// What happened, with the step it happened to.
pub(super) fn event(body: &Body) -> String {
    let step = body.step().map(|step| format!(" {step}")).unwrap_or_default();
    let more = match body {
        Body::CallIntended(intent) => format!("{} {} {}", intent.call.name(), intent.attempt, intent.target),
        Body::CallSettled(one) => format!("{} {} {}", one.call.name(), one.attempt, one.outcome.name()),
        Body::CallProbed { call, found, .. } => format!("{} {found}", call.name()),
        _ => end(body).unwrap_or_default(),
    };
    format!("{}{step} {more}", body.name())
}

/// What a story tells of an event beyond the rows that made it; `None` where the row says enough.
pub(super) fn end(body: &Body) -> Option<String> {
    Some(match body {
        Body::StepSucceeded { output, .. } => format!("succeeded {}", serde_json::to_string(output).unwrap()),
        Body::StepFailed { error, .. } => format!("failed {}: {}", error.class.name(), error.message),
        Body::StepSkipped { why, .. } => format!("skipped: {why}"),
        Body::StepHeld { reason, class, .. } => format!("held {}: {reason}", class_name(*class)),
        Body::StepWaiting { tries, error, .. } => format!("waits {tries}: {}", error.message),
        Body::SecretLost { attempt, target, .. } => format!("lost {attempt} {target}"),
        Body::SecretRotated { attempt, target, .. } => format!("rotated {attempt} {target}"),
        Body::QuestionAsked { question, .. } => {
            format!("asks {}: {}", question.round, question.text.replace('\n', " / "))
        }
        Body::StepReset { reason, steps, .. } => format!("reset {}: {reason}", steps.join(" ")),
        Body::RunClosed { verdict, .. } => format!("closed {}", verdict_name(*verdict)),
        _ => return None,
    })
}

pub(super) const fn class_name(class: HoldClass) -> &'static str {
    match class {
        HoldClass::Person => "person",
        HoldClass::Outside => "outside",
        HoldClass::Doubt => "doubt",
        HoldClass::Check => "check",
        HoldClass::Window => "window",
    }
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Failed => "failed",
        Verdict::Cancelled => "cancelled",
    }
}
