//! Rules and files that are made to take long.

use super::generated::Dice;
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

const RULES: [&str; 6] = [
    "FREQ=WEEKLY;BYDAY=SA;BYHOUR=22",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=1;BYMINUTE=0,30",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;BYHOUR=9;WKST=SU",
    "FREQ=YEARLY;BYYEARDAY=1,100,-1;BYHOUR=0;UNTIL=20301231T235959Z",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3",
];
const FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\n\
                    DTSTART;TZID=Europe/London:20260601T090000\r\nDTEND;TZID=Europe/London:20260601T100000\r\n\
                    RRULE:FREQ=WEEKLY;COUNT=9\r\nEXDATE;TZID=Europe/London:20260608T090000\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260615T080000Z\r\nDTSTART:20260615T150000Z\r\n\
                    DURATION:P1DT2H\r\nSUMMARY:moved\\, and\r\n  folded\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const PIECES: [&str; 22] = [
    ";",
    "=",
    ",",
    ":",
    "-",
    "+",
    "0",
    "1",
    "9",
    "99999999999999999999",
    "-1",
    "366",
    "BYDAY",
    "BYSETPOS=-366",
    "FREQ=",
    "INTERVAL=1000",
    "T",
    "Z",
    "\r\n",
    "\r\n ",
    "BEGIN:VEVENT\r\n",
    "é",
];

/// One change of a text.
fn mutate(dice: &mut Dice, text: &mut String) {
    let place = |dice: &mut Dice, text: &str| {
        let at = usize::try_from(dice.below(text.len() as u64 + 1)).unwrap();
        text.floor_char_boundary(at)
    };
    let (one, other) = (place(dice, text), place(dice, text));
    let (from, to) = (one.min(other), one.max(other).min(one.min(other) + 12));
    let to = text.floor_char_boundary(to).max(from);
    match dice.below(4) {
        0 => text.replace_range(from..to, ""),
        1 => text.replace_range(from..to, dice.pick(&PIECES)),
        2 => {
            let copy = text[from..to].to_owned();
            text.insert_str(from, &copy);
        }
        _ => text.insert_str(from, dice.pick(&PIECES)),
    }
}

/// Mutated rules and files: nothing panics and nothing takes long. `SUREFOOT_FUZZ_MINUTES` goes on for so long.
#[test]
fn mutated_rules_and_files_are_answered_in_time() {
    let minutes = std::env::var("SUREFOOT_FUZZ_MINUTES").ok().and_then(|text| text.parse::<u64>().ok());
    let (began, zone) = (Instant::now(), zone("Europe/London").unwrap());
    let goes_on = |round: u64| match minutes {
        Some(minutes) => began.elapsed() < Duration::from_secs(minutes * 60),
        None => round < 4_000,
    };
    let (mut round, mut sound) = (0, 0);
    while goes_on(round) {
        let mut dice = Dice(round);
        let mut rule = dice.pick(&RULES).to_owned();
        (0..dice.below(4)).for_each(|_| mutate(&mut dice, &mut rule));
        let start = (dice.below(2) == 0).then(|| local("2026-01-03T22:00"));
        sound += u32::from(in_time(&format!("round {round}: {rule:?}"), || Rule::parse(&rule, start)).is_ok());
        let mut file = FILE.to_owned();
        (0..dice.below(5)).for_each(|_| mutate(&mut dice, &mut file));
        in_time(&format!("round {round}: {file:?}"), || {
            if let Ok(found) = freezes(&file, zone) {
                let mut schedule = window("Europe/London", RULES[0], 4, "");
                schedule.windows[0].freezes = found;
                schedule.coming(at("2026-06-01T00:00:00Z"), 5);
            }
        });
        round += 1;
    }
    assert!(sound > 100, "only {sound} of {round} rules were sound");
}
