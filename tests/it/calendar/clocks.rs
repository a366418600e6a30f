//! What clocks that change make of a window.

use super::{at, local, shown, window};
use std::time::Duration;
use surefoot::calendar::{OnClose, Opens, Rule, Schedule, Span, Standing, Window, zone};

#[test]
fn a_window_keeps_its_hour_when_the_clocks_change() {
    let london = window("Europe/London", "FREQ=WEEKLY;BYDAY=SA;BYHOUR=22", 4, "");
    assert_eq!(
        shown(&london.coming(at("2026-03-20T12:00:00Z"), 3)),
        ["2026-03-21T22:00/2026-03-22T02:00", "2026-03-28T22:00/2026-03-29T02:00", "2026-04-04T21:00/2026-04-05T01:00"],
        "the clocks go forward in the night after the second"
    );
}

#[test]
fn an_hour_that_does_not_exist_is_read_by_the_offset_before_the_gap() {
    let london = window("Europe/London", "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", 1, "");
    assert_eq!(
        shown(&london.coming(at("2026-03-28T00:00:00Z"), 3)),
        ["2026-03-28T01:30/2026-03-28T02:30", "2026-03-29T01:30/2026-03-29T02:30", "2026-03-30T00:30/2026-03-30T01:30"]
    );
    let york = window("America/New_York", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", 1, "");
    assert_eq!(shown(&york.coming(at("2026-03-08T05:00:00Z"), 1)), ["2026-03-08T07:30/2026-03-08T08:30"]);
}

#[test]
fn an_hour_that_comes_twice_means_the_first() {
    let london = window("Europe/London", "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", 2, "");
    assert_eq!(
        shown(&london.coming(at("2026-10-25T00:00:00Z"), 2)),
        ["2026-10-25T00:30/2026-10-25T02:30", "2026-10-26T01:30/2026-10-26T03:30"],
        "the length is time that passes"
    );
    let york = window("America/New_York", "FREQ=DAILY;BYHOUR=1", 1, "");
    assert_eq!(shown(&york.coming(at("2026-11-01T04:30:00Z"), 1)), ["2026-11-01T05:00/2026-11-01T06:00"]);
}

#[test]
fn a_gap_may_be_half_an_hour() {
    // At 02:00 the clocks of Lord Howe go forward to 02:30, and back from 02:00 to 01:30.
    let island = window("Australia/Lord_Howe", "FREQ=DAILY;BYHOUR=2;BYMINUTE=10", 1, "");
    assert_eq!(shown(&island.coming(at("2026-10-03T15:00:00Z"), 1)), ["2026-10-03T15:40/2026-10-03T16:40"]);
    let twice = window("Australia/Lord_Howe", "FREQ=DAILY;BYHOUR=1;BYMINUTE=40", 1, "");
    assert_eq!(shown(&twice.coming(at("2026-04-04T12:00:00Z"), 1)), ["2026-04-04T14:40/2026-04-04T15:40"]);
}

#[test]
fn a_zone_may_change_its_rules() {
    // Moscow has been at +3 since October 2014, after three years at +4; Brazil has had no summer time since 2019.
    let moscow =
        |when: &str| shown(&window("Europe/Moscow", "FREQ=DAILY;BYHOUR=22", 1, "").coming(at(when), 1)).concat();
    assert_eq!(moscow("2013-07-01T00:00:00Z"), "2013-07-01T18:00/2013-07-01T19:00");
    assert_eq!(moscow("2026-07-01T00:00:00Z"), "2026-07-01T19:00/2026-07-01T20:00");
    let paulo =
        |when: &str| shown(&window("America/Sao_Paulo", "FREQ=DAILY;BYHOUR=0", 1, "").coming(at(when), 1)).concat();
    assert_eq!(paulo("2018-11-03T23:00:00Z"), "2018-11-04T03:00/2018-11-04T04:00", "midnight did not exist that day");
    assert_eq!(paulo("2026-11-03T23:00:00Z"), "2026-11-04T03:00/2026-11-04T04:00");
    // Morocco goes back an hour for Ramadan.
    let morocco =
        |when: &str| shown(&window("Africa/Casablanca", "FREQ=DAILY;BYHOUR=22", 1, "").coming(at(when), 1)).concat();
    assert_eq!(morocco("2026-03-01T00:00:00Z"), "2026-03-01T22:00/2026-03-01T23:00");
    assert_eq!(morocco("2026-05-01T00:00:00Z"), "2026-05-01T21:00/2026-05-01T22:00");
}

#[test]
fn a_day_that_never_was_opens_the_window_a_day_later() {
    // Samoa went from 29 December 2011 to 31 December.
    let samoa = window("Pacific/Apia", "FREQ=DAILY;BYHOUR=10", 1, "");
    assert_eq!(
        shown(&samoa.coming(at("2011-12-29T00:00:00Z"), 3)),
        ["2011-12-29T20:00/2011-12-29T21:00", "2011-12-30T20:00/2011-12-30T21:00", "2011-12-31T20:00/2011-12-31T21:00"]
    );
}

#[test]
fn at_a_moment_it_is_open_or_closed_or_over() {
    let span = |from, until| Span { from: at(from), until: at(until) };
    let schedule = window("UTC", "FREQ=WEEKLY;BYDAY=SA;BYHOUR=22;UNTIL=20260131", 4, "");
    assert_eq!(
        schedule.at(at("2026-01-30T12:00:00Z")),
        Standing::Closed(Some(span("2026-01-31T22:00:00Z", "2026-02-01T02:00:00Z")))
    );
    assert_eq!(
        schedule.at(at("2026-01-31T22:00:00Z")),
        Standing::Open(span("2026-01-31T22:00:00Z", "2026-02-01T02:00:00Z"))
    );
    assert_eq!(schedule.at(at("2026-02-01T02:00:00Z")), Standing::Closed(None), "its end is no part of it");
}

#[test]
fn a_single_window_opens_once_and_an_interval_counts_from_its_start() {
    let berlin = zone("Europe/Berlin").unwrap();
    let window = |opens| Schedule {
        windows: vec![Window {
            zone: berlin,
            opens,
            duration: Duration::from_hours(2),
            reserve: Duration::ZERO,
            freezes: Vec::new(),
            on_close: OnClose::Pause,
        }],
    };
    let once = window(Opens::Once(local("2026-01-03T22:00")));
    assert_eq!(shown(&once.coming(at("2025-12-01T00:00:00Z"), 5)), ["2026-01-03T21:00/2026-01-03T23:00"]);
    let rule = Rule::parse("FREQ=WEEKLY;INTERVAL=2", Some(local("2026-01-03T22:00"))).unwrap();
    assert_eq!(
        shown(&window(Opens::By(Box::new(rule))).coming(at("2026-01-04T00:00:00Z"), 2)),
        ["2026-01-17T21:00/2026-01-17T23:00", "2026-01-31T21:00/2026-01-31T23:00"]
    );
}

#[test]
fn of_two_windows_both_must_be_open() {
    let mut both = window("Europe/London", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=22", 4, "");
    both.windows.extend(window("America/New_York", "FREQ=WEEKLY;BYDAY=SA;BYHOUR=18", 12, "").windows);
    assert_eq!(shown(&both.coming(at("2026-01-01T00:00:00Z"), 1)), ["2026-01-03T23:00/2026-01-04T02:00"]);
    both.windows.extend(window("UTC", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=0", 1, "").windows);
    assert_eq!(both.at(at("2026-01-01T00:00:00Z")), Standing::Closed(None));
}

#[test]
fn a_window_that_never_closes_is_open_for_years() {
    let always = window("Europe/London", "FREQ=DAILY;BYHOUR=0", 30, "");
    let Standing::Open(span) = always.at(at("2026-01-01T00:00:00Z")) else { panic!("it is closed") };
    assert!(span.until > at("2036-01-01T00:00:00Z"), "{span:?}");
}
