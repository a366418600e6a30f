//! The steps that are under way right now.

use super::text::cut;
use crate::base::{Timestamp, show};
use crate::engine::call::Outcome;
use crate::engine::protocol::settles_at;
use crate::engine::{Engine, Phase, Status, StepState};
use crate::runbook::plan::Step;

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
    let command = engine.command(index).filter(|command| command.kind.name == "sleep")?;
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
        return format!("waits until {}: {}", time(until), cut(&show(&trouble.message), 200));
    }
    if let Some(last) = history.attempts.last() {
        let request = cut(&show(&last.intent.request), 60);
        match last.outcome() {
            None => return format!("sent {request}"),
            Some(Outcome::Unknown) => {
                let settled = time(settles_at(history, last));
                return format!("finding out what became of {request}, until {settled}");
            }
            Some(_) => {}
        }
    }
    let seen = history.probes.iter().rev().find_map(|probe| probe.found.get("status")?.as_str());
    let until = time(state.since.plus(step.timeout));
    match seen {
        Some(status) => format!("{}, until {until}", show(status)),
        None => format!("{}, at most until {until}", step.kind.name),
    }
}
