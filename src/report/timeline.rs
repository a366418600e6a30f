//! A run told line by line while it happens.

use super::command_hints::Typed;
use super::doubt::sentences;
use super::origin::origin;
use super::purpose::purpose;
use super::style::Tone;
use super::text::count;
use super::window::both;
use crate::base::{Map, Timestamp, Value, escape, format_duration};
use crate::engine::call::Outcome;
use crate::engine::event::{Body, Event, Settlement, Verdict};
use crate::engine::origin::Origin;
use crate::engine::question::Form;
use crate::engine::{Engine, StepState};
use crate::runbook::kind::Kind;
use std::collections::BTreeMap;

/// Something worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it happened, by the run's clock.
    pub at: Timestamp,
    /// The step it is about; empty where it is about the run.
    pub step: String,
    /// What happened.
    pub text: String,
    /// How it went.
    pub tone: Tone,
    /// Whether the step is over with it.
    pub ends: bool,
}

/// Makes lines of events; remembers what it has said, so that a poll is told only when something changed.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    seen: BTreeMap<String, String>,
    index: BTreeMap<String, usize>,
    options: String,
}

/// The step that an event is about.
#[derive(Clone, Copy)]
struct About<'a> {
    kind: &'static Kind,
    state: &'a StepState,
}

impl Timeline {
    /// A timeline whose commands have these options, quoted, each with a space before it.
    pub fn with_options(options: String) -> Self {
        Self { options, ..Self::default() }
    }

    /// The lines of these events; `engine` is the state after them.
    pub fn lines(&mut self, engine: &Engine, events: &[Event]) -> Vec<Line> {
        if self.index.is_empty() {
            let steps = engine.plan().steps.iter().enumerate();
            self.index = steps.map(|(index, step)| (step.id.clone(), index)).collect();
        }
        let mut lines = Vec::new();
        for event in events {
            lines.extend(self.line(engine, event));
            lines.extend(met_in_doubt(engine, std::slice::from_ref(event)));
        }
        lines
    }

    fn line(&mut self, engine: &Engine, event: &Event) -> Option<Line> {
        let id = event.body.step().unwrap_or_default();
        let about = self.index.get(id).and_then(|index| {
            let kind = engine.plan().steps.get(*index)?.kind;
            engine.steps().get(*index).map(|state| About { kind, state })
        });
        let run = engine.run().facts.as_ref().map_or("", |facts| facts.run.as_str());
        let typed = Typed::of(run, id, &self.options);
        let (tone, text) = match &event.body {
            Body::CallProbed { found, .. } => return self.probed(event.at, id, found),
            body => about_run(engine, body)
                .or_else(|| about_effect(body))
                .or_else(|| about_step(event.at, about, typed, body))?,
        };
        let ends = matches!(
            event.body,
            Body::StepSucceeded { .. } | Body::StepFailed { .. } | Body::StepSkipped { .. } | Body::StepHeld { .. }
        );
        Some(Line { at: event.at, step: id.to_owned(), text, tone, ends })
    }

    /// A look at the world is told where it saw another status than the one before.
    fn probed(&mut self, at: Timestamp, id: &str, found: &Value) -> Option<Line> {
        let status = match (found.get("status").and_then(Value::as_str), found.get("present")) {
            (Some(status), _) => status.to_owned(),
            (None, Some(Value::Bool(false))) => "absent".to_owned(),
            _ => return None,
        };
        if self.seen.get(id) == Some(&status) {
            return None;
        }
        let text = escape(&status);
        self.seen.insert(id.to_owned(), status);
        Some(Line { at, step: id.to_owned(), text, tone: Tone::Faint, ends: false })
    }
}

/// What a session that opens with one of these events finds in doubt, and what it will do about it, told before it
/// does; nothing where none opens. `engine` is the state after them.
pub fn met_in_doubt(engine: &Engine, events: &[Event]) -> Vec<Line> {
    let mut lines = Vec::new();
    for event in events.iter().filter(|event| matches!(event.body, Body::SessionOpened(_))) {
        for doubt in engine.doubts() {
            let line = |text| Line { at: event.at, step: doubt.step.clone(), text, tone: Tone::Warn, ends: false };
            lines.extend(sentences(&doubt).into_iter().map(line));
        }
    }
    lines
}

fn about_run(engine: &Engine, body: &Body) -> Option<(Tone, String)> {
    let told = match body {
        Body::RunOpened(opened) => {
            let plan = engine.plan();
            let steps = count(plan.steps_planned(), "step");
            let text = format!("run {}: {} {}, {steps}", opened.run, plan.name, plan.version);
            (Tone::Strong, format!("{}; {}", escape(&text), origin(&Origin::of(opened))))
        }
        Body::SessionOpened(session) => {
            let facts = engine.run().facts.as_ref();
            let run = facts.map_or("", |facts| facts.run.as_str());
            let about = facts.map(|facts| origin(&Origin::of(facts))).unwrap_or_default();
            let text = format!("run {run} resumed by {}@{}", session.user, session.host);
            (Tone::Strong, format!("{}; {about}", escape(&text)))
        }
        Body::WindowOpened { .. } | Body::WindowClosed { .. } | Body::WindowAwaited | Body::WindowOverridden { .. } => {
            about_window(engine, body)?
        }
        Body::RunPaused => (Tone::Warn, "pause requested".to_owned()),
        Body::RunCancelAsked => (Tone::Warn, "cancellation requested".to_owned()),
        Body::UndoBegun { steps } => (Tone::Warn, format!("undoing what was done: {}", escape(&steps.join(", ")))),
        Body::JournalRecovered { len, .. } => {
            (Tone::Warn, format!("removed a torn tail of {len} bytes from the journal; nothing acknowledged was lost"))
        }
        Body::JournalSegment { reason, .. } => {
            (Tone::Faint, format!("the journal continues in a new segment: {}", escape(reason)))
        }
        Body::RunClosed { verdict, .. } => match verdict {
            Verdict::Done => (Tone::Good, "the run is done".to_owned()),
            Verdict::Failed => (Tone::Bad, "the run failed; nothing irreversible was sent".to_owned()),
            Verdict::Cancelled => (Tone::Warn, "the run is cancelled; nothing irreversible was sent".to_owned()),
        },
        _ => return None,
    };
    Some(told)
}

fn about_window(engine: &Engine, body: &Body) -> Option<(Tone, String)> {
    let zone = engine.plan().schedule.windows.first()?.zone;
    Some(match body {
        Body::WindowOpened { until, .. } => {
            (Tone::Faint, format!("the change window is open until {}", both(*until, zone)))
        }
        Body::WindowClosed { .. } if engine.run().crossed.is_some() => {
            let text = "the change window has closed; past its point of no return, the run goes on to its end";
            (Tone::Warn, text.to_owned())
        }
        Body::WindowClosed { opens: Some(opens) } => {
            (Tone::Warn, format!("the change window is closed; it opens at {}", both(*opens, zone)))
        }
        Body::WindowClosed { opens: None } => {
            (Tone::Warn, "the change window is closed and never opens again".to_owned())
        }
        Body::WindowAwaited => (Tone::Plain, "sleeps while the change window is closed".to_owned()),
        Body::WindowOverridden { reason } => {
            (Tone::Warn, format!("acts outside of the change window: {}", escape(reason)))
        }
        _ => return None,
    })
}

fn about_effect(body: &Body) -> Option<(Tone, String)> {
    match body {
        Body::CallIntended(intent) => {
            let again = if intent.attempt > 1 { format!(" (attempt {})", intent.attempt) } else { String::new() };
            Some((
                Tone::Plain,
                format!("sending {}{again} {}", escape(&intent.request), purpose(intent.call, &intent.request)),
            ))
        }
        Body::CallSettled(settled) => Some(outcome(settled)),
        _ => None,
    }
}

fn outcome(settled: &Settlement) -> (Tone, String) {
    let status = settled.status.map(|status| format!(" ({status})")).unwrap_or_default();
    let why = settled.error.as_ref().map(|error| format!(": {}", escape(&error.message))).unwrap_or_default();
    let name = settled.call.name();
    let call = if name == settled.step { String::new() } else { format!("{name} ") };
    match settled.outcome {
        Outcome::Applied => (Tone::Plain, format!("{call}applied{status}")),
        Outcome::Accepted => (Tone::Plain, format!("{call}accepted{status}")),
        Outcome::Rejected | Outcome::RejectedAuth => (Tone::Warn, format!("{call}refused{status}{why}")),
        Outcome::NotSent => (Tone::Warn, format!("{call}not sent{why}")),
        Outcome::Unknown => (Tone::Warn, format!("no answer seen{why}; looking up its outcome, not sending it again")),
    }
}

fn about_step(at: Timestamp, step: Option<About<'_>>, typed: Typed<'_>, body: &Body) -> Option<(Tone, String)> {
    let told = match body {
        Body::StepWaiting { until, tries, error, .. } => {
            let until = until.to_seconds_text();
            (
                Tone::Warn,
                format!("waits until {until}, then tries again (try {tries} failed): {}", escape(&error.message)),
            )
        }
        Body::StepSucceeded { output, .. } => (Tone::Good, done(at, step, output)),
        Body::StepFailed { error, .. } => {
            let typed = Typed { over: true, ..typed };
            (Tone::Bad, format!("failed: {}{}", escape(&error.message), advice(typed, &error.remedy)))
        }
        Body::StepSkipped { why, .. } => (Tone::Faint, format!("skipped: {}", escape(why))),
        Body::StepHeld { reason, remedy, .. } => {
            (Tone::Warn, format!("held: {}{}", escape(reason), advice(typed, remedy)))
        }
        Body::QuestionAsked { question, .. } => (Tone::Warn, format!("asks{}", asked(&question.form))),
        Body::QuestionAnswered { answer, .. } => {
            (Tone::Plain, format!("answered by {}: {}", escape(&answer.by.to_string()), escape(&answer.text)))
        }
        Body::GateChecked { name, passed, .. } => match passed {
            true => (Tone::Faint, format!("{} ok", escape(name))),
            false => (Tone::Bad, format!("{} does not hold", escape(name))),
        },
        Body::SecretDelivered { sink, reference, .. } => {
            (Tone::Plain, format!("password delivered to {} {}", escape(sink), escape(reference)))
        }
        Body::SecretLost { target, .. } => (Tone::Warn, format!("the password of {} is lost", escape(target))),
        Body::SecretRotated { target, .. } => {
            (Tone::Good, format!("the old password of {} no longer works", escape(target)))
        }
        Body::OperatorResolved { applied, because, .. } => {
            let verdict = if *applied { "applied" } else { "not applied" };
            (Tone::Plain, format!("resolved as {verdict}: {}", escape(because)))
        }
        Body::StepReset { reason, steps, .. } => {
            let steps: Vec<String> = steps.iter().map(|step| escape(step)).collect();
            (Tone::Warn, format!("{}; repeats: {}", escape(reason), steps.join(", ")))
        }
        Body::StepChanged { set, .. } => {
            let names: Vec<String> = set.keys().map(|name| escape(name)).collect();
            (Tone::Plain, format!("changed: {}", names.join(", ")))
        }
        _ => return None,
    };
    Some(told)
}

fn done(at: Timestamp, step: Option<About<'_>>, output: &Map) -> String {
    let took = step.map(|step| format!(" in {}", format_duration(at.since(step.state.ready_at)))).unwrap_or_default();
    let result = step.map(|step| (step.kind.result)(output)).unwrap_or_default();
    if result.is_empty() { format!("done{took}") } else { format!("done{took}: {result}") }
}

fn asked(form: &Form) -> String {
    match form {
        Form::Type(text) => format!(" to type {}", escape(text)),
        Form::Done => " a person to do something".to_owned(),
        Form::Path => " for the path of a file".to_owned(),
        Form::Choice(words) => format!(" to choose: {}", words.join(", ")),
    }
}

fn advice(typed: Typed<'_>, remedy: &str) -> String {
    if remedy.is_empty() { String::new() } else { format!(" ({})", escape(&typed.remedy(remedy))) }
}
