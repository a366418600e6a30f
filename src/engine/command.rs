//! What should be under way: plain data with a stable identity.

use super::call::{Call, Sealed};
use super::event::Intent;
use super::question::Question;
use crate::base::{Map, Timestamp, Value};
use crate::runbook::kind::Kind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something to be done for a step. Doing it yields one [`Reply`](super::call::Reply).
#[derive(Clone, Debug)]
pub struct Command {
    /// What identifies it.
    pub id: CommandId,
    /// It must not be started before this.
    pub not_before: Timestamp,
    /// The step's id.
    pub step: String,
    /// The step's kind.
    pub kind: &'static Kind,
    /// What to do.
    pub act: Act,
    /// For an effect that is to be sent, the sequence number of its announcement.
    pub announced: Option<u64>,
    /// The step's rendered inputs, defaults filled in; a secret stands in it as a handle, `{"$secret": "…"}`.
    pub with: Arc<Map>,
    /// What the protocol adds for this call, for example the derived name.
    pub input: Value,
    /// The sealed secrets of earlier steps that the handles refer to, by step id; under its own id, the one that this
    /// step made for an earlier attempt.
    pub sealed: Arc<BTreeMap<String, Sealed>>,
}

/// What identifies a command: the same state always gives the same identities in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId {
    /// Index of the step in the plan.
    pub step: usize,
    /// Which call of the step's protocol.
    pub call: Call,
    /// Which attempt at the call, from 1; 0 for reads.
    pub attempt: u32,
    /// How many events the step had seen when the command arose.
    pub serial: u32,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Check before the run begins what can be checked then.
    Check,
    /// Perform one read, or one computation.
    Read(Call),
    /// Perform the reads that an effect needs right before it, and describe the effect.
    Prepare(Call),
    /// Send the effect that was announced.
    Send(Box<Intent>),
    /// Put a one-time secret into its sink and read it back.
    Deliver {
        /// The attempt that obtained it.
        attempt: u32,
        /// The secret.
        sealed: Sealed,
    },
    /// Ask a person.
    Ask(Box<Question>),
}
