//! One pure protocol for each kind of step: which call comes next, decided from what the step has been through.
//!
//! A protocol is a function from a [`Context`] to a [`Next`]; it keeps nothing. Whatever it needs to remember stands
//! in the journal, so the same function decides live and after a crash. What is common to all effects (an announced
//! effect is sent before anything else is decided, failures that pass are tried again) is in [`effect`].

mod assembly;
mod create;
mod delete;
mod effect;
mod fate;
mod file;
mod people;
mod poll;
mod single;
mod snapshot;
mod update;
mod upload;

pub use delete::not_there;
pub use fate::derived_name;
pub use people::text_to_type;

use super::call::{Call, CallError};
use super::command::Act;
use super::event::HoldClass;
use super::evidence::Evidence;
use super::history::History;
use super::question::Question;
use crate::base::{Map, Timestamp, Value};
use crate::runbook::plan::Step;
use std::time::Duration;

/// How long an effect in doubt may still arrive: after this, and three complete lists without it, it never will.
///
/// `max(180 s, 2 × (client time-out + worst list lag))` of reliability.md §5 with a time-out of 60 s and a lag of at
/// most 30 s.
pub const SETTLE: Duration = Duration::from_secs(180);

/// How often the world is listed while an effect is in doubt.
pub const SETTLE_EVERY: Duration = Duration::from_secs(15);

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

impl Next {
    /// Something to be done at once.
    pub(super) fn now(act: Act) -> Self {
        Self::Do { act, at: Timestamp::default(), input: Value::Null }
    }

    /// A read.
    pub(super) fn read(call: Call, at: Timestamp, input: Value) -> Self {
        Self::Do { act: Act::Read(call), at, input }
    }

    /// The preparation of an effect.
    pub(super) fn prepare(call: Call, at: Timestamp, input: Value) -> Self {
        Self::Do { act: Act::Prepare(call), at, input }
    }
}

/// What comes next for a step that is under way.
pub fn next(context: &Context<'_>) -> Next {
    if let Some(next) = effect::before_all(context) {
        return next;
    }
    match context.step.kind.name {
        "aura.instance.create" => create::next(context),
        "aura.instance.delete" => delete::next(context),
        "aura.instance.update" => update::next(context),
        "aura.snapshot.create" => snapshot::next(context),
        "aura.instance.await" => poll::instance(context),
        "aura.snapshot.await" => poll::snapshot(context),
        "neo4j.compare" => poll::compare(context),
        "backup.receive" => people::receive(context),
        "confirm" => people::confirm(context),
        "manual" => people::manual(context),
        "diff" => people::diff(context),
        "s3.put" => upload::next(context),
        "file.write" => file::next(context),
        "sleep" => single::sleep(context),
        _ => single::read(context),
    }
}

/// What comes next at the end of the run for a step that succeeded: looking for late arrivals. `None` when there is
/// nothing left to look for.
pub fn sweep(context: &Context<'_>) -> Option<Next> {
    match context.step.kind.name {
        "aura.instance.create" => create::sweep(context),
        _ => None,
    }
}
