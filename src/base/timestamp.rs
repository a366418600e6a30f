//! Points in time.

use chrono::format::{Fixed, Item, Numeric, Pad};
use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use std::fmt;
use std::time::Duration;

/// `Sat, 31 Jan 2026 22:00:00 GMT`. Every answer of the twin has it, so it is not taken apart anew each time.
const HTTP_DATE: [Item<'static>; 14] = [
    Item::Fixed(Fixed::ShortWeekdayName),
    Item::Literal(", "),
    Item::Numeric(Numeric::Day, Pad::Zero),
    Item::Space(" "),
    Item::Fixed(Fixed::ShortMonthName),
    Item::Space(" "),
    Item::Numeric(Numeric::Year, Pad::Zero),
    Item::Space(" "),
    Item::Numeric(Numeric::Hour, Pad::Zero),
    Item::Literal(":"),
    Item::Numeric(Numeric::Minute, Pad::Zero),
    Item::Literal(":"),
    Item::Numeric(Numeric::Second, Pad::Zero),
    Item::Literal(" GMT"),
];

/// A point in time in UTC, in whole microseconds. Its text form is RFC 3339 with six fractional digits and `Z`.
///
/// Nothing here reads a clock: the current time comes from the `Clock` port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 time.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an RFC 3339 time: {0:?} (write it like 2026-01-31T22:00:00Z)")]
pub struct TimestampError(String);

impl Timestamp {
    /// The time `micros` microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time moved later by `span`; the end of time where it would overflow.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This time moved earlier by `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The calendar date in UTC, as `2026-01-31`.
    pub fn date(self) -> String {
        let utc = self.to_utc();
        format!("{:04}-{:02}-{:02}", utc.year(), utc.month(), utc.day())
    }

    /// RFC 3339 in whole seconds, `2026-01-31T22:00:00Z`, for people and for the Aura API.
    pub fn to_seconds_text(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The time of day in UTC, `22:00:00`.
    pub fn time_of_day(self) -> String {
        self.to_utc().format("%H:%M:%S").to_string()
    }

    /// The form of the HTTP `Date` header, `Sat, 31 Jan 2026 22:00:00 GMT`.
    pub fn to_http_date(self) -> String {
        self.to_utc().format_with_items(HTTP_DATE.iter()).to_string()
    }

    /// Reads the form of the HTTP `Date` header. A year that the text form has no room for is no date.
    pub fn from_http_date(text: &str) -> Result<Self, TimestampError> {
        let wrong = || TimestampError(text.to_owned());
        let time = DateTime::parse_from_rfc2822(text).map_err(|_| wrong())?.to_utc();
        if (0..=9999).contains(&time.year()) { Ok(Self(time.timestamp_micros())) } else { Err(wrong()) }
    }

    fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self(time.timestamp_micros()))
            .map_err(|_| TimestampError(text.to_owned()))
    }
}
