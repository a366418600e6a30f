//! What should be under way, kept up to date step by step.

use super::command::{Act, Command};
use super::event::Body;
use crate::base::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What one step contributes.
#[derive(Clone, Debug, Default)]
pub(super) enum Lane {
    /// Nothing: it is over, blocked, held, or waits for something else.
    #[default]
    Idle,
    /// A command; with the moment at which the step is given up, where it has one.
    Command(Box<Command>, Option<Timestamp>),
    /// An event that follows from the state.
    Conclusion(Box<Body>),
}

/// The contributions of all steps, ordered.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    /// Commands that compete for slots, by the moment their step became ready.
    work: BTreeMap<(u64, usize), Command>,
    /// Questions to people; they need no slot.
    asks: BTreeMap<(u64, usize), Command>,
    conclusions: BTreeMap<usize, Body>,
    deadlines: BTreeSet<(Timestamp, usize)>,
    /// What each step has contributed, for taking it back.
    given: BTreeMap<usize, (u64, Option<Timestamp>)>,
}

impl Lanes {
    /// Replaces what a step contributes.
    pub(super) fn set(&mut self, step: usize, ready_seq: u64, lane: Lane) {
        if let Some((seq, deadline)) = self.given.remove(&step) {
            self.work.remove(&(seq, step));
            self.asks.remove(&(seq, step));
            self.conclusions.remove(&step);
            if let Some(deadline) = deadline {
                self.deadlines.remove(&(deadline, step));
            }
        }
        let deadline = match lane {
            Lane::Idle => return,
            Lane::Conclusion(body) => {
                self.conclusions.insert(step, *body);
                None
            }
            Lane::Command(command, deadline) => {
                let lane = if matches!(command.act, Act::Ask(_)) { &mut self.asks } else { &mut self.work };
                lane.insert((ready_seq, step), *command);
                deadline
            }
        };
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, step));
        }
        self.given.insert(step, (ready_seq, deadline));
    }

    /// The first `slots` commands that need one, then the questions.
    pub(super) fn pending(&self, slots: usize) -> impl Iterator<Item = &Command> {
        self.work.values().take(slots).chain(self.asks.values())
    }

    /// The command of a step, whether or not it has a slot.
    pub(super) fn command(&self, step: usize) -> Option<&Command> {
        let (seq, _) = self.given.get(&step)?;
        self.work.get(&(*seq, step)).or_else(|| self.asks.get(&(*seq, step)))
    }

    /// The conclusion of the first step that has one.
    pub(super) fn conclusion(&self) -> Option<&Body> {
        self.conclusions.values().next()
    }

    /// The step that is to be given up first, and when.
    pub(super) fn first_deadline(&self) -> Option<(Timestamp, usize)> {
        self.deadlines.first().copied()
    }

    /// Whether no step contributes anything.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }
}
