//! What should be under way, kept up to date step by step.

use super::command::{Act, Command};
use super::event::Body;
use crate::base::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
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

/// Where a step stands among those that compete: the event since which it has work, and its index.
type Place = (u64, usize);

/// The group of a step, with how many of its steps may be under way at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) group: usize,
    pub(super) most: usize,
}

/// The contributions of all steps, ordered.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadyQueue {
    /// Commands that compete for slots, by the moment their step became ready.
    work: BTreeMap<Place, (Command, Option<Limit>)>,
    /// Commands of groups that have as many under way as they may.
    parked: BTreeMap<Place, (Command, Option<Limit>)>,
    /// All commands of each group with a limit, those of `work` first.
    shares: BTreeMap<usize, BTreeSet<Place>>,
    /// Questions to people; they need no slot.
    asks: BTreeMap<(u64, usize), (Command, Option<Limit>)>,
    conclusions: BTreeMap<usize, Body>,
    /// Where what each step has contributed stands, for taking it back.
    given: BTreeMap<usize, u64>,
}

impl ReadyQueue {
    /// Replaces what a step contributes.
    pub(super) fn set(&mut self, step: usize, ready_seq: u64, lane: Lane, share: Option<Share>) {
        if let Some(seq) = self.given.remove(&step) {
            self.work.remove(&(seq, step));
            self.parked.remove(&(seq, step));
            if let Some(share) = share {
                self.shares.entry(share.group).or_default().remove(&(seq, step));
                self.fill(share);
            }
            self.asks.remove(&(seq, step));
            self.conclusions.remove(&step);
        }
        match lane {
            Lane::Idle => return,
            Lane::Conclusion(body) => drop(self.conclusions.insert(step, *body)),
            Lane::Command(command, limit) if matches!(command.act, Act::Ask(_)) => {
                drop(self.asks.insert((ready_seq, step), (*command, limit)));
            }
            Lane::Command(command, limit) => {
                let place = (ready_seq, step);
                if let Some(share) = share {
                    self.parked.insert(place, (*command, limit));
                    self.shares.entry(share.group).or_default().insert(place);
                    self.fill(share);
                } else {
                    self.work.insert(place, (*command, limit));
                }
            }
        }
        self.given.insert(step, ready_seq);
    }

    /// The first commands of a group compete for slots, as many as it may have under way; the others are parked.
    fn fill(&mut self, share: Share) {
        let Some(places) = self.shares.get(&share.group) else { return };
        for place in places.iter().take(share.most) {
            if let Some(parked) = self.parked.remove(place) {
                self.work.insert(*place, parked);
            }
        }
        if let Some(place) = places.iter().nth(share.most)
            && let Some(work) = self.work.remove(place)
        {
            self.parked.insert(*place, work);
        }
    }

    /// The first `slots` commands that need one, then the questions.
    pub(super) fn pending(&self, slots: usize) -> impl Iterator<Item = &Command> {
        self.work.values().take(slots).chain(self.asks.values()).map(|(command, _)| command)
    }

    /// The command of a step, whether or not it has a slot.
    pub(super) fn command(&self, step: usize) -> Option<&Command> {
        let key = (*self.given.get(&step)?, step);
        self.work
            .get(&key)
            .or_else(|| self.asks.get(&key))
            .or_else(|| self.parked.get(&key))
            .map(|(command, _)| command)
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
