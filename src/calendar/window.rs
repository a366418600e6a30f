//! One window: when it opens, for how long, and what closes it in spite of that.

use super::freeze::Freeze;
use super::rule::Rule;
use super::span::{Span, merge, without};
use super::zone::{Tz, local_time, moment};
use crate::base::Timestamp;
use chrono::{NaiveDateTime, TimeDelta};
use std::time::Duration;

/// The longest window.
pub const DURATION_MAX: Duration = Duration::from_hours(31 * 24);
/// A local time and its moment lie at most so far apart, whatever the zone and its gaps.
const APART: TimeDelta = TimeDelta::days(3);

/// A window in which a change may take place.
#[derive(Clone, Debug)]
pub struct Window {
    /// The zone whose local time the rule is in.
    pub zone: Tz,
    /// When it opens.
    pub opens: Opens,
    /// How long it stays open, in time that passes.
    pub duration: Duration,
    /// What must be left of it, beside what a step takes.
    pub reserve: Duration,
    /// What closes it.
    pub freezes: Vec<Freeze>,
    /// What its end means for a run.
    pub on_close: OnClose,
}

/// When a window opens.
#[derive(Clone, Debug)]
pub enum Opens {
    /// Once, at this local time.
    Once(NaiveDateTime),
    /// By a rule.
    By(Box<Rule>),
}

/// What the end of a window means for a run that is under way, before its point of no return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnClose {
    /// Nothing is started any more; what was sent is recorded.
    #[default]
    Pause,
    /// Steps that have begun go on to their end; no other begins.
    FinishStep,
}

impl OnClose {
    /// Every value, in the order of the page.
    pub const ALL: [Self; 2] = [Self::Pause, Self::FinishStep];

    /// Its name in a runbook.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::FinishStep => "finish_step",
        }
    }
}

impl Window {
    /// When it is open, of the moments from `from` until `to`, in order. Spans that go over an end are cut there.
    pub fn spans(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let opened = |local: NaiveDateTime| {
            let from = moment(local, self.zone)?;
            Some(Span { from, until: from.plus(self.duration) })
        };
        let earliest = local_time(from.minus(self.duration), self.zone).checked_sub_signed(APART);
        let latest = local_time(to, self.zone).checked_add_signed(APART);
        let locals = match (&self.opens, earliest.zip(latest)) {
            (Opens::Once(at), _) => vec![*at],
            (Opens::By(rule), Some((earliest, latest))) => rule.times(earliest, latest, self.zone),
            (Opens::By(_), None) => Vec::new(),
        };
        let cut = |span: Span| Span { from: span.from.max(from), until: span.until.min(to) };
        let open = merge(locals.into_iter().filter_map(opened).map(cut).collect());
        let shut = merge(self.freezes.iter().flat_map(|freeze| freeze.spans(from, to)).collect());
        without(&open, &shut)
    }
}
