//! When an effect in doubt can no longer arrive (docs/settling.md, "The assumption").
//!
//! What was sent may arrive after its sender has given it up, and what it made may be missing from lists for a while.
//! How long at most is an assumption, and it is one of the step: `lag_max` stands in each announcement that is settled
//! by lists, so that an attempt is settled by the rule it was sent under. Where lists, or reads of what is new, were
//! seen to be further behind, twice that counts.

use super::decision::pace;
use super::values::{field, flag};
use super::{Context, SETTLE_EVERY};
use crate::base::{Map, PlantedBug, Timestamp, Value, parse_duration, planted};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, History, Probe};
use std::time::Duration;

/// The settling time where nothing is taken to be behind.
const LEAST: Duration = Duration::from_mins(3);
/// How long after it was last sent a request may arrive: twice as long as the client waits for an answer.
const ARRIVAL: Duration = Duration::from_mins(2);
/// What was missing from lists for longer than this came late, where the step assumes nothing.
const LAG_MAX: Duration = Duration::from_mins(5);
/// The same in multiples of what the step assumes.
const LAG_FACTOR: u32 = 3;
/// A lag that was seen counts so many times.
const SAFETY: u32 = 2;
/// Absence needs this many complete lists in a row, the last one after the settling time.
const LISTS: usize = 3;
/// Looks are never further apart by a plan; what lies between them beyond that was not looked at.
const APART_MAX: Duration = Duration::from_mins(1);

/// The moment after which this attempt of a step can no longer arrive, and what it made is in every list.
pub fn settles_at(history: &History, attempt: &Attempt) -> Timestamp {
    attempt.last_sent().plus(settling(history, attempt))
}

/// How long an attempt that is settled by lists needs them to be made, whenever that begins: what was never answered
/// while nothing could be listed is not known afterwards either.
pub fn lists_take(history: &History, attempt: &Attempt) -> Duration {
    let is_listed = history.lag_max.is_some() || attempt.intent.input.get("lag_max").is_some();
    if is_listed { settling(history, attempt) } else { Duration::ZERO }
}

/// What an announcement that is settled by lists says about them.
pub fn lags(with: &Map) -> Map {
    let told = |name: &str| Some((name.to_owned(), with.get(name).filter(|value| !value.is_null())?.clone()));
    ["lag_max", "lag_seen"].into_iter().filter_map(told).collect()
}

/// How far lists, and reads of what is new, are taken to be behind when this attempt is settled.
fn lag_allowed(history: &History, attempt: &Attempt) -> Duration {
    let assumed = assumed(history, attempt);
    let cap = LAG_MAX.max(assumed * LAG_FACTOR);
    let late = history.attempts_at(Call::Create).filter_map(|one| missing(history, one));
    let seen = late.chain(behind(history)).max().unwrap_or_default().min(cap);
    told_lag(history, attempt).max(seen * SAFETY)
}

/// How long a look for something of ours that may be behind goes on before a person must look.
pub fn patience(history: &History) -> Duration {
    history.last_attempt(Call::Create).map_or(ARRIVAL, |attempt| ARRIVAL + told_lag(history, attempt))
}

/// Whether these complete lists, made after the attempt, say that it will never be in one: enough of them at the end
/// of the settling time.
pub fn is_settled(history: &History, attempt: &Attempt, lists: &[&Probe]) -> bool {
    let settled_at = settles_at(history, attempt);
    let late = lists.iter().filter(|probe| probe.at >= window(settled_at)).count();
    late >= LISTS
        && lists.last().is_some_and(|probe| probe.at >= settled_at)
        && span(lists) >= settling(history, attempt)
}

/// When the next list is due that settles this attempt: often at first, because most of what is there shows soon, and
/// at the end of the settling time, where absence is proved; less often between them.
pub fn next_list(context: &Context<'_>, attempt: &Attempt, last: Option<&Probe>) -> Timestamp {
    let Some(last) = last else { return Timestamp::default() };
    let window = window(settles_at(context.history, attempt));
    let often = last.at.plus(SETTLE_EVERY);
    let seldom = last.at.plus(pace(last.at.since(attempt.last_sent())));
    if often >= window { often } else { seldom.min(window).max(often) }
}

/// What a list shows under this name.
pub fn matches_of<'a>(probe: &'a Probe, name: &str) -> Vec<&'a Value> {
    let all = probe.found.get("matches").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    all.iter().filter(|one| field(one, "name") == name).collect()
}

/// How long these looks, in whatever order, have watched: nobody did where no process lived, and however the wall clock
/// is set, it makes it no longer.
pub fn watched(looks: &[&Probe]) -> Duration {
    looks.windows(2).filter_map(apart).sum()
}

/// How far two looks of one session are apart, by the clock that nobody can set.
fn apart(pair: &[&Probe]) -> Option<Duration> {
    let [one, other] = pair else { return None };
    let gap = Duration::from_millis(one.mono_ms.abs_diff(other.mono_ms)).min(APART_MAX);
    (one.session == other.session).then_some(gap)
}

/// How far a list was behind that still showed what the looks before did not find any more, as these looks of both saw
/// it, oldest first. By the service's clock.
pub fn lingered(looks: &[&Probe]) -> Duration {
    let absent = looks.iter().rev().take_while(|probe| !flag(&probe.found, "present")).count();
    let first = looks.len() - absent;
    let row = looks.get(first..).unwrap_or_default();
    let Some(shown) = row.iter().rposition(|probe| flag(&probe.found, "listed")) else { return Duration::ZERO };
    // It was gone before the first of them, and in the list until after the last.
    let longest = |pair: Option<&[&Probe]>| pair.map_or(Duration::ZERO, |pair| apart(pair).unwrap_or(APART_MAX));
    let before = longest(first.checked_sub(1).and_then(|before| looks.get(before..=first)));
    let after = longest(row.get(shown..=shown + 1));
    span(row.get(..=shown).unwrap_or_default()) + before + after
}

fn settling(history: &History, attempt: &Attempt) -> Duration {
    if planted(PlantedBug::LagAssumed) { LEAST } else { LEAST.max(ARRIVAL + lag_allowed(history, attempt)) }
}

/// From when on lists count that are to prove absence.
fn window(settled_at: Timestamp) -> Timestamp {
    settled_at.minus(SETTLE_EVERY * 2)
}

fn assumed(history: &History, attempt: &Attempt) -> Duration {
    let told = || parse_duration(field(&attempt.intent.input, "lag_max")).ok();
    history.lag_max.or_else(told).unwrap_or_default()
}

/// What the step assumes, or twice what another step has seen: how long what is new may not be found by its id.
pub fn told_lag(history: &History, attempt: &Attempt) -> Duration {
    let seen = parse_duration(field(&attempt.intent.input, "lag_seen")).unwrap_or_default();
    assumed(history, attempt).max(seen * SAFETY)
}

/// How long lists were made after an attempt that did not show yet what a later one shows.
fn missing(history: &History, attempt: &Attempt) -> Option<Duration> {
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

/// How long after the answer that told it a list did not show what the step has made.
fn behind(history: &History) -> Option<Duration> {
    let took = |attempt: &&Attempt| attempt.outcome().is_some_and(Outcome::took);
    let (at, settlement) = history.attempts_at(Call::Create).rfind(took)?.settled.as_ref()?;
    let made = settlement.server_date.unwrap_or(*at);
    let is_behind = |probe: &&Probe| probe.call == Call::Sweep && field(&probe.found, "own") == "behind";
    history.probes.iter().rfind(is_behind).map(|probe| told(probe).since(made))
}

/// How long lists were made, by the service's clock: ours may have jumped ahead meanwhile, and nothing settles by that.
fn span(lists: &[&Probe]) -> Duration {
    lists.last().zip(lists.first()).map_or(Duration::ZERO, |(last, first)| told(last).since(told(first)))
}

/// When a look was made, by the service's clock where it told.
fn told(probe: &Probe) -> Timestamp {
    field(&probe.found, "date").parse().ok().unwrap_or(probe.at)
}

/// The complete lists that were made after this attempt was announced.
pub fn lists_for<'a>(context: &'a Context<'a>, attempt: &'a Attempt) -> impl DoubleEndedIterator<Item = &'a Probe> {
    let lists = context.history.probes_after(Call::Settle, attempt.seq);
    lists.filter(|probe| context.is_current(probe) && flag(&probe.found, "complete"))
}
