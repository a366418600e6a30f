//! Files of freezes: the events of an iCalendar file.

use super::problem::Problem;
use super::rule::Rule;
use super::span::Span;
use super::zone::{Tz, local_time, moment};
use crate::base::{Timestamp, escape};
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use icalendar::parser::{Component, Property, read_calendar_simple, unfold};
use std::collections::BTreeMap;
use std::time::Duration;

/// The largest file, in bytes.
pub const FREEZE_FILE_MAX: usize = 1 << 20;
/// The most events of a file, and the most of them that recur.
const EVENTS_MAX: usize = 5_000;
const RECURRING_MAX: usize = 200;
/// The most dates that a file adds and leaves out.
const DATES_MAX: usize = 10_000;
/// An event is nested in its calendar, and its alarm in the event.
const DEPTH_MAX: usize = 8;
/// The longest freeze.
const LENGTH_MAX: Duration = Duration::from_hours(400 * 24);
/// A local time and its moment lie at most so far apart, whatever the zone and its gaps.
const APART: TimeDelta = TimeDelta::days(3);

/// An event during which no window is open.
#[derive(Clone, Debug)]
pub struct Freeze {
    zone: Tz,
    start: NaiveDateTime,
    length: Length,
    rule: Option<Rule>,
    added: Vec<Timestamp>,
    left_out: Vec<Timestamp>,
}

/// How long an event lasts: so many days of the calendar, and then so much time.
#[derive(Clone, Copy, Debug, Default)]
struct Length {
    days: u64,
    time: Duration,
}

/// A date or a time of a file.
#[derive(Clone, Copy, Debug)]
struct When {
    local: NaiveDateTime,
    zone: Tz,
    is_date: bool,
}

impl Freeze {
    /// When it holds, of the moments around `from` to `to`.
    pub(super) fn spans(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let longest = self.length.time.saturating_add(Duration::from_hours(self.length.days.saturating_mul(24)));
        let earliest = local_time(from.minus(longest), self.zone).checked_sub_signed(APART);
        let latest = local_time(to, self.zone).checked_add_signed(APART);
        let mut locals = vec![self.start];
        if let (Some(rule), Some((earliest, latest))) = (&self.rule, earliest.zip(latest)) {
            locals.extend(rule.times(earliest, latest, self.zone));
        }
        let moments = locals.into_iter().filter_map(|local| Some((local, moment(local, self.zone)?)));
        let added = self.added.iter().map(|at| (local_time(*at, self.zone), *at));
        let held = moments.chain(added).filter(|(_, at)| !self.left_out.contains(at));
        held.filter_map(|(local, at)| {
            let end = match self.length.days {
                0 => at,
                days => moment(local.checked_add_days(Days::new(days))?, self.zone)?,
            };
            let span = Span { from: at, until: end.plus(self.length.time) };
            (span.until > from && span.from < to).then_some(span)
        })
        .collect()
    }
}

/// The freezes of a file. Times without a zone, and days, are of `zone`.
pub fn freezes(text: &str, zone: Tz) -> Result<Vec<Freeze>, Problem> {
    bounded(text)?;
    let unfolded = unfold(text);
    let roots = read_calendar_simple(&unfolded).map_err(|error| {
        let read = unfolded.len().saturating_sub(error.input.len());
        let line = unfolded.get(..read).unwrap_or_default().lines().count().max(1);
        let message = format!("it is not an iCalendar file, as line {line} shows (folded lines count once)");
        Problem::whole(message, "export it again; it begins with BEGIN:VCALENDAR and ends with END:VCALENDAR")
    })?;
    if roots.is_empty() || roots.iter().any(|root| !root.name.as_str().eq_ignore_ascii_case("VCALENDAR")) {
        return Err(Problem::whole("it is not an iCalendar file", "it begins with BEGIN:VCALENDAR"));
    }
    let is_event = |component: &&Component<'_>| component.name.as_str().eq_ignore_ascii_case("VEVENT");
    let events: Vec<_> = roots.iter().flat_map(|root| root.components.iter().filter(is_event)).collect();
    if events.len() > EVENTS_MAX {
        return Err(Problem::whole(format!("it has {} events, the limit is {EVENTS_MAX}", events.len()), SPLIT));
    }
    collect(&events, zone)
}

const SPLIT: &str = "leave out what is over";

/// What the parser must not be given: it goes as deep as the file does.
fn bounded(text: &str) -> Result<(), Problem> {
    if text.len() > FREEZE_FILE_MAX {
        let message = format!("it has {} bytes, the limit is {FREEZE_FILE_MAX} (1 MiB)", text.len());
        return Err(Problem::whole(message, SPLIT));
    }
    let mut depth = 0_usize;
    for line in text.split(['\n', '\r']) {
        let starts = |word: &str| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if starts("BEGIN:") {
            depth += 1;
        } else if starts("END:") {
            depth = depth.saturating_sub(1);
        }
        if depth > DEPTH_MAX {
            return Err(Problem::whole(format!("it is nested more than {DEPTH_MAX} deep"), "is it the right file?"));
        }
    }
    Ok(())
}

fn collect(events: &[&Component<'_>], zone: Tz) -> Result<Vec<Freeze>, Problem> {
    let (mut found, mut moved) = (Vec::new(), Vec::new());
    let mut by_uid: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (mut recurring, mut dates) = (0, 0);
    for (number, event) in events.iter().enumerate() {
        let told = |problem: Problem| {
            let name = text(event, "SUMMARY").filter(|name| !name.is_empty());
            let name = name.map_or_else(String::new, |name| format!(" (\"{}\")", escape(name)));
            let message = format!("event {}{name}: {}", number + 1, problem.message);
            Problem { message, ..problem }
        };
        let is_off = text(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"));
        let uid = text(event, "UID").unwrap_or_default().to_owned();
        if let Some(property) = property(event, "RECURRENCE-ID") {
            if parameter(property, "RANGE").is_some() {
                let hint = "write the changed events as a series of their own";
                return Err(told(Problem::whole("it changes a series from one event on", hint)));
            }
            let at = when(property.val.as_str(), property, zone).map_err(told)?;
            moved.extend(moment(at.local, at.zone).map(|at| (uid.clone(), at)));
        }
        if is_off {
            continue;
        }
        let freeze = freeze(event, zone).map_err(told)?;
        recurring += usize::from(freeze.rule.is_some());
        dates += freeze.added.len() + freeze.left_out.len();
        if recurring > RECURRING_MAX {
            return Err(Problem::whole(format!("it has more than {RECURRING_MAX} events that recur"), SPLIT));
        }
        if dates > DATES_MAX {
            return Err(Problem::whole(format!("its events name more than {DATES_MAX} dates"), SPLIT));
        }
        if property(event, "RECURRENCE-ID").is_none() {
            by_uid.entry(uid).or_default().push(found.len());
        }
        found.push(freeze);
    }
    for (uid, at) in moved {
        for index in by_uid.get(&uid).into_iter().flatten() {
            found.get_mut(*index).into_iter().for_each(|freeze| freeze.left_out.push(at));
        }
    }
    Ok(found)
}

fn freeze(event: &Component<'_>, zone: Tz) -> Result<Freeze, Problem> {
    let Some(property) = property(event, "DTSTART") else {
        return Err(Problem::whole("it has no DTSTART", "say when it begins"));
    };
    if all(event, "EXRULE").next().is_some() {
        return Err(Problem::whole("it has an EXRULE, which RFC 5545 has removed", "name the dates with EXDATE"));
    }
    let start = when(property.val.as_str(), property, zone)?;
    let mut rules = all(event, "RRULE");
    let rule = rules.next().map(|rule| Rule::parse(rule.val.as_str(), Some(start.local))).transpose()?;
    if rules.next().is_some() {
        return Err(Problem::whole("it has more than one RRULE", "write an event for each"));
    }
    let length = length(event, start, zone)?;
    let dates = |name: &'static str| {
        let each = move |property: &Property<'_>| -> Result<Vec<When>, Problem> {
            property.val.as_str().split(',').map(|text| when(text, property, zone)).collect()
        };
        all(event, name).map(each).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
    };
    let moments = |whens: Vec<When>| {
        // A day that stands for an event with a time of day means its event of that day.
        let timed = |when: When| {
            let local = when.local.date().and_time(start.local.time());
            if when.is_date && !start.is_date { When { local, zone: start.zone, ..when } } else { when }
        };
        whens.into_iter().map(timed).filter_map(|when| moment(when.local, when.zone)).collect::<Vec<_>>()
    };
    let (added, left_out) = (moments(dates("RDATE")?), moments(dates("EXDATE")?));
    Ok(Freeze { zone: start.zone, start: start.local, length, rule, added, left_out })
}

/// How long an event lasts: to its end, by its duration, or for its day.
fn length(event: &Component<'_>, start: When, zone: Tz) -> Result<Length, Problem> {
    let wrong = |message: &str| Problem::whole(message.to_owned(), "give it a DTEND after its DTSTART, or a DURATION");
    let length = match (property(event, "DTEND"), text(event, "DURATION")) {
        (Some(_), Some(_)) => return Err(wrong("it has a DTEND and a DURATION")),
        (Some(property), None) => {
            let end = when(property.val.as_str(), property, zone)?;
            if start.is_date && end.is_date {
                let days = end.local.date().signed_duration_since(start.local.date()).num_days();
                Length { days: u64::try_from(days).unwrap_or_default(), time: Duration::ZERO }
            } else {
                let both = moment(start.local, start.zone).zip(moment(end.local, end.zone));
                let time = both.map_or(Duration::ZERO, |(start, end)| end.since(start));
                Length { days: 0, time }
            }
        }
        (None, Some(text)) => duration(text).ok_or_else(|| wrong(&format!("`{}` is no duration", escape(text))))?,
        (None, None) if start.is_date => Length { days: 1, time: Duration::ZERO },
        (None, None) => Length::default(),
    };
    let whole = length.time.saturating_add(Duration::from_hours(length.days.saturating_mul(24)));
    if whole.is_zero() {
        return Err(wrong("it has no length, so that it freezes nothing"));
    }
    if whole > LENGTH_MAX {
        return Err(wrong("it lasts longer than 400 days"));
    }
    Ok(length)
}

/// `P1W`, `P2D`, `PT4H30M`, `P1DT12H`.
fn duration(text: &str) -> Option<Length> {
    let rest = text.trim_start_matches('+').strip_prefix('P')?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let sum = |text: &str, units: &[(char, u64)]| {
        let (mut total, mut number) = (0_u64, String::new());
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                number.push(letter);
                continue;
            }
            let (_, each) = units.iter().find(|(unit, _)| *unit == letter)?;
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*each)?)?;
            number.clear();
        }
        number.is_empty().then_some(total)
    };
    let days = sum(date, &[('W', 7), ('D', 1)])?;
    let secs =
        time.map_or(Some(0), |time| sum(time, &[('H', 3_600), ('M', 60), ('S', 1)]).filter(|_| !time.is_empty()))?;
    (!rest.is_empty()).then_some(Length { days, time: Duration::from_secs(secs) })
}

/// A date or a time as a property gives it.
fn when(text: &str, property: &Property<'_>, zone: Tz) -> Result<When, Problem> {
    let name = property.name.as_str();
    let wrong = || {
        let message = format!("its {} is \"{}\", which is neither a date nor a time", escape(name), escape(text));
        Problem::whole(message, "write 20261224, 20261224T180000 or 20261224T180000Z")
    };
    if parameter(property, "VALUE").is_some_and(|value| value.eq_ignore_ascii_case("PERIOD")) {
        return Err(Problem::whole(format!("its {} is a period", escape(name)), "write an event for each period"));
    }
    let zone = match parameter(property, "TZID") {
        None => zone,
        Some(named) => named.trim_start_matches('/').parse().map_err(|_| {
            let message = format!("its {} has the time zone \"{}\", which is not known", escape(name), escape(named));
            Problem::whole(message, "use a name of the IANA time zone database, such as Europe/Berlin, or UTC")
        })?,
    };
    let text = text.trim();
    if text.len() == 8 {
        let day = NaiveDate::parse_from_str(text, "%Y%m%d").map_err(|_| wrong())?;
        return Ok(When { local: day.and_time(NaiveTime::MIN), zone, is_date: true });
    }
    let (bare, zone) = text.strip_suffix('Z').map_or((text, zone), |bare| (bare, Tz::UTC));
    let local = NaiveDateTime::parse_from_str(bare, "%Y%m%dT%H%M%S").map_err(|_| wrong())?;
    Ok(When { local, zone, is_date: false })
}

fn all<'e>(event: &'e Component<'e>, name: &'static str) -> impl Iterator<Item = &'e Property<'e>> {
    event.properties.iter().filter(move |property| property.name.as_str().eq_ignore_ascii_case(name))
}

fn property<'e>(event: &'e Component<'e>, name: &'static str) -> Option<&'e Property<'e>> {
    all(event, name).next()
}

fn text<'e>(event: &'e Component<'e>, name: &'static str) -> Option<&'e str> {
    property(event, name).map(|property| property.val.as_str().trim())
}

fn parameter<'p>(property: &'p Property<'p>, name: &str) -> Option<&'p str> {
    let found = property.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case(name))?;
    found.val.as_ref().map(|value| value.as_str().trim_matches('"'))
}
