//! The steps that are under way right now.

use super::purpose::purpose;
use super::text::{count, cut};
use crate::base::{Timestamp, Value, escape};
use crate::engine::call::Outcome;
use crate::engine::protocol::settles_at;
use crate::engine::{Engine, Phase, Status, StepState};
use crate::runbook::plan::Step;
use std::time::Duration;

/// A step that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// The step.
    pub step: String,
    /// Its kind.
    pub kind: &'static str,
    /// Which attempt at its effect, from 1; 0 where nothing was sent yet.
    pub attempt: u32,
    /// What it does or waits for, and until when.
    pub doing: String,
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// How many steps are over.
    pub done: usize,
    /// How many there are.
    pub steps: usize,
    /// When it began.
    pub began: Timestamp,
    /// When its last record was written.
    pub at: Timestamp,
    /// How many times faster than real time its clock goes; 0 where nobody here knows.
    pub speed: f64,
    /// How long it takes in all, as its rehearsals say.
    pub takes: Option<Duration>,
}

/// How far a run is, but for what its rehearsals say.
pub fn course(engine: &Engine) -> Course {
    let run = engine.run();
    let steps = engine.plan().steps_planned();
    let twin = run.facts.as_ref().and_then(|facts| facts.twin.as_ref());
    let began = engine.steps().iter().map(|state| state.ready_at).filter(|at| *at != Timestamp::default()).min();
    Course {
        done: steps.saturating_sub(run.open),
        steps,
        began: began.unwrap_or(run.last),
        at: run.last,
        speed: twin.map_or(1.0, |twin| twin.get("speed").and_then(Value::as_f64).unwrap_or_default()),
        takes: None,
    }
}

impl Course {
    /// One line, so long after the last record in real time.
    pub fn text(&self, since: Duration) -> String {
        let passed = Duration::try_from_secs_f64(since.as_secs_f64() * self.speed).unwrap_or_default();
        let now = self.at.plus(passed);
        let end = self.takes.map(|takes| self.began.plus(takes));
        let end = match end {
            Some(end) if end > now => format!(", about {} at the end, as rehearsed", moment(end, now)),
            Some(end) => format!(", later than rehearsed, which was {}", moment(end, now)),
            None => String::new(),
        };
        format!("{}, {} of {} done{end}", moment(now, now), self.done, count(self.steps, "step"))
    }
}

/// The steps that are under way, in the order of the plan, at most `most` of them; and how many there are beyond.
pub fn active(engine: &Engine, most: usize) -> (Vec<Active>, usize) {
    if !matches!(engine.run().phase, Phase::Running | Phase::Sweeping) {
        return (Vec::new(), 0);
    }
    let steps = engine.plan().steps.iter().zip(engine.steps()).enumerate();
    let mut ready = steps.filter(|(_, (_, state))| state.status == Status::Ready);
    let told = ready.by_ref().take(most).map(|(index, (step, state))| Active {
        step: step.id.clone(),
        kind: step.kind.name,
        attempt: state.history.attempts.last().map_or(0, |attempt| attempt.intent.attempt),
        doing: slept(engine, index).unwrap_or_else(|| doing(step, state, engine.run().last)),
    });
    let told: Vec<Active> = told.collect();
    (told, ready.count())
}

/// A moment in UTC, with its date where that is not the one of the last record.
fn moment(at: Timestamp, last: Timestamp) -> String {
    if at.date() == last.date() { format!("{}Z", at.time_of_day()) } else { at.to_seconds_text() }
}

/// Until when a step sleeps, which no time-out cuts short.
fn slept(engine: &Engine, index: usize) -> Option<String> {
    let command = engine.command(index).filter(|command| command.kind.untimed)?;
    Some(format!("sleep, until {}", moment(command.not_before, engine.run().last)))
}

fn doing(step: &Step, state: &StepState, last_record: Timestamp) -> String {
    let time = |at: Timestamp| moment(at, last_record);
    let history = &state.history;
    if let Some(asked) = history.open_question() {
        let until = step.answer_within.map(|within| format!(", until {}", time(asked.at.plus(within))));
        return format!("waits for a person's answer{}", until.unwrap_or_default());
    }
    if let (Some(until), Some(trouble)) = (history.wait_until, &history.trouble) {
        return format!("waits until {}: {}", time(until), cut(&escape(&trouble.message), 200));
    }
    if let Some(last) = history.attempts.last() {
        let request = escape(&last.intent.request);
        match last.outcome() {
            None => {
                let purpose = purpose(last.intent.call, &last.intent.request);
                return format!("{}: sent {request}", purpose.trim_start_matches("to "));
            }
            Some(Outcome::Unknown) => {
                let settled = time(settles_at(history, last));
                return format!("looking up the outcome of {request}, until {settled}");
            }
            Some(_) => {}
        }
    }
    let seen = history.probes.iter().rev().find_map(|probe| probe.found.get("status")?.as_str());
    let until = time(state.since.plus(step.timeout));
    match seen {
        Some(status) => format!("{}, gives up at {until}", escape(status)),
        None => format!("{}, gives up at {until}", step.kind.name),
    }
}
