//! What the run has gone back over. It is told to people; no protocol is handed any of it.

use super::history::History;
use super::question::Question;
use crate::base::{Map, Timestamp};
use std::sync::Arc;

/// How often the run has gone back, and its last reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WentBack {
    /// How often, in all sessions.
    pub times: u32,
    /// The record of the last reset.
    pub seq: u64,
    /// When that was.
    pub at: Timestamp,
    /// The step because of which it went back.
    pub step: String,
    /// What had changed, in one sentence.
    pub reason: String,
    /// The steps that are done again, in the order of the plan.
    pub steps: Vec<String>,
}

/// What a step did before the run went back over it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
    /// The record of the reset.
    pub(super) seq: u64,
    /// What it had been through.
    pub(super) history: History,
    /// Its outputs, where it was done.
    pub(super) output: Option<Arc<Map>>,
}

/// The last reset that a step was part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// Why the run went back.
    pub(super) reason: String,
    /// How often it had gone back by then.
    pub(super) times: u32,
    /// Whether the step had asked a person before.
    pub(super) asked: bool,
}

impl Again {
    /// The question of a step that asked before the run went back: it begins with the reason. Who has just given an
    /// answer that did not serve has read that already.
    pub(super) fn explain(&self, history: &History, mut question: Question) -> Question {
        if self.asked && history.last_answer().is_none() {
            let reason = self.reason.lines().collect::<Vec<_>>().join(" ");
            let often =
                if self.times > 1 { format!(" The run went back {} times.", self.times) } else { String::new() };
            question.text = format!("Asked again, because {}.{often}\n{}", reason.trim_end_matches('.'), question.text);
        }
        question
    }
}
