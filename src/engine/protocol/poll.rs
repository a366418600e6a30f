//! Looking at the world again and again until it is as wanted.
//!
//! No decision rests on one look, and a status outside the known set means waiting on.

use super::decision::{LOOKS, LOOKS_APART, pace};
use super::values::duration;
use super::{Context, Next};
use crate::base::{Timestamp, Value};
use crate::engine::call::Call;
use crate::engine::history::Probe;
use std::time::Duration;

/// Whether the last two looks say so.
pub fn agree(context: &Context<'_>, says_so: impl Fn(&Probe) -> bool) -> bool {
    let looks = context.history.probes.iter().rev().filter(|probe| probe.call == Call::Poll);
    looks.take(LOOKS).filter(|probe| says_so(probe)).count() == LOOKS
}

/// The look that has to agree with the last one.
pub fn once_more(context: &Context<'_>, last: &Probe) -> Next {
    again(context, last.at.plus(LOOKS_APART))
}

/// How long after a look the next one is due.
pub fn pause(context: &Context<'_>, last: &Probe) -> Duration {
    match context.with.get("every").and_then(Value::as_str) {
        Some(_) => duration(context, "every"),
        None => pace(last.at.since(context.since)),
    }
}

/// The next look, no earlier than `at`.
pub fn again(context: &Context<'_>, at: Timestamp) -> Next {
    Next::read(Call::Poll, at.max(context.history.wait_until.unwrap_or_default()), Value::Null)
}
