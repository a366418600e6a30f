//! Rules and files that are made to take long.

use super::{at, local, window};
use std::time::{Duration, Instant};
use surefoot::calendar::{Rule, freezes, zone};

/// A tenth of a second in a build that is optimized; the test builds are not.
const MOST: Duration = Duration::from_millis(400);

fn in_time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let found = run();
    assert!(began.elapsed() < MOST, "{what} took {:?}", began.elapsed());
    found
}

#[test]
fn a_rule_that_never_comes_is_refused_in_time() {
    for rule in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1",
        "FREQ=DAILY;BYHOUR=22;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=SA;BYHOUR=22;BYSETPOS=3",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20;BYHOUR=22",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=6;BYHOUR=1",
    ] {
        let problem = in_time(rule, || Rule::parse(rule, None)).unwrap_err();
        assert_eq!(problem.message, "the rule never comes", "{rule}");
    }
}

#[test]
fn a_rule_has_limits() {
    let start = Some(local("2026-01-03T22:00"));
    for (rule, part) in [
        ("FREQ=DAILY;BYHOUR=1;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24", "BYMINUTE="),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL=1001"),
        ("FREQ=DAILY;COUNT=1001", "COUNT=1001"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY"),
        ("FREQ=DAILY;BYHOUR=25", "BYHOUR=25"),
        ("FREQ=DAILY;BYDAY=XX", "BYDAY=XX"),
        ("FREQ=DAILY;UNTIL=soon", "UNTIL=soon"),
        ("FREQ=DAILY;COLOUR=red", "COLOUR=red"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY"),
        ("FREQ=DAILY;BYHOUR=", "BYHOUR="),
    ] {
        let problem = Rule::parse(rule, start).unwrap_err();
        assert!(problem.part.starts_with(part), "{rule}: {problem:?}");
        assert!(!problem.hint.is_empty(), "{rule}");
    }
    assert!(Rule::parse(&format!("FREQ=DAILY;BYHOUR={}", "1,".repeat(1_000)), start).is_err());
}

#[test]
fn a_busy_window_with_busy_freezes_is_asked_in_time() {
    let event = "BEGIN:VEVENT\r\nDTSTART:20000101T010000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n";
    let ics = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event.repeat(200));
    let hours: Vec<_> = (0..24).map(|hour| hour.to_string()).collect();
    let rule = format!("FREQ=DAILY;BYHOUR={}", hours.join(","));
    let schedule = in_time("reading", || window("Europe/London", &rule, 1, &ics));
    in_time("asking", || schedule.at(at("2026-06-01T00:00:00Z")));
}

#[test]
fn a_hostile_file_is_refused_in_time() {
    let zone = zone("Europe/London").unwrap();
    let event = "BEGIN:VEVENT\r\nDTSTART:20000101T010000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n";
    for (what, text) in [
        ("depth", "BEGIN:VEVENT\r\n".repeat(50_000)),
        ("size", "X".repeat(2 << 20)),
        ("colons", format!("BEGIN:VCALENDAR\r\nX:{}", ":;=\"".repeat(100_000))),
        ("lines", "\r\n ".repeat(300_000)),
        ("events", format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event.repeat(5_001))),
        ("rules", format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event.repeat(201))),
    ] {
        assert!(in_time(what, || freezes(&text, zone)).is_err(), "{what}");
    }
}
