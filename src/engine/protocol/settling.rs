//! When an effect in doubt can no longer arrive (reliability.md §5, SETTLE).
//!
//! `max(180 s, 2 × (client time-out + worst list lag seen))`: what was sent may arrive after its sender has given it
//! up, and what it made may be missing from lists for a while. A service that was seen to lag is given longer.

use super::SETTLE_EVERY;
use super::assembly::{field, flag};
use crate::base::{Timestamp, Value};
use crate::engine::call::Call;
use crate::engine::history::{Attempt, History, Probe};
use std::time::Duration;

/// The settling time where no list was seen to lag by more than half a minute.
const LEAST: Duration = Duration::from_mins(3);
/// How long the client waits for an answer, as `aura::Client` does.
const CLIENT_TIMEOUT: Duration = Duration::from_mins(1);
/// What was missing from lists for longer than this came late.
const LAG_MAX: Duration = Duration::from_mins(5);
/// Absence needs this many complete lists in a row, the last one after the settling time.
const LISTS: usize = 3;

/// The moment after which this attempt of a step can no longer arrive.
pub fn settles_at(history: &History, attempt: &Attempt) -> Timestamp {
    attempt.last_sent().plus(settling(history))
}

/// Whether these complete lists, made after the attempt, say that it will never be in one: enough of them at the end
/// of the settling time.
pub(super) fn is_settled(history: &History, attempt: &Attempt, lists: &[&Probe]) -> bool {
    let settled_at = settles_at(history, attempt);
    let window = settled_at.minus(SETTLE_EVERY * 2);
    let late = lists.iter().filter(|probe| probe.at >= window).count();
    late >= LISTS && lists.last().is_some_and(|probe| probe.at >= settled_at) && span(lists) >= settling(history)
}

/// What a list shows under this name.
pub(super) fn matches_of<'a>(probe: &'a Probe, name: &str) -> Vec<&'a Value> {
    let all = probe.found.get("matches").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    all.iter().filter(|one| field(one, "name") == name).collect()
}

fn settling(history: &History) -> Duration {
    let lag = history.attempts_at(Call::Create).filter_map(|attempt| lag(history, attempt)).max();
    LEAST.max((CLIENT_TIMEOUT + lag.unwrap_or_default().min(LAG_MAX)) * 2)
}

/// How long lists were made after an attempt that did not show yet what a later one shows.
fn lag(history: &History, attempt: &Attempt) -> Option<Duration> {
    let name = attempt.intent.target.as_str();
    // A list that settles another attempt was not asked for this one.
    let is_about = |probe: &&Probe| match probe.call {
        Call::Settle => field(&probe.found, "name") == name,
        call => call == Call::Sweep,
    };
    let lists = history.probes.iter().filter(|probe| probe.seq > attempt.seq && flag(&probe.found, "complete"));
    let lists: Vec<&Probe> = lists.filter(is_about).collect();
    let shown = lists.iter().position(|probe| !matches_of(probe, name).is_empty())?;
    Some(span(lists.get(..shown)?))
}

/// How long lists were made, by the service's clock: ours may have jumped ahead meanwhile, and nothing settles by that.
fn span(lists: &[&Probe]) -> Duration {
    let told = |probe: &&Probe| field(&probe.found, "date").parse().ok().unwrap_or(probe.at);
    lists.last().zip(lists.first()).map_or(Duration::ZERO, |(last, first)| told(last).since(told(first)))
}
