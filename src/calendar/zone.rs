//! Local times and moments.

use crate::base::Timestamp;
use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
pub use chrono_tz::Tz;

/// The longest gap that a zone makes, in minutes: in Samoa one day never was.
const GAP_MAX: i64 = 26 * 60;

/// The zone of that name.
pub fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// The names of every zone.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
}

/// The moment of a local time.
///
/// One that comes twice, because the clocks go back, means the first. One that does not exist, because they go forward,
/// is read by the offset before the gap, as RFC 5545 has it: 01:30 in a gap from 01:00 to 02:00 means 02:30.
pub(super) fn moment(local: NaiveDateTime, zone: Tz) -> Option<Timestamp> {
    let found = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.to_utc(),
        MappedLocalTime::None => {
            let offset = (1..=GAP_MAX).find_map(|minutes| {
                let before = local.checked_sub_signed(TimeDelta::minutes(minutes))?;
                zone.from_local_datetime(&before).latest().map(|at| at.offset().fix().local_minus_utc())
            })?;
            local.checked_sub_signed(TimeDelta::seconds(i64::from(offset)))?.and_utc()
        }
    };
    Some(Timestamp::from_micros(found.timestamp_micros()))
}

/// The local time at a moment.
pub fn local_time(at: Timestamp, zone: Tz) -> NaiveDateTime {
    let utc: DateTime<Utc> = DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
    utc.with_timezone(&zone).naive_local()
}

/// The local time at a moment, for people: `Sat 2026-03-28 22:00 GMT`.
pub fn local_text(at: Timestamp, zone: Tz) -> String {
    let utc: DateTime<Utc> = DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
    utc.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
}
