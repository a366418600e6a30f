//! What should be under way, kept up to date step by step.

use super::command::{Act, Command};
use super::event::Body;
use crate::base::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// When a step that is under way is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// Its deadline.
    pub(super) at: Timestamp,
    /// Its time-out, while it has not begun: then it counts from when a slot was free for it.
    pub(super) unbegun: Option<Duration>,
}

/// What one step contributes.
#[derive(Clone, Debug, Default)]
pub(super) enum Lane {
    /// Nothing: it is over, blocked, held, or waits for something else.
    #[default]
    Idle,
    /// A command; with the moment at which the step is given up, where it has one.
    Command(Box<Command>, Option<Limit>),
    /// An event that follows from the state.
    Conclusion(Box<Body>),
}

/// The contributions of all steps, ordered.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadyQueue {
    /// Commands that compete for slots, by the moment their step became ready.
    work: BTreeMap<(u64, usize), (Command, Option<Limit>)>,
    /// Questions to people; they need no slot.
    asks: BTreeMap<(u64, usize), (Command, Option<Limit>)>,
    conclusions: BTreeMap<usize, Body>,
    /// Where what each step has contributed stands, for taking it back.
    given: BTreeMap<usize, u64>,
}

impl ReadyQueue {
    /// Replaces what a step contributes.
    pub(super) fn set(&mut self, step: usize, ready_seq: u64, lane: Lane) {
        if let Some(seq) = self.given.remove(&step) {
            self.work.remove(&(seq, step));
            self.asks.remove(&(seq, step));
            self.conclusions.remove(&step);
        }
        match lane {
            Lane::Idle => return,
            Lane::Conclusion(body) => drop(self.conclusions.insert(step, *body)),
            Lane::Command(command, limit) if matches!(command.act, Act::Ask(_)) => {
                drop(self.asks.insert((ready_seq, step), (*command, limit)));
            }
            Lane::Command(command, limit) => drop(self.work.insert((ready_seq, step), (*command, limit))),
        }
        self.given.insert(step, ready_seq);
    }

    /// The first `slots` commands that need one, then the questions.
    pub(super) fn pending(&self, slots: usize) -> impl Iterator<Item = &Command> {
        self.work.values().take(slots).chain(self.asks.values()).map(|(command, _)| command)
    }

    /// The command of a step, whether or not it has a slot.
    pub(super) fn command(&self, step: usize) -> Option<&Command> {
        let key = (*self.given.get(&step)?, step);
        self.work.get(&key).or_else(|| self.asks.get(&key)).map(|(command, _)| command)
    }

    /// The conclusion of the first step that has one.
    pub(super) fn conclusion(&self) -> Option<&Body> {
        self.conclusions.values().next()
    }

    /// The step that is to be given up first, and when: one of those that have a slot, or ask a person. A slot was free
    /// for them since `freed` at the latest.
    pub(super) fn first_deadline(&self, slots: usize, freed: Timestamp) -> Option<(Timestamp, usize)> {
        let deadline = |limit: &Limit| limit.at.max(limit.unbegun.map_or(limit.at, |span| freed.plus(span)));
        let having = self.work.iter().take(slots).chain(&self.asks);
        having.filter_map(|((_, step), (_, limit))| limit.as_ref().map(|limit| (deadline(limit), *step))).min()
    }

    /// Whether no step contributes anything.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }
}
