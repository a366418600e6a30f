//! Every text of an event, for whoever must see what is about to be recorded.

use super::call::{CallError, Sealed};
use super::event::{Body, Event, Intent, RunOpened, SessionOpened, Settlement};
use super::evidence::Evidence;
use super::question::{Answer, Form, Question};
use crate::base::{Actor, Map, Value};

/// Is handed the name of a field and its text; the key of a map is a text too, and the field of what stands under it.
type See<'a> = dyn FnMut(&str, &str) + 'a;

impl Event {
    /// Shows every text that the record of this event will hold; digests, times and numbers are none.
    pub fn texts(&self, see: &mut See<'_>) {
        actor(&self.actor, see);
        self.body.texts(see);
    }
}

impl Body {
    fn texts(&self, see: &mut See<'_>) {
        if let Some(step) = self.step() {
            see("step", step);
        }
        match self {
            Self::RunOpened(opened) => run_opened(opened, see),
            Self::SessionOpened(opened) => session_opened(opened, see),
            Self::CallIntended(intent) => intended(intent, see),
            Self::CallSettled(settlement) => settled(settlement, see),
            Self::CallProbed { found, .. } => value("found", found, see),
            Self::StepNoted { memo, .. } => value("memo", memo, see),
            Self::StepWaiting { error, .. } | Self::StepFailed { error, .. } => failed(error, see),
            Self::StepSucceeded { output, evidence, .. } => {
                map(output, see);
                for one in evidence {
                    proved(one, see);
                }
            }
            Self::StepSkipped { why, .. } => see("why", why),
            Self::StepHeld { reason, remedy, .. } => {
                see("reason", reason);
                see("remedy", remedy);
            }
            Self::QuestionAsked { question, .. } => asked(question, see),
            Self::QuestionAnswered { answer, .. } => answered(answer, see),
            Self::GateChecked { name, detail, .. } => {
                see("name", name);
                value("detail", detail, see);
            }
            Self::SecretDelivered { sink, reference, .. } => {
                see("sink", sink);
                see("reference", reference);
            }
            Self::SecretLost { target, .. } | Self::SecretRotated { target, .. } => see("target", target),
            Self::OperatorResolved { because, .. } => see("because", because),
            Self::StepReset { reason, steps, .. } => {
                see("reason", reason);
                for step in steps {
                    see("steps", step);
                }
            }
            Self::StepChanged { set, .. } => map(set, see),
            Self::UndoBegun { steps } => {
                for step in steps {
                    see("steps", step);
                }
            }
            Self::RunPaused
            | Self::RunCancelAsked
            | Self::WindowOpened { .. }
            | Self::WindowClosed { .. }
            | Self::WindowAwaited
            | Self::JournalRecovered { .. } => {}
            Self::WindowOverridden { reason } | Self::JournalSegment { reason, .. } => see("reason", reason),
            Self::RunClosed { summary, .. } => map(summary, see),
        }
    }
}

fn actor(actor: &Actor, see: &mut See<'_>) {
    match actor {
        Actor::Engine | Actor::Script => {}
        Actor::Os { user, host } => {
            see("actor", user);
            see("actor", host);
        }
    }
}

fn run_opened(opened: &RunOpened, see: &mut See<'_>) {
    let RunOpened {
        run,
        nonce,
        runbooks,
        plan_digest: _,
        inputs,
        policy,
        state_dir,
        audit_dir,
        twin,
        engine,
        boot_clock,
    } = opened;
    see("run", run);
    see("nonce", nonce);
    for (file, _) in runbooks {
        see("runbooks", file);
    }
    map(inputs, see);
    value("policy", policy, see);
    see("state_dir", state_dir);
    see("audit_dir", audit_dir);
    if let Some(twin) = twin {
        value("twin", twin, see);
    }
    see("engine", engine);
    if let Some(clock) = boot_clock {
        see("boot_clock", clock);
    }
}

fn session_opened(opened: &SessionOpened, see: &mut See<'_>) {
    let SessionOpened { pid: _, boot_id, host, user, version, binary_sha256, boot_clock } = opened;
    see("boot_id", boot_id);
    see("host", host);
    see("user", user);
    see("version", version);
    see("binary_sha256", binary_sha256);
    if let Some(clock) = boot_clock {
        see("boot_clock", clock);
    }
}

fn intended(intent: &Intent, see: &mut See<'_>) {
    let Intent { step: _, call: _, attempt: _, target, request, request_digest: _, .. } = intent;
    let Intent { guard, evidence, input, deadline: _, sealed, .. } = intent;
    see("target", target);
    see("request", request);
    value("guard", guard, see);
    for (kind, _) in evidence {
        see("evidence", kind);
    }
    value("input", input, see);
    if let Some(sealed) = sealed {
        shut(sealed, see);
    }
}

fn settled(settlement: &Settlement, see: &mut See<'_>) {
    let Settlement { step: _, call: _, attempt: _, outcome: _, status: _, request_id, server_date: _, .. } = settlement;
    let Settlement { output, sealed, error, .. } = settlement;
    if let Some(id) = request_id {
        see("request_id", id);
    }
    value("output", output, see);
    if let Some(sealed) = sealed {
        shut(sealed, see);
    }
    if let Some(error) = error {
        failed(error, see);
    }
}

fn shut(sealed: &Sealed, see: &mut See<'_>) {
    let Sealed { alg, b64, recipients, sha256: _ } = sealed;
    see("alg", alg);
    see("b64", b64);
    for recipient in recipients {
        see("recipients", recipient);
    }
}

fn failed(error: &CallError, see: &mut See<'_>) {
    let CallError { class: _, reason, message, remedy, retry_after: _ } = error;
    see("reason", reason);
    see("message", message);
    see("remedy", remedy);
}

fn proved(evidence: &Evidence, see: &mut See<'_>) {
    let Evidence { kind: _, subject, digest: _, at: _, verifier } = evidence;
    see("subject", subject);
    see("verifier", verifier);
}

fn asked(question: &Question, see: &mut See<'_>) {
    let Question { form, text, show, task, round: _ } = question;
    match form {
        Form::Type(wanted) => see("form", wanted),
        Form::Choice(words) => {
            for word in words {
                see("form", word);
            }
        }
        Form::Done | Form::Path => {}
    }
    see("text", text);
    for (label, shown) in show {
        see("show", label);
        value(label, shown, see);
    }
    value("task", task, see);
}

fn answered(answer: &Answer, see: &mut See<'_>) {
    let Answer { text, note, by, at: _, fields } = answer;
    see("text", text);
    see("note", note);
    actor(by, see);
    map(fields, see);
}

fn map(map: &Map, see: &mut See<'_>) {
    for (name, under) in map {
        see(name, name);
        value(name, under, see);
    }
}

fn value(name: &str, tree: &Value, see: &mut See<'_>) {
    match tree {
        Value::String(text) => see(name, text),
        Value::Array(list) => {
            for one in list {
                value(name, one, see);
            }
        }
        Value::Object(fields) => map(fields, see),
        Value::Number(number) => see(name, &number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}
