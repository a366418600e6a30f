//! Clocks that do not go on evenly: set back, or ahead of a process that was suspended.

use crate::base::Timestamp;
use crate::engine::Engine;
use std::time::Duration;

/// A process that wakes so much later than it wanted to was suspended, or the clock was set ahead.
const OVERSLEPT: Duration = Duration::from_mins(1);
/// So long it may look at the world before it gives anything up.
const GRACE: Duration = Duration::from_mins(2);

/// How far the clock was ahead when the last event happened, where it was set back since: what was to happen some time
/// after that event happens so long after it all the same.
#[derive(Default)]
pub(super) struct ClockSkew {
    last: Timestamp,
    span: Duration,
}

impl ClockSkew {
    pub(super) fn at(&mut self, engine: &Engine, now: Timestamp) -> Duration {
        let last = engine.run().last;
        if last != self.last {
            *self = Self { last, span: Duration::ZERO };
        }
        self.span = self.span.max(engine.set_back(now));
        self.span
    }
}

/// Whether the process slept longer than it wanted to. What it waited for may have come meanwhile, so it looks before
/// it gives a step up, as one that was killed does.
#[derive(Default)]
pub(super) struct SuspendDetector {
    /// When it wanted to wake.
    alarm: Option<Timestamp>,
    /// Until when time-outs are judged by which moment.
    spared: Option<(Timestamp, Timestamp)>,
}

impl SuspendDetector {
    /// The moment by which time-outs are judged.
    pub(super) fn judge(&mut self, now: Timestamp) -> Timestamp {
        if let Some(alarm) = self.alarm.take().filter(|alarm| now.since(*alarm) > OVERSLEPT) {
            self.spared = Some((now.plus(GRACE), alarm));
        }
        self.spared = self.spared.filter(|(until, _)| now < *until);
        self.spared.map_or(now, |(_, then)| then)
    }

    /// When a step may be given up that could be at `deadline`.
    pub(super) fn spare(&self, deadline: Timestamp) -> Timestamp {
        self.spared.map_or(deadline, |(until, _)| deadline.max(until))
    }

    /// It wants to wake then.
    pub(super) fn sleeps_until(&mut self, alarm: Option<Timestamp>) {
        self.alarm = alarm;
    }
}
