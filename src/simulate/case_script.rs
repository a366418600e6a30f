//! What a test of a runbook lays down for its run: what the operator types and does, and what happens at which step.

use super::disk::Loss;
use super::fault::{Edge, Port};
use crate::twin::{FaultKind, FaultSpec};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// What a test of a runbook lays down for its run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseScript {
    /// What the operator answers.
    pub answers: Answers,
    /// What happens at which step.
    pub faults: Vec<StepFault>,
    /// What the operator does whenever a process has left the run, in order.
    pub actions: Vec<Action>,
}

/// What the operator answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Whether nobody answers the questions of steps that are not among `by_step`. Otherwise the operator does what is
    /// asked.
    pub nobody: bool,
    /// The answers to the questions of a step, by its id.
    pub by_step: BTreeMap<String, StepAnswers>,
}

/// The answers to the questions of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAnswers {
    /// The same whenever it asks.
    Always(Option<String>),
    /// One for each asking; nobody answers what is asked after the last one.
    InTurn(Vec<Option<String>>),
}

impl Answers {
    /// What is said to the question that a step asks for the `asked`-th time, from 0.
    pub(super) fn to(&self, step: &str, asked: usize) -> Said<'_> {
        let text = match self.by_step.get(step) {
            Some(StepAnswers::Always(text)) => text.as_deref(),
            Some(StepAnswers::InTurn(texts)) => texts.get(asked).and_then(Option::as_deref),
            None if self.nobody => None,
            None => return Said::AsAsked,
        };
        text.map_or(Said::Nothing, Said::Text)
    }
}

/// What is said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// The operator does what is asked.
    AsAsked,
    /// Nobody answers.
    Nothing,
    /// This text.
    Text(&'a str),
}

/// What the operator does after a process has left the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Resumes it.
    Resume,
    /// Cancels it.
    Cancel,
    /// Records the outcome of an effect in doubt.
    Resolve {
        /// The step.
        step: String,
        /// Whether the effect took place.
        applied: bool,
    },
    /// Lets time pass.
    Wait(Duration),
}

impl Action {
    /// What it is in messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Resolve { .. } => "resolve",
            Self::Wait(_) => "wait",
        }
    }
}

/// Something that happens to calls of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFault {
    /// Where the steps stand in the plan: one, or those of the items of a `for_each`.
    pub steps: Range<usize>,
    /// Whether it happens to what the step sends, or to what it looks at; to any call where nothing is said.
    pub at_effect: Option<bool>,
    /// How many such calls pass before the first one it happens to.
    pub after: u64,
    /// To how many calls it happens.
    pub count: u64,
    /// What happens.
    pub strike: Strike,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Strike {
    /// A fault, as a scenario has them.
    Fault(FaultSpec),
    /// It certainly does not leave.
    Refused,
    /// The person who is asked is not there.
    Away,
    /// The person gives a file that is not the export.
    WrongFile,
    /// The process dies at this side of the call. Where unsynced bytes are lost the whole machine goes.
    Crash(Edge, Loss),
}

impl Strike {
    /// Whether it can happen to calls of a port.
    fn fits(&self, port: Port) -> bool {
        let is_outside = matches!(port, Port::Http | Port::Effect | Port::Objects | Port::Command);
        match self {
            Self::Fault(spec) if port == Port::Command => {
                !matches!(spec.kind, FaultKind::Status | FaultKind::Truncate | FaultKind::Late)
            }
            Self::Fault(_) | Self::Refused => is_outside,
            Self::Away | Self::WrongFile => port == Port::Operator,
            Self::Crash(..) => is_outside || port == Port::Operator,
        }
    }
}

impl StepFault {
    /// Whether it is about a call that the step makes while it sends an effect, or while it does not.
    pub(super) fn covers(&self, step: usize, is_sending: bool, port: Port) -> bool {
        // On its way to send something a step may look at other things.
        let is_effect = is_sending && port != Port::Http;
        self.steps.contains(&step) && self.at_effect.is_none_or(|at| at == is_effect) && self.strike.fits(port)
    }
}
