//! How far a run goes before it pauses by itself: `run --until STEP` and `run --only-reads`.

use super::event::RunOpened;
use crate::base::Value;
use crate::runbook::plan::{Plan, Step};
use std::collections::BTreeSet;

/// How far a run goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Until this step is over.
    Until {
        /// The step.
        step: usize,
        /// It and what it waits for, directly and indirectly.
        within: BTreeSet<usize>,
    },
    /// Until nothing is left but steps that change something or ask somebody, and those that wait for them.
    Reads,
}

/// How far a run goes before it pauses by itself, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtentView {
    /// The step after which it pauses; without one it pauses before the first change and the first question.
    pub until: Option<String>,
    /// Whether it has paused there.
    pub reached: bool,
    /// The steps that would begin next.
    pub next: Vec<String>,
}

impl Extent {
    /// What a run was born with.
    pub(super) fn of(facts: &RunOpened, plan: &Plan) -> Option<Self> {
        if facts.policy.get("only_reads").and_then(Value::as_bool) == Some(true) {
            return Some(Self::Reads);
        }
        let step = plan.index_of(facts.policy.get("until")?.as_str()?)?;
        let within = plan.needed_by(step).into_iter().chain([step]).collect();
        Some(Self::Until { step, within })
    }

    /// Whether a step may be under way.
    pub(super) fn lets(&self, index: usize, step: &Step) -> bool {
        match self {
            Self::Until { within, .. } => within.contains(&index),
            Self::Reads => step.changes_nothing(),
        }
    }
}
