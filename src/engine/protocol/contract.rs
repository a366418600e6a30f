//! What the engine asks of a kind.

use super::single::read;
use super::{Context, Next};
use crate::base::{Map, Value};
use crate::engine::call::{Call, Outcome};
use crate::engine::command::Command;
use crate::engine::event::{HoldClass, Intent};
use crate::engine::history::{Attempt, History, Probe};
use crate::runbook::kind::Kind;

/// Finds the protocol of a kind.
pub type Protocols = fn(&Kind) -> &'static dyn Protocol;

/// Something that a look may find.
#[derive(Clone, Debug, PartialEq)]
pub struct PossibleFinding {
    /// In a few words.
    pub what: &'static str,
    /// As the look would record it.
    pub found: Value,
}

/// What happens in place of an announcement.
#[derive(Clone, Debug, PartialEq)]
pub enum Instead {
    /// It counts as a look that found this.
    Found(Call, Value),
    /// The step is held.
    Hold {
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
        /// What kind of obstacle.
        class: HoldClass,
    },
}

/// How the steps of a kind go on: pure functions of what a step has been through. The defaults are those of a kind that
/// is one read.
pub trait Protocol: Sync {
    /// What comes next. An effect that was announced in this session is sent before this is asked.
    fn next(&self, context: &Context<'_>) -> Next {
        read(context)
    }

    /// A look at the subject of an irreversible effect that was sent before; none for a kind that has no such effect.
    fn look_again(&self, _context: &Context<'_>) -> Option<Next> {
        None
    }

    /// The effect that may follow the step's success, in the last sweep; none for a kind that leaves nothing behind.
    fn sweeps(&self) -> Option<Call> {
        None
    }

    /// What comes next at the end of the run for a step that succeeded; none when there is nothing left to do.
    fn sweep(&self, _context: &Context<'_>) -> Option<Next> {
        None
    }

    /// Whether an effect may be announced, beside the evidence that an irreversible one needs; ends in a reason. Only
    /// a kind that knows its own orphans may have one deleted.
    fn allows(&self, _with: Option<&Map>, _history: &History, intent: &Intent) -> Result<(), String> {
        if intent.call == Call::Replace {
            return Err(format!("{} is not provably an orphan of this run", intent.target));
        }
        Ok(())
    }

    /// What a person does where an effect may not be announced; none where the reason alone says it.
    fn not_sent_remedy(&self, _call: Call) -> Option<&'static str> {
        None
    }

    /// What happens in place of the announcement of an irreversible effect, by what its guard read saw.
    fn instead(&self, _history: &History, _intent: &Intent) -> Option<Instead> {
        None
    }

    /// What it means that the preparation of an effect found nothing to act on.
    fn not_found(&self, _call: Call, _command: &Command, _history: &History, _has_crossed: bool) -> Option<Instead> {
        None
    }

    /// Whether a look sees the subject on its way out of the world.
    fn is_leaving(&self, _seen: &Value) -> bool {
        false
    }

    /// The effects whose outcome is not known, or which left something of no use behind, in the order they were
    /// announced.
    fn unsettled<'a>(&self, context: &Context<'a>, _sweeping: bool) -> Vec<&'a Attempt> {
        let is_open = |attempt: &&Attempt| attempt.outcome().is_none_or(|outcome| outcome == Outcome::Unknown);
        context.history.attempts.last().filter(is_open).into_iter().collect()
    }

    /// What a look of this call may find, as far as it leads on.
    fn findings(&self, _context: &Context<'_>, _call: Call, _input: &Value) -> Vec<PossibleFinding> {
        Vec::new()
    }

    /// What a look is, in words: a whole sentence without its end.
    fn look(&self, _call: Call) -> &'static str {
        "it is looked at"
    }

    /// What the sending of this call is, in words, where something like it was sent before.
    fn sending(&self, _call: Call) -> &'static str {
        "it is sent again"
    }

    /// How many more attempts at this call are made if none of them is ever answered, where there is such a limit.
    fn attempts_left(&self, _context: &Context<'_>, _call: Call) -> Option<usize> {
        None
    }

    /// What a look saw of this target, in words.
    fn saw(&self, _context: &Context<'_>, probe: &Probe, _target: &str) -> String {
        probe.found.to_string()
    }
}

impl std::fmt::Debug for dyn Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Protocol")
    }
}
