//! What stands in a test file.

use crate::base::{Map, Value};
use crate::runbook::diagnostic::{Collector, Diagnostic, Diagnostics};
use crate::runbook::source::Span;
use std::time::Duration;

/// A test file.
#[derive(Clone, Debug)]
pub struct TestFile {
    pub(super) name: String,
    pub(super) text: String,
    /// The runbook, from where the test file is.
    pub runbook: Named,
    /// The cases, in order.
    pub cases: Vec<TestCase>,
}

/// A text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A case, with what the file says for all of them.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Its name.
    pub name: Named,
    /// The line of its name.
    pub line: usize,
    /// What its world is made of, each part merged into those before.
    pub scenario: Vec<ScenarioPart>,
    /// The inputs, scalars as they are written.
    pub inputs: Map,
    /// Where each input stands.
    pub input_places: Vec<Named>,
    /// Whether nobody answers what no answer is written for.
    pub nobody: bool,
    /// The answers, by step.
    pub answers: Vec<(Named, Answer)>,
    /// What goes wrong.
    pub faults: Vec<CaseFault>,
    /// What the operator does once the run has stopped, in order.
    pub actions: Vec<CaseAction>,
    /// What must be so at the end.
    pub expect: Expect,
}

/// A part of a world.
#[derive(Clone, Debug)]
pub enum ScenarioPart {
    /// The scenario in a file, from where the test file is.
    File(Named),
    /// Keys of a scenario.
    Inline(Inline),
}

/// A value with the places of its keys.
#[derive(Clone, Debug)]
pub struct Inline {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
    /// Every key in it, at any depth.
    pub keys: Vec<Named>,
}

/// The answers to the questions of a step; none where nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The same whenever it asks.
    Always(Option<String>),
    /// One for each asking.
    InTurn(Vec<Option<String>>),
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub enum CaseFault {
    /// A fault of requests that match, as a scenario has them.
    Matching(Inline),
    /// A fault of the calls of a step.
    AtStep(AtStep),
}

/// A fault of the calls of a step.
#[derive(Clone, Debug)]
pub struct AtStep {
    /// The step.
    pub step: Named,
    /// What happens.
    pub kind: Named,
    /// Whether it is about what the step sends; where nothing is said, it is where the step sends anything.
    pub at_effect: Option<bool>,
    /// How many such calls pass before.
    pub after: u64,
    /// To how many calls it happens.
    pub count: u64,
    /// What the kind of fault needs.
    pub arg: Value,
    /// Where it stands.
    pub span: Span,
}

/// What the operator does once the run has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseAction {
    /// Resumes it.
    Resume,
    /// Cancels it.
    Cancel,
    /// Records whether the effect of a step took place.
    Resolve(Named, bool),
    /// Lets time pass.
    Wait(Duration),
}

/// How a run can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndWord {
    /// Every step is over.
    Done,
    /// A step failed before the point of no return.
    Failed,
    /// A step cannot go on by itself.
    Held,
    /// A question waits for its answer.
    Waiting,
    /// Nobody knows whether an effect took place.
    InDoubt,
    /// It was cancelled.
    Cancelled,
}

impl EndWord {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] = [Self::Done, Self::Failed, Self::Held, Self::Waiting, Self::InDoubt, Self::Cancelled];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::InDoubt => "in doubt",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What must be so at the end; what is left out is not compared.
#[derive(Clone, Debug)]
pub struct Expect {
    /// How the run ends.
    pub end: EndWord,
    /// The exit code.
    pub exit: Option<u8>,
    /// A part of why it failed or is held.
    pub because: Option<String>,
    /// Outputs, by name.
    pub outputs: Option<Vec<(Named, Value)>>,
    /// All effects that were sent, in order.
    pub effects: Option<Vec<At>>,
    /// The gates that refused, in order.
    pub refused: Option<Vec<At>>,
    /// The steps that were skipped.
    pub skipped: Option<Vec<Named>>,
}

/// A step, and what is said of it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The step.
    pub step: Named,
    /// What is said of it.
    pub what: Option<String>,
}

impl TestFile {
    /// These mistakes as mistakes of this file.
    pub fn told(&self, mistakes: Vec<Diagnostic>) -> Diagnostics {
        let mut found = Collector::default();
        for one in mistakes {
            let places = found.add(one.code, one.span, one.message);
            if let Some(hint) = one.hint {
                places.hint(hint);
            }
        }
        found.finish(&self.name, &self.text)
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }
}
