//! A moment that people name: a time of day in a zone, or a point in time.

use crate::base::{Timestamp, escape};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

/// The longest gap that a zone makes, in minutes: in Samoa one day never was.
const GAP_MAX: i64 = 26 * 60;

/// A moment as it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A time of day.
    TimeOfDay(NaiveTime),
    /// A point in time.
    Moment(Timestamp),
}

impl Named {
    /// What a text names; none where it is neither.
    pub(super) fn of(text: &str) -> Option<Self> {
        let is_short = matches!(text.len(), 5 | 8) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let format = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
        let time = Some(text).filter(|_| is_short).and_then(|text| NaiveTime::parse_from_str(text, format).ok());
        // A leap second is in no zone's day.
        let time = time.filter(|time| time.nanosecond() == 0);
        time.map(Self::TimeOfDay).or_else(|| text.parse().ok().map(Self::Moment))
    }
}

/// The message about a name that is no zone.
pub(super) fn no_zone(name: &str) -> String {
    format!("there is no time zone `{}`", escape(name))
}

/// The next moment after `from` at which it is this time of day there.
///
/// A time that does not exist on a day, because the clocks go forward, means the moment after the gap. One that comes
/// twice, because they go back, means the first.
pub(super) fn next(time: NaiveTime, zone: Tz, from: Timestamp) -> Option<Timestamp> {
    let utc: DateTime<Utc> = DateTime::from_timestamp_micros(from.as_micros())?;
    let today = utc.with_timezone(&zone).date_naive();
    // What a gap moves to a later day may come after the same time of that day, and before.
    let days = [today.checked_sub_days(Days::new(1)), Some(today)];
    let ahead = (1..=2).map(|days| today.checked_add_days(Days::new(days)));
    let moments = days.into_iter().chain(ahead).flatten().filter_map(|day| on(day, time, zone));
    moments.filter(|moment| *moment > from).min()
}

fn on(day: NaiveDate, time: NaiveTime, zone: Tz) -> Option<Timestamp> {
    let wanted = day.and_time(time);
    let at = |local: NaiveDateTime| zone.from_local_datetime(&local).earliest();
    let found = at(wanted).or_else(|| {
        let minute = wanted.with_second(0)?;
        (1..=GAP_MAX).find_map(|minutes| at(minute.checked_add_signed(TimeDelta::minutes(minutes))?))
    });
    found.map(|moment| Timestamp::from_micros(moment.timestamp_micros()))
}
