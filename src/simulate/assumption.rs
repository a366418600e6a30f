//! What a run assumes of the service, and whether it holds in the world of a trial (docs/settling.md).

use crate::base::{format_duration, parse_duration};
use crate::engine::event::Intent;
use std::fmt;
use std::time::Duration;

/// An assumption that does not hold: what goes wrong because of it is no bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is behind: `lists` or `reads`.
    pub what: &'static str,
    /// By how much.
    pub lag: Duration,
    /// What the run assumes at most.
    pub assumed: Duration,
    /// How many instances were created while another one of the same step was there. At the end there is one.
    pub doubled: usize,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, lag, assumed, .. } = self;
        let (lag, assumed) = (format_duration(*lag), format_duration(*assumed));
        write!(f, "the assumption is broken: {what} lag by {lag}, the plan assumes at most {assumed}")
    }
}

/// What an announcement assumes: twice what was seen, where that is more than what the step says.
pub(super) fn assumed(intent: &Intent) -> Option<Duration> {
    let told = |name: &str| parse_duration(intent.input.get(name)?.as_str()?).ok();
    told("lag_max").map(|assumed| assumed.max(told("lag_seen").unwrap_or_default() * 2))
}
