//! What a protocol decides on, and what it can decide.

use crate::base::{Map, Timestamp, Value};
use crate::engine::call::{Call, CallError};
use crate::engine::command::Act;
use crate::engine::event::HoldClass;
use crate::engine::evidence::Evidence;
use crate::engine::history::{History, Probe};
use crate::engine::question::Question;
use crate::runbook::plan::Step;
use std::time::Duration;

/// How often the world is listed while an effect is in doubt.
pub const SETTLE_EVERY: Duration = Duration::from_secs(15);

/// What is looked for is there once so many looks in a row have seen it …
pub const LOOKS: usize = 2;
/// … so far apart: a look may be behind, and a status may last for a moment only.
pub const LOOKS_APART: Duration = Duration::from_secs(10);

/// How long after a look the next one is due where nothing else says it: an eighth of the time waited so far, in whole
/// seconds, at least ten and at most sixty.
///
/// So nothing is noticed more than an eighth later than it could be, and what takes hours does not fill the trail and
/// the request budget.
pub fn pace(waited: Duration) -> Duration {
    Duration::from_secs((waited.as_secs() / 8).clamp(10, 60))
}

/// What a protocol decides on.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The step.
    pub step: &'a Step,
    /// Its rendered inputs.
    pub with: &'a Map,
    /// What it has been through.
    pub history: &'a History,
    /// When it became ready, or was taken up again.
    pub since: Timestamp,
    /// How long no process lived since then.
    pub idle: Duration,
    /// When it became ready the first time.
    pub ready_at: Timestamp,
    /// The number of this session.
    pub session: u32,
    /// The run's nonce, from which derived names come.
    pub nonce: &'a str,
    /// The plan's digest, in hexadecimal.
    pub plan_digest: &'a str,
    /// For a step that asks: what to show of other steps.
    pub show: &'a [(String, Value)],
    /// For a confirmation: its first lines.
    pub headline: &'a str,
    /// For a confirmation: what it breaks elsewhere.
    pub consequences: &'a [String],
}

impl Context<'_> {
    /// Whether a sight belongs to this taking up of the step: what was seen before a person was asked to mend
    /// something says nothing about how it is now.
    pub fn is_current(&self, probe: &Probe) -> bool {
        probe.session == self.session || probe.at > self.since
    }

    /// Whether an operator said that the last effect took place, where one said anything about it.
    pub fn resolution(&self) -> Option<bool> {
        self.history.word()
    }
}

/// What comes next for a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This is to be done, no earlier than `at`.
    Do {
        /// What.
        act: Act,
        /// The earliest moment.
        at: Timestamp,
        /// What the protocol adds.
        input: Value,
    },
    /// A person is to be asked.
    Ask(Question),
    /// A one-time secret is lost.
    Lose {
        /// The attempt that obtained it.
        attempt: u32,
        /// What it would have opened.
        target: String,
    },
    /// Another secret took the place of an older one.
    Rotated {
        /// The attempt that set it.
        attempt: u32,
        /// What it opens.
        target: String,
    },
    /// The step is done.
    Succeed {
        /// Its outputs.
        output: Map,
        /// What it proves.
        evidence: Vec<Evidence>,
    },
    /// The step cannot be done.
    Fail(CallError),
    /// The step cannot go on without a person.
    Hold {
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
        /// What kind of obstacle.
        class: HoldClass,
    },
}

/// What a run that is ending still does for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Parting {
    /// Whether a person is asked.
    pub(in crate::engine) may_decide: bool,
    /// Whether what was created gets its name; who cancels a run wants nothing more to be written.
    pub(in crate::engine) may_name: bool,
}

impl Next {
    /// Whether a run that is ending goes on with this. Nothing new is begun, but the outcome of what was begun is found
    /// out, a password that came with an instance or was changed is delivered, an orphan of ours is removed, and where
    /// `parting` says so what was created gets its name and a person is asked.
    pub(in crate::engine) fn is_seen_through(&self, parting: Parting) -> bool {
        match self {
            Self::Do { act: Act::Prepare(Call::Replace), .. } => true,
            Self::Do { act: Act::Prepare(Call::Rename), .. } => parting.may_name,
            Self::Do { act: Act::Prepare(_), .. } => false,
            Self::Do { act: Act::Ask(_), .. } | Self::Ask(_) => parting.may_decide,
            _ => true,
        }
    }

    /// Something to be done at once.
    pub fn now(act: Act) -> Self {
        Self::Do { act, at: Timestamp::default(), input: Value::Null }
    }

    /// A read.
    pub fn read(call: Call, at: Timestamp, input: Value) -> Self {
        Self::Do { act: Act::Read(call), at, input }
    }

    /// The preparation of an effect.
    pub fn prepare(call: Call, at: Timestamp, input: Value) -> Self {
        Self::Do { act: Act::Prepare(call), at, input }
    }
}
