//! Generated windows against an independent calendar: Python's dateutil and zoneinfo (`expected.py`).

use super::local;
use chrono::{Datelike as _, Days, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::calendar::{OnClose, Opens, Rule, Schedule, Span, Window, freezes, zone};

/// Zones with every kind of change: none, an hour, half an hour, a day, Ramadan, and rules that were replaced.
const ZONES: [&str; 30] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Europe/Chisinau",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Caracas",
    "America/Mexico_City",
    "America/Havana",
    "America/Santiago",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Amman",
    "Asia/Pyongyang",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Fiji",
    "Antarctica/Troll",
];
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// `SplitMix64`.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % count
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn list(&mut self, most: u64, mut each: impl FnMut(&mut Self) -> String) -> String {
        let count = 1 + self.below(most);
        (0..count).map(|_| each(self)).collect::<Vec<_>>().join(",")
    }
}

fn time(dice: &mut Dice) -> NaiveDateTime {
    let day = local("2000-01-01T00:00").checked_add_days(Days::new(dice.below(37 * 365))).unwrap();
    // Mostly in the night, when clocks change.
    let hour = if dice.one_in(2) { dice.below(4) } else { dice.below(24) };
    let minute = dice.pick(&[0, 0, 0, 10, 30, 45]);
    day + TimeDelta::minutes(i64::try_from(hour * 60 + minute).unwrap())
}

/// A rule that says its day and hour, so that it needs no start.
fn rule(dice: &mut Dice) -> String {
    let freq = dice.pick(&["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"]);
    let mut parts = vec![format!("FREQ={freq}")];
    let day = |dice: &mut Dice| dice.pick(&DAYS).to_owned();
    match freq {
        "DAILY" if dice.one_in(3) => parts.push(format!("BYDAY={}", dice.list(5, day))),
        "WEEKLY" => parts.push(format!("BYDAY={}", dice.list(3, day))),
        "MONTHLY" => match dice.below(4) {
            0 => parts.push(format!("BYMONTHDAY={}", dice.pick(&["1", "15", "31", "-1", "-2,10", "28,29"]))),
            1 => {
                parts.push(format!("BYDAY={}", dice.list(7, day)));
                parts.push(format!("BYSETPOS={}", dice.pick(&["1", "-1", "2,-2"])));
            }
            _ => {
                let nth = |dice: &mut Dice| format!("{}{}", dice.pick(&["1", "2", "4", "-1", "-2"]), dice.pick(&DAYS));
                parts.push(format!("BYDAY={}", dice.list(2, nth)));
            }
        },
        "YEARLY" => match dice.below(4) {
            0 => parts.push(format!("BYYEARDAY={}", dice.pick(&["1", "100", "-1", "200,366"]))),
            1 => parts.push(format!("BYWEEKNO={};BYDAY={}", 2 + dice.below(50), dice.list(2, day))),
            2 => parts.push(format!("BYMONTH={};BYMONTHDAY={}", 1 + dice.below(12), 1 + dice.below(28))),
            _ => parts.push(format!(
                "BYMONTH={};BYDAY={}{}",
                1 + dice.below(12),
                dice.pick(&["1", "3", "-1"]),
                day(dice)
            )),
        },
        _ => {}
    }
    if dice.one_in(6) && freq != "YEARLY" {
        parts.push(format!("BYMONTH={}", dice.list(6, |dice| (1 + dice.below(12)).to_string())));
    }
    let night = |dice: &mut Dice| if dice.one_in(2) { dice.below(4) } else { dice.below(24) }.to_string();
    parts.push(format!("BYHOUR={}", dice.list(2, night)));
    if dice.one_in(2) {
        parts.push(format!("BYMINUTE={}", dice.pick(&["0", "15", "30", "59", "0,30"])));
    }
    if dice.one_in(8) {
        parts.push(format!("WKST={}", dice.pick(&DAYS)));
    }
    parts.join(";")
}

/// An event, as Python is told of it.
fn event(dice: &mut Dice, near: NaiveDateTime) -> Value {
    let at = near + TimeDelta::minutes(i64::try_from(dice.below(60 * 24 * 60)).unwrap() / 15 * 15);
    let is_date = dice.one_in(3);
    let start = if is_date { at.date().and_time(chrono::NaiveTime::MIN) } else { at };
    let zone = if is_date || dice.one_in(3) { "" } else { dice.pick(&ZONES) };
    let (days, minutes) = if is_date { (1 + dice.below(5), 0) } else { (0, 15 + dice.below(60 * 24)) };
    let nominal = !is_date && dice.one_in(3);
    let recurs = match dice.below(4) {
        0 => format!("FREQ=DAILY;INTERVAL={}", 2 + dice.below(9)),
        1 => "FREQ=WEEKLY".to_owned(),
        2 => format!("FREQ=DAILY;COUNT={}", 1 + dice.below(20)),
        _ => String::new(),
    };
    let step = TimeDelta::days(if recurs == "FREQ=WEEKLY" { 7 } else { 2 });
    let out = if !recurs.is_empty() && dice.one_in(2) { vec![start + step] } else { Vec::new() };
    json!({
        "start": text(start), "zone": zone, "is_date": is_date, "days": if nominal { 1 } else { days },
        "minutes": minutes, "rule": recurs, "out": out.into_iter().map(text).collect::<Vec<_>>(), "nominal": nominal,
    })
}

fn text(at: NaiveDateTime) -> String {
    at.format("%Y%m%dT%H%M%S").to_string()
}

/// The same event as a calendar writes it.
fn ics(event: &Value) -> String {
    let (is_date, zone) = (event["is_date"] == true, event["zone"].as_str().unwrap());
    let start = event["start"].as_str().unwrap();
    let when = |at: &str| match (is_date, zone) {
        (true, _) => format!(";VALUE=DATE:{}", &at[..8]),
        (_, "") => format!(":{at}"),
        (_, "UTC") => format!(":{at}Z"),
        (_, zone) => format!(";TZID={zone}:{at}"),
    };
    let (days, minutes) = (event["days"].as_u64().unwrap(), event["minutes"].as_u64().unwrap());
    let mut lines = vec!["BEGIN:VEVENT".to_owned(), format!("DTSTART{}", when(start))];
    lines.push(match (is_date, event["nominal"] == true) {
        (true, _) => format!("DURATION:P{days}D"),
        (_, true) => format!("DURATION:P{days}DT{minutes}M"),
        _ => format!("DURATION:PT{minutes}M"),
    });
    let rule = event["rule"].as_str().unwrap();
    if !rule.is_empty() {
        lines.push(format!("RRULE:{rule}"));
    }
    let out = event["out"].as_array().unwrap();
    lines.extend(out.iter().map(|at| format!("EXDATE{}", when(at.as_str().unwrap()))));
    lines.push("END:VEVENT\r\n".to_owned());
    lines.join("\r\n")
}

fn generate(seed: u64) -> Value {
    let mut dice = Dice(seed);
    let from = time(&mut dice);
    let start = match dice.below(4) {
        0 => Some(from - TimeDelta::days(i64::try_from(dice.below(400)).unwrap())),
        _ => None,
    };
    let mut rule = rule(&mut dice);
    if start.is_some() {
        match dice.below(3) {
            0 => rule.push_str(&format!(";INTERVAL={}", 1 + dice.below(4))),
            1 => rule.push_str(&format!(";COUNT={}", 1 + dice.below(200))),
            _ => rule = format!("FREQ={}", dice.pick(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])),
        }
    }
    let until = dice.one_in(6).then(|| from + TimeDelta::days(i64::try_from(dice.below(200)).unwrap()));
    if let Some(until) = until.filter(|_| !rule.contains("COUNT")) {
        rule.push_str(&format!(";UNTIL={}{}", text(until), if dice.one_in(2) { "Z" } else { "" }));
    }
    let count = dice.below(4);
    json!({
        "zone": dice.pick(&ZONES), "rule": rule, "start": start.map(text),
        "minutes": 15 * (1 + dice.below(4 * 60)), "from": text(from), "days": 40 + dice.below(360),
        "freezes": (0..count).map(|_| event(&mut dice, from)).collect::<Vec<_>>(),
    })
}

/// The spans of ours, in seconds; `None` where the rule never comes.
fn ours(case: &Value) -> Option<Vec<[i64; 2]>> {
    let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
    let zone = zone(case["zone"].as_str().unwrap()).unwrap();
    let rule = match Rule::parse(case["rule"].as_str().unwrap(), case["start"].as_str().map(read)) {
        Ok(rule) => rule,
        Err(problem) if problem.message == "the rule never comes" => return None,
        Err(problem) => panic!("{case}: {problem:?}"),
    };
    let events: String = case["freezes"].as_array().unwrap().iter().map(ics).collect();
    let window = Window {
        zone,
        opens: Opens::By(Box::new(rule)),
        duration: Duration::from_mins(case["minutes"].as_u64().unwrap()),
        reserve: Duration::ZERO,
        freezes: freezes(&format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n"), zone).unwrap(),
        on_close: OnClose::Pause,
    };
    let from = Timestamp::from_micros(read(case["from"].as_str().unwrap()).and_utc().timestamp_micros());
    let to = from.plus(Duration::from_hours(24 * case["days"].as_u64().unwrap()));
    let spans = Schedule { windows: vec![window] }.spans(from, to);
    Some(spans.iter().map(|Span { from, until }| [from.as_secs(), until.as_secs()]).collect())
}

#[test]
fn windows_are_those_of_an_independent_calendar() {
    let count: u64 = std::env::var("SUREFOOT_CALENDAR_WINDOWS").map_or(2_000, |text| text.parse().unwrap());
    let first: u64 = std::env::var("SUREFOOT_CALENDAR_SEED").map_or(1, |text| text.parse().unwrap());
    let cases: Vec<Value> = (first..first + count).map(generate).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/calendar/expected.py");
    let mut child = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "this test needs Python's dateutil: `python3 -m pip install python-dateutil`");
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut compared, mut spans, mut wrong) = (0, 0, Vec::new());
    for (case, line) in cases.iter().zip(text.lines()) {
        let theirs: Vec<[i64; 2]> = serde_json::from_str(line).unwrap();
        let ours = ours(case);
        compared += 1;
        spans += theirs.len();
        if ours.clone().unwrap_or_default() != theirs {
            let first = ours.clone().unwrap_or_default().iter().zip(&theirs).position(|(one, other)| one != other);
            wrong.push(format!("{case}\n  first difference {first:?}: {ours:?}\n  {theirs:?}"));
        }
    }
    assert_eq!(compared, count);
    assert!(spans as u64 > count * 10, "only {spans} spans were compared");
    let shown = wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ; the rules of time zones here are those of {}, and those of Python may be others:\n{shown}",
        wrong.len(),
        chrono_tz::IANA_TZDB_VERSION
    );
    println!("{count} windows, {spans} spans: 0 differences");
}

#[test]
fn the_generated_windows_are_of_every_kind() {
    let cases: Vec<Value> = (1..2_000).map(generate).collect();
    let has = |test: &dyn Fn(&Value) -> bool| cases.iter().filter(|case| test(case)).count();
    for freq in ["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "BYSETPOS", "BYWEEKNO", "UNTIL", "COUNT", "INTERVAL"] {
        assert!(has(&|case| case["rule"].as_str().unwrap().contains(freq)) > 20, "{freq}");
    }
    assert!(has(&|case| case["freezes"].as_array().unwrap().iter().any(|one| one["is_date"] == true)) > 100);
    assert!(ZONES.iter().all(|zone| has(&|case| case["zone"] == *zone) > 10));
    assert!(cases.iter().all(|case| case["from"].as_str().unwrap()[..4].parse::<i32>().unwrap() < 2038));
    assert_eq!(local("2026-01-03T22:00").year(), 2026);
}
