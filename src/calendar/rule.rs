//! Recurrence rules of RFC 5545, expanded in local time.

use super::problem::Problem;
use super::zone::{Tz, moment};
use crate::base::{Timestamp, escape};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use rrule::{RRule, RRuleError, RRuleSet, Unvalidated};
use std::collections::BTreeMap;

/// The longest rule, in bytes.
const TEXT_MAX: usize = 1_000;
/// How often a day a rule may come.
const TIMES_MAX: usize = 24;
/// The longest interval, in periods of the rule.
const INTERVAL_MAX: u16 = 1_000;
/// How often a rule may come that counts.
const COUNT_MAX: u32 = 1_000;
/// A rule is looked through for so many years for a first occurrence.
const YEARS: u64 = 400;
/// More times than this nobody asks for at once; ten years of a rule that comes every hour are fewer.
const TIMES_AT_ONCE: usize = 100_000;
const HINT: &str = "write it as RFC 5545 has it, `FREQ=WEEKLY;BYDAY=SA;BYHOUR=22`";
/// The parts of a rule.
const PARTS: [&str; 14] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "WKST",
];

/// A rule by which something recurs.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Without its end, and with every part that would follow from the first occurrence written out.
    parts: RRule<Unvalidated>,
    /// Nothing comes before this.
    start: Option<NaiveDateTime>,
    /// Whether what comes depends on the first occurrence: it counts, or leaves periods out.
    counts: bool,
    until: Option<End>,
}

/// The last moment of a rule.
#[derive(Clone, Copy, Debug)]
enum End {
    Local(NaiveDateTime),
    Moment(Timestamp),
}

impl Rule {
    /// Reads a rule, `FREQ=WEEKLY;BYDAY=SA;BYHOUR=22`. `start` is the first moment at which it may come, from which the
    /// day and the time follow that it does not say; without one it has to say them.
    pub fn parse(text: &str, start: Option<NaiveDateTime>) -> Result<Self, Problem> {
        let parts = parts(text)?;
        let until = parts.get("UNTIL").map(|(part, value)| end(part, value)).transpose()?;
        let mut written: BTreeMap<&str, String> = parts
            .iter()
            .map(|(name, (_, value))| (*name, value.clone()))
            .filter(|(name, _)| *name != "UNTIL")
            .collect();
        let Some(freq) = written.get("FREQ").cloned() else {
            return Err(Problem::whole("the rule says no frequency", "begin it with `FREQ=WEEKLY`, for example"));
        };
        if matches!(freq.as_str(), "HOURLY" | "MINUTELY" | "SECONDLY") {
            let part = parts.get("FREQ").map_or("", |(part, _)| part);
            return Err(Problem::of(
                part,
                format!("a rule cannot recur {}", freq.to_ascii_lowercase()),
                "write `FREQ=DAILY` with the hours, `BYHOUR=8,20`",
            ));
        }
        for (part, value) in parts.values().filter(|(part, _)| !part.to_ascii_uppercase().starts_with("UNTIL")) {
            let name = part.split('=').next().unwrap_or_default().to_ascii_uppercase();
            let alone = if name == "FREQ" { format!("FREQ={value}") } else { format!("FREQ={freq};{name}={value}") };
            if let Err(error) = alone.parse::<RRule<Unvalidated>>() {
                return Err(Problem::of(part, format!("`{}` cannot be read: {}", escape(part), plain(&error)), HINT));
            }
        }
        match start {
            Some(start) => from_start(&mut written, &freq, start),
            None => complete(&parts, &written, &freq)?,
        }
        let zero = || "0".to_owned();
        written.entry("BYMINUTE").or_insert_with(zero);
        written.entry("BYSECOND").or_insert_with(zero);
        let whole = PARTS.iter().filter_map(|name| written.get(name).map(|value| format!("{name}={value}")));
        let whole = whole.collect::<Vec<_>>().join(";");
        let unreadable = |error: String| Problem::whole(format!("the rule cannot be used: {error}"), HINT);
        let rule: RRule<Unvalidated> = whole.parse().map_err(|error: RRuleError| unreadable(plain(&error)))?;
        bounded(&parts, &rule)?;
        let counts = rule.get_interval() > 1 || rule.get_count().is_some();
        if counts && start.is_none() {
            let named = ["COUNT", "INTERVAL"].iter().find_map(|name| parts.get(name)).map_or("", |(part, _)| part);
            return Err(Problem::of(
                named,
                format!("`{named}` counts from the first time, and nothing says when that is"),
                "write `start: 2026-01-03T22:00` beside the rule",
            ));
        }
        let found = Self { parts: rule, start, counts, until };
        let first = found.start.unwrap_or(DateTime::UNIX_EPOCH.naive_utc());
        found.set(first).map_err(|error| unreadable(plain(&error)))?;
        let last = first.checked_add_days(Days::new(YEARS * 366));
        if last.is_none_or(|last| found.unending(first, last, 1).is_empty()) {
            return Err(Problem::whole("the rule never comes", "see whether its parts exclude each other"));
        }
        Ok(found)
    }

    /// The local times at which it comes, of those from `from` on and before `to`, in order.
    pub(super) fn times(&self, from: NaiveDateTime, to: NaiveDateTime, zone: Tz) -> Vec<NaiveDateTime> {
        let is_on = |local: &NaiveDateTime| match self.until {
            None => true,
            Some(End::Local(until)) => *local <= until,
            Some(End::Moment(until)) => moment(*local, zone).is_some_and(|at| at <= until),
        };
        let mut times = self.unending(from, to, TIMES_AT_ONCE);
        times.retain(is_on);
        times
    }

    /// The first of the same times, as if it had no end.
    fn unending(&self, from: NaiveDateTime, to: NaiveDateTime, most: usize) -> Vec<NaiveDateTime> {
        // What does not count recurs alike from any beginning of a year; the year before holds the week that goes over.
        let year = NaiveDate::from_ymd_opt(from.year().saturating_sub(1), 1, 1).map(|day| day.and_time(NaiveTime::MIN));
        let anchor = match self.start {
            Some(start) if self.counts => start,
            start => start.into_iter().chain(year).max().unwrap_or(from),
        };
        let first = self.start.map_or(from, |start| start.max(from));
        let Ok(set) = self.set(anchor) else { return Vec::new() };
        let times = set.into_iter().map(|at| at.naive_utc());
        times.skip_while(|at| *at < first).take_while(|at| *at < to).take(most).collect()
    }

    /// What the library expands: local times as if they were of UTC, which has no gaps.
    fn set(&self, anchor: NaiveDateTime) -> Result<RRuleSet, RRuleError> {
        Ok(self.parts.clone().build(anchor.and_utc().with_timezone(&rrule::Tz::UTC))?.limit())
    }
}

/// What the library says, without what it calls itself.
fn plain(error: &RRuleError) -> String {
    let text = error.to_string();
    let told = text.split_once("error: ").map_or(text.as_str(), |(_, told)| told);
    escape(told.trim_end_matches('.'))
}

/// The parts of a rule by name, each as it is written and with its value in capitals.
fn parts(text: &str) -> Result<BTreeMap<&'static str, (&str, String)>, Problem> {
    if text.len() > TEXT_MAX {
        let message = format!("the rule has {} bytes, the limit is {TEXT_MAX}", text.len());
        return Err(Problem::whole(message, "leave out what it need not say"));
    }
    let mut found = BTreeMap::new();
    for part in text.strip_prefix("RRULE:").unwrap_or(text).split(';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let known = PARTS.iter().find(|known| known.eq_ignore_ascii_case(name.trim()));
        let Some(known) = known.filter(|_| !value.trim().is_empty()) else {
            let message = format!("`{}` is no part of a rule", escape(part));
            return Err(Problem::of(part, message, HINT));
        };
        if found.insert(*known, (part, value.trim().to_ascii_uppercase())).is_some() {
            return Err(Problem::of(part, format!("`{known}` is written twice"), "remove one of the two"));
        }
    }
    Ok(found)
}

/// The value of `UNTIL`. A day means all of it.
fn end(part: &str, value: &str) -> Result<End, Problem> {
    let time = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok();
    let found = match value.strip_suffix('Z') {
        Some(utc) => time(utc).map(|at| End::Moment(Timestamp::from_micros(at.and_utc().timestamp_micros()))),
        None => match NaiveDate::parse_from_str(value, "%Y%m%d").ok().filter(|_| value.len() == 8) {
            Some(day) => day.and_hms_opt(23, 59, 59).map(End::Local),
            None => time(value).map(End::Local),
        },
    };
    found.ok_or_else(|| {
        let message = format!("`{}` is neither a day nor a time", escape(part));
        Problem::of(part, message, "write `UNTIL=20261231`, or `UNTIL=20261231T220000Z`")
    })
}

/// Writes out what follows from the first time.
fn from_start(written: &mut BTreeMap<&str, String>, freq: &str, start: NaiveDateTime) {
    let weekday = start.weekday().to_string().to_ascii_uppercase().chars().take(2).collect::<String>();
    if !says_day(written) {
        match freq {
            "WEEKLY" => drop(written.insert("BYDAY", weekday)),
            "MONTHLY" => drop(written.insert("BYMONTHDAY", start.day().to_string())),
            "YEARLY" if written.contains_key("BYWEEKNO") => drop(written.insert("BYDAY", weekday)),
            "YEARLY" => {
                written.entry("BYMONTH").or_insert_with(|| start.month().to_string());
                written.insert("BYMONTHDAY", start.day().to_string());
            }
            _ => {}
        }
    }
    for (name, value) in [("BYHOUR", start.hour()), ("BYMINUTE", start.minute()), ("BYSECOND", start.second())] {
        written.entry(name).or_insert_with(|| value.to_string());
    }
}

fn says_day(written: &BTreeMap<&str, String>) -> bool {
    ["BYDAY", "BYMONTHDAY", "BYYEARDAY"].iter().any(|name| written.contains_key(name))
}

/// That a rule without a first time says on which days and at which hours it comes.
fn complete(
    parts: &BTreeMap<&'static str, (&str, String)>,
    written: &BTreeMap<&str, String>,
    freq: &str,
) -> Result<(), Problem> {
    let part = parts.get("FREQ").map_or("", |(part, _)| part);
    if freq != "DAILY" && !says_day(written) {
        return Err(Problem::of(
            part,
            "the rule says no day",
            "add one, `BYDAY=SA` or `BYMONTHDAY=1`; or write `start`",
        ));
    }
    if !written.contains_key("BYHOUR") {
        return Err(Problem::of(part, "the rule says no hour", "add `BYHOUR=22`, or write `start`"));
    }
    Ok(())
}

/// Limits of the work that a rule makes.
fn bounded(parts: &BTreeMap<&'static str, (&str, String)>, rule: &RRule<Unvalidated>) -> Result<(), Problem> {
    let named = |name: &str| parts.get(name).map_or("", |(part, _)| *part);
    let times = [rule.get_by_hour(), rule.get_by_minute(), rule.get_by_second()];
    let times = times.iter().map(|list| list.len().max(1)).fold(1, usize::saturating_mul);
    let part = if rule.get_by_minute().len() > 1 { named("BYMINUTE") } else { named("BYHOUR") };
    if times > TIMES_MAX {
        let message = format!("the rule comes {times} times a day, the limit is {TIMES_MAX}");
        return Err(Problem::of(part, message, "write one longer window in place of many short ones"));
    }
    if rule.get_interval() > INTERVAL_MAX || rule.get_interval() == 0 {
        let message = format!("the interval must be between 1 and {INTERVAL_MAX}");
        return Err(Problem::of(named("INTERVAL"), message, "write every how many periods it comes, `INTERVAL=2`"));
    }
    if rule.get_count().is_some_and(|count| count == 0 || count > COUNT_MAX) {
        let message = format!("the count must be between 1 and {COUNT_MAX}");
        return Err(Problem::of(named("COUNT"), message, "end the rule with `UNTIL` instead"));
    }
    Ok(())
}
