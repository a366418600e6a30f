//! Filters of durations, sizes and times.

use super::suggest::nearest;
use super::work::spend;
use crate::base::{Timestamp, escape, parse_duration, parse_size};
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};
use std::fmt::Write as _;
use std::time::Duration;

/// A longer format of a date nobody writes.
const FORMAT_MAX: usize = 256;
/// What a zone or a time costs, in units of work.
const TIME_WORK: u64 = 1 << 10;

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// A duration in whole seconds, rounded down; a number is one already.
pub(super) fn seconds(value: &Value) -> Result<i64, Error> {
    i64::try_from(span(value)?.as_secs()).map_err(|_| wrong("the duration is too long"))
}

/// A number of seconds as a duration, every unit of it.
pub(super) fn duration(value: &Value) -> Result<String, Error> {
    const UNITS: [(&str, u128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut left = span(value)?.as_millis();
    let mut out = String::new();
    for (unit, millis) in UNITS {
        if left >= millis {
            // Writing to a text cannot fail.
            write!(out, "{}{unit}", left / millis).unwrap_or_default();
            left %= millis;
        }
    }
    Ok(if out.is_empty() { "0s".to_owned() } else { out })
}

/// A size in bytes; a number is one already.
pub(super) fn bytes(value: &Value) -> Result<i64, Error> {
    let bytes = match value.as_str() {
        Some(text) => parse_size(text).map_err(|error| wrong(error.to_string()))?,
        None => whole(value, "a size")?,
    };
    i64::try_from(bytes).map_err(|_| wrong("the size is too large"))
}

/// A number of bytes as a size, in the largest unit that divides it.
pub(super) fn size(value: &Value) -> Result<String, Error> {
    const UNITS: [(&str, i64); 8] = [
        ("TiB", 1 << 40),
        ("TB", 1_000_000_000_000),
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1_000),
    ];
    let bytes = bytes(value)?;
    let unit = UNITS.iter().find(|(_, each)| bytes > 0 && bytes % each == 0);
    Ok(unit.map_or_else(|| format!("{bytes}B"), |(unit, each)| format!("{}{unit}", bytes / each)))
}

/// A time later by a duration.
pub(super) fn plus(state: &mut State<'_, '_>, value: &Value, later: &Value) -> Result<String, Error> {
    let (time, span) = (time(state, value)?, span(later)?);
    moved(i64::try_from(span.as_micros()).ok().and_then(|span| time.as_micros().checked_add(span)))
}

/// A time earlier by a duration.
pub(super) fn minus(state: &mut State<'_, '_>, value: &Value, earlier: &Value) -> Result<String, Error> {
    let (time, span) = (time(state, value)?, span(earlier)?);
    moved(i64::try_from(span.as_micros()).ok().and_then(|span| time.as_micros().checked_sub(span)))
}

/// A time in seconds since 1970, rounded down.
pub(super) fn timestamp(state: &mut State<'_, '_>, value: &Value) -> Result<i64, Error> {
    time(state, value).map(Timestamp::as_secs)
}

/// A time in a format of `strftime`, in UTC or in a zone.
pub(super) fn date(
    state: &mut State<'_, '_>,
    value: &Value,
    format: &str,
    zone: Option<&str>,
) -> Result<String, Error> {
    if format.len() > FORMAT_MAX {
        return Err(wrong(format!("a format of a date has at most {FORMAT_MAX} bytes")));
    }
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        return Err(wrong(format!("`{}` is no format of a date, such as %Y-%m-%d", escape(format))));
    }
    let zone = zone.map_or(Ok(Tz::UTC), parse_zone)?;
    let time = utc(time(state, value)?)?.with_timezone(&zone);
    let mut out = String::new();
    match write!(out, "{}", time.format_with_items(items.iter())) {
        Ok(()) => Ok(out),
        Err(_) => Err(wrong(format!("`{}` cannot be written", escape(format)))),
    }
}

fn parse_zone(name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| {
        let hint = match nearest(name, TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write a name such as Europe/Berlin".to_owned(),
        };
        wrong(format!("there is no time zone `{}`; {hint}", escape(name)))
    })
}

/// What stands for a moment: a time in RFC 3339, or seconds since 1970.
fn time(state: &mut State<'_, '_>, value: &Value) -> Result<Timestamp, Error> {
    spend(state, TIME_WORK)?;
    if let Some(text) = value.as_str() {
        return text.parse::<Timestamp>().map_err(|error| wrong(error.to_string()));
    }
    let seconds = i64::try_from(value.clone()).map_err(|_| wrong(format!("{value} is not a time")))?;
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros).ok_or_else(|| wrong("the time is too far away"))
}

fn moved(micros: Option<i64>) -> Result<String, Error> {
    let time = micros.map(Timestamp::from_micros).ok_or_else(|| wrong("the time is too far away"))?;
    utc(time)?;
    let is_whole = time.as_micros() % 1_000_000 == 0;
    Ok(if is_whole { time.to_seconds_text() } else { time.to_string() })
}

/// A moment of the years that RFC 3339 has room for.
fn utc(time: Timestamp) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(time.as_micros())
        .filter(|time| (0..=9999).contains(&time.year()))
        .ok_or_else(|| wrong("the time is too far away"))
}

/// What stands for a duration: `1h30m`, or a number of seconds.
fn span(value: &Value) -> Result<Duration, Error> {
    match value.as_str() {
        Some(text) => parse_duration(text).map_err(|error| wrong(error.to_string())),
        None => whole(value, "a duration").map(Duration::from_secs),
    }
}

fn whole(value: &Value, what: &str) -> Result<u64, Error> {
    let number = Some(value).filter(|value| value.kind() == ValueKind::Number && value.is_integer());
    let number = number.and_then(|value| u64::try_from(value.clone()).ok());
    number.ok_or_else(|| wrong(format!("{value} is not {what}")))
}
