//! Spans of time, and what is made of several.

use crate::base::Timestamp;

/// From one moment, until right before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The window is open, in this span; where it has been open for longer than a month, it is cut there.
    Open(Span),
    /// It is closed, and this is the next time that it is open; none where it never opens again, as far as is looked.
    Closed(Option<Span>),
}

/// The same moments in as few spans as possible, in order.
pub(super) fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.from < span.until);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut().filter(|last| span.from <= last.until) {
            Some(last) => last.until = last.until.max(span.until),
            None => merged.push(span),
        }
    }
    merged
}

/// The moments of `open` that are in none of `shut`; both are merged.
pub(super) fn without(open: &[Span], shut: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(open.len());
    let mut shut = shut.iter().peekable();
    for span in open {
        let mut from = span.from;
        while shut.next_if(|one| one.until <= from).is_some() {}
        while let Some(one) = shut.peek().filter(|one| one.from < span.until) {
            if from < one.from {
                left.push(Span { from, until: one.from });
            }
            from = from.max(one.until);
            if from >= span.until {
                break;
            }
            shut.next();
        }
        if from < span.until {
            left.push(Span { from, until: span.until });
        }
    }
    left
}

/// The moments that are in both; both are merged.
pub(super) fn both(left: &[Span], right: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let (from, until) = (one.from.max(other.from), one.until.min(other.until));
        if from < until {
            common.push(Span { from, until });
        }
        if one.until <= other.until {
            left.next();
        } else {
            right.next();
        }
    }
    common
}
