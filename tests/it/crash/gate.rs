//! What every call to the world passes: it counts them, and kills the process at its point.

use super::point::{Point, Side};
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Child;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest that the world takes for an answer, in real time.
const ANSWER: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Gate {
    watch: Mutex<Watch>,
    answered: Condvar,
}

/// The process that is watched.
#[derive(Default)]
struct Watch {
    /// Counts processes, so that what an earlier one has sent is not taken for a call of this one.
    generation: u64,
    group: Option<Pid>,
    /// Where it is killed.
    point: Option<Point>,
    is_killed: bool,
    /// The request lines of its calls.
    calls: Vec<String>,
    /// How many calls the world has not answered yet.
    open: usize,
    /// The calls that a process was killed at, of all processes.
    met: Vec<String>,
}

/// A call that is let through.
pub(super) struct Passage {
    number: usize,
    line: String,
}

impl Gate {
    /// Starts a process in a group of its own and watches it. The world has finished with the one before it: what a
    /// dead process has sent is carried out, but not minutes of simulated time later.
    pub(super) fn watch(&self, point: Option<Point>, start: impl FnOnce() -> Child) -> Child {
        let (mut watch, waited) = self
            .answered
            .wait_timeout_while(self.lock(), ANSWER, |watch| watch.open > 0)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "the world has not answered {} calls", watch.open);
        let child = start();
        watch.group = Some(Pid::from_child(&child));
        watch.generation += 1;
        watch.point = point;
        watch.is_killed = false;
        watch.calls.clear();
        child
    }

    /// Which process the connections of now belong to.
    pub(super) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// The request lines of the calls of the last process.
    pub(super) fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// The calls that a process was killed at, in their order.
    pub(super) fn met(&self) -> Vec<String> {
        self.lock().met.clone()
    }

    /// A request has arrived whole. Nothing where it must not be forwarded.
    pub(super) fn arrived(&self, generation: u64, line: &str) -> Option<Passage> {
        let mut watch = self.lock();
        if watch.generation != generation || watch.is_killed {
            return None;
        }
        watch.calls.push(line.to_owned());
        let passage = Passage { number: watch.calls.len(), line: line.to_owned() };
        if watch.is_point(&passage, Side::Before) {
            watch.kill(&passage);
            return None;
        }
        watch.open += 1;
        Some(passage)
    }

    /// The world has answered. Whether the answer is handed back.
    pub(super) fn answered(&self, generation: u64, passage: &Passage) -> bool {
        let mut watch = self.lock();
        watch.open -= 1;
        self.answered.notify_all();
        if watch.generation != generation || watch.is_killed {
            return false;
        }
        if watch.is_point(passage, Side::After) {
            watch.kill(passage);
            return false;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn is_point(&self, passage: &Passage, side: Side) -> bool {
        self.point.as_ref().is_some_and(|point| point.side == side && point.is_at(passage.number, &passage.line))
    }

    fn kill(&mut self, passage: &Passage) {
        kill_process_group(self.group.unwrap(), Signal::KILL).unwrap();
        self.is_killed = true;
        self.met.push(passage.line.clone());
    }
}
