//! Several windows of which all must be open.

use super::span::{Span, Standing, both};
use super::window::{OnClose, Window};
use crate::base::Timestamp;
use std::time::Duration;

/// So far ahead is looked, first a month, for most windows come every week.
const AHEAD: [Duration; 3] =
    [Duration::from_hours(40 * 24), Duration::from_hours(400 * 24), Duration::from_hours(4_000 * 24)];

/// So far back is looked for the beginning of a window that is open.
const BACK: Duration = Duration::from_hours(32 * 24);

/// When a change may take place: while every one of its windows is open; at any time where it has none.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// The windows.
    pub windows: Vec<Window>,
}

impl Schedule {
    /// Whether a change may take place at any time.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// What must be left of a window, beside what a step takes: the longest reserve.
    pub fn reserve(&self) -> Duration {
        self.windows.iter().map(|window| window.reserve).max().unwrap_or_default()
    }

    /// What the end of a window means: a pause, where one of the windows says so.
    pub fn on_close(&self) -> OnClose {
        let finishes = !self.is_empty() && self.windows.iter().all(|window| window.on_close == OnClose::FinishStep);
        if finishes { OnClose::FinishStep } else { OnClose::Pause }
    }

    /// When all are open, of the moments from `from` until `to`, in order; cut at both ends.
    pub fn spans(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let mut windows = self.windows.iter();
        let Some(first) = windows.next() else { return vec![Span { from, until: to }] };
        windows.fold(first.spans(from, to), |common, window| {
            if common.is_empty() { common } else { both(&common, &window.spans(from, to)) }
        })
    }

    /// What holds now. The next eleven years are looked at.
    pub fn at(&self, now: Timestamp) -> Standing {
        for span in AHEAD {
            let to = now.plus(span);
            match self.spans(now, to).first() {
                // It may be open for longer than is looked at.
                Some(first) if first.until == to && Some(&span) != AHEAD.last() => {}
                Some(first) if first.from == now => return Standing::Open(self.since(*first)),
                Some(first) => return Standing::Closed(Some(*first)),
                None => {}
            }
        }
        Standing::Closed(None)
    }

    /// The span with its beginning, which may be before the moment at which it was cut.
    fn since(&self, cut: Span) -> Span {
        let earlier = self.spans(cut.from.minus(BACK), cut.until);
        earlier.into_iter().find(|span| span.until == cut.until).unwrap_or(cut)
    }

    /// The next times that it is open, from `now` on; the first of them may have begun before that.
    pub fn coming(&self, now: Timestamp, most: usize) -> Vec<Span> {
        let mut found = Vec::new();
        for span in AHEAD {
            let to = now.plus(span);
            found = self.spans(now, to);
            let whole = found.iter().filter(|span| span.until < to).count();
            if whole >= most {
                break;
            }
        }
        if let Some(first) = found.first_mut().filter(|first| first.from == now) {
            *first = self.since(*first);
        }
        found.truncate(most);
        found
    }
}
