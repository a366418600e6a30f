//! The steps that are under way right now.

use super::text::cut;
use crate::base::{Timestamp, show};
use crate::engine::call::Outcome;
use crate::engine::{Engine, Phase, Status, StepState};

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
    let steps = engine.plan().steps.iter().zip(engine.steps());
    let mut ready = steps.filter(|(_, state)| state.status == Status::Ready);
    let told = ready.by_ref().take(most).map(|(step, state)| Active {
        step: step.id.clone(),
        kind: step.kind.name,
        attempt: state.history.attempts.last().map_or(0, |attempt| attempt.intent.attempt),
        doing: doing(state).unwrap_or_else(|| step.kind.name.to_owned()),
    });
    let told: Vec<Active> = told.collect();
    (told, ready.count())
}

fn doing(state: &StepState) -> Option<String> {
    let history = &state.history;
    if history.open_question().is_some() {
        return Some("waits for a person's answer".to_owned());
    }
    if let (Some(until), Some(trouble)) = (history.wait_until, &history.trouble) {
        return Some(format!("waits until {}: {}", until.time_of_day(), cut(&show(&trouble.message), 200)));
    }
    let last = history.attempts.last()?;
    match last.outcome() {
        None => Some(format!("sent {}", show(&last.intent.request))),
        Some(Outcome::Unknown) => {
            let settled = last.last_sent().plus(crate::engine::protocol::SETTLE);
            Some(format!("finding out what became of {}, until {}", show(&last.intent.request), clock(settled)))
        }
        Some(_) => None,
    }
}

fn clock(at: Timestamp) -> String {
    at.time_of_day()
}
