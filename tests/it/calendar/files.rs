//! Files of freezes.

use super::{at, shown, window};
use std::time::Duration;
use surefoot::calendar::{freezes, zone};

const DAYS: Duration = Duration::from_hours(40 * 24);

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.replace('\n', "\r\n"))
}

fn event(lines: &str) -> String {
    calendar(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n"))
}

/// A window that is always open on the days around, with this event, from a moment on for forty days.
fn open(ics: &str, from: &str, count: usize) -> Vec<String> {
    let from = at(from);
    let mut found = shown(&window("Europe/London", "FREQ=DAILY;BYHOUR=0", 25, ics).spans(from, from.plus(DAYS)));
    found.truncate(count);
    found
}

fn refused(ics: &str) -> String {
    freezes(ics, zone("Europe/London").unwrap()).unwrap_err().message
}

#[test]
fn a_day_is_a_day_of_the_windows_zone() {
    let day = event("DTSTART;VALUE=DATE:20260601\nSUMMARY:end of the half-year");
    assert_eq!(open(&day, "2026-05-31T12:00:00Z", 1), ["2026-05-31T12:00/2026-05-31T23:00"]);
    let days = event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227");
    let found = open(&days, "2026-12-23T12:00:00Z", 2);
    assert_eq!(found[0], "2026-12-23T12:00/2026-12-24T00:00");
    assert!(found[1].starts_with("2026-12-27T00:00/"), "{found:?}");
}

#[test]
fn a_time_is_of_its_own_zone_of_utc_or_of_the_window() {
    for (start, wanted) in [
        ("DTSTART;TZID=America/New_York:20260601T090000", "2026-06-01T13:00"),
        ("DTSTART:20260601T090000Z", "2026-06-01T09:00"),
        ("DTSTART:20260601T090000", "2026-06-01T08:00"),
    ] {
        let found = open(&event(&format!("{start}\nDURATION:PT2H")), "2026-06-01T00:00:00Z", 1);
        assert_eq!(found, [format!("2026-06-01T00:00/{wanted}")], "{start}");
    }
}

#[test]
fn what_recurs_leaves_out_and_adds_dates() {
    let ics = event(
        "DTSTART;TZID=Europe/London:20260601T090000\nDTEND;TZID=Europe/London:20260601T100000\n\
         RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Europe/London:20260602T090000\nRDATE;TZID=Europe/London:20260610T120000",
    );
    let found = open(&ics, "2026-06-01T00:00:00Z", 5);
    let ends: Vec<_> = found.iter().map(|span| span.split_once('/').unwrap().1).take(4).collect();
    assert_eq!(ends, ["2026-06-01T08:00", "2026-06-03T08:00", "2026-06-04T08:00", "2026-06-10T11:00"]);
}

#[test]
fn a_moved_event_of_a_series_freezes_where_it_was_moved_to() {
    let ics = calendar(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260601T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260602T090000Z\nDTSTART:20260602T150000Z\nDURATION:PT1H\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nSTATUS:CANCELLED\nDTSTART:20260602T110000Z\nDURATION:PT1H\nEND:VEVENT\n",
    );
    let found = open(&ics, "2026-06-01T00:00:00Z", 3);
    let ends: Vec<_> = found.iter().map(|span| span.split_once('/').unwrap().1).take(2).collect();
    assert_eq!(ends, ["2026-06-01T09:00", "2026-06-02T15:00"]);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_event() {
    for (ics, wanted) in [
        ("hello".to_owned(), "it is not an iCalendar file"),
        (String::new(), "it is not an iCalendar file"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260601\r\n".to_owned(), "it is not an iCalendar file"),
        (event("SUMMARY:no start"), "event 1 (\"no start\"): it has no DTSTART"),
        (event("DTSTART:tomorrow"), "event 1: its DTSTART is \"tomorrow\", which is neither a date nor a time"),
        (event("DTSTART:20260601T090000Z"), "event 1: it has no length, so that it freezes nothing"),
        (event("DTSTART:20260601T090000Z\nDURATION:1h"), "event 1: `1h` is no duration"),
        (event("DTSTART:20260602T090000Z\nDTEND:20260601T090000Z"), "event 1: it has no length"),
        (
            event("DTSTART;TZID=Mars/Base:20260601T090000\nDURATION:PT1H"),
            "event 1: its DTSTART has the time zone \"Mars/Base\"",
        ),
        (event("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=HOURLY"), "event 1: a rule cannot recur hourly"),
        (event("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY"), "event 1: it has an EXRULE"),
    ] {
        let told = refused(&ics);
        assert!(told.starts_with(wanted), "{ics:?}: {told}");
    }
}
