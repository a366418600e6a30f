//! Windows, rules and freezes.

mod clocks;
mod files;
mod generated;
mod hostile;

use chrono::{NaiveDateTime, TimeZone as _, Utc};
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::calendar::{Freeze, OnClose, Opens, Rule, Schedule, Span, Window, freezes, zone};

/// A window by a rule, of so many hours, with these freezes.
fn window(zone_name: &str, rule: &str, hours: u64, ics: &str) -> Schedule {
    let zone = zone(zone_name).unwrap();
    let frozen: Vec<Freeze> = if ics.is_empty() { Vec::new() } else { freezes(ics, zone).unwrap() };
    let window = Window {
        zone,
        opens: Opens::By(Box::new(Rule::parse(rule, None).unwrap())),
        duration: Duration::from_hours(hours),
        reserve: Duration::ZERO,
        freezes: frozen,
        on_close: OnClose::Pause,
    };
    Schedule { windows: vec![window] }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Spans as `from/until` in UTC, to the minute.
fn shown(spans: &[Span]) -> Vec<String> {
    let text = |at: Timestamp| Utc.timestamp_micros(at.as_micros()).unwrap().format("%Y-%m-%dT%H:%M").to_string();
    spans.iter().map(|span| format!("{}/{}", text(span.from), text(span.until))).collect()
}

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}
