//! What is in doubt, for people: what was sent, what was seen since, and what will be done, before it is done.

use super::page::Page;
use super::text::count;
use crate::base::{Timestamp, escape, format_duration};
use crate::engine::RecoveryForecast;
use crate::engine::doubt::{Doubt, Look, Sent};

/// The last looks that are told; those before are counted.
const LOOKS: usize = 5;

/// Puts what is in doubt on a page.
pub(super) fn in_doubt(page: &mut Page, doubts: &[Doubt]) {
    for doubt in doubts {
        page.heading(&format!("`{}` is in doubt", doubt.step));
        page.fields(2, &rows(doubt));
    }
}

/// What is in doubt in whole sentences, for a log: the first says what was sent, the last what follows from what.
pub(super) fn sentences(doubt: &Doubt) -> Vec<String> {
    let mut lines: Vec<String> =
        doubt.sent.iter().map(|sent| format!("in doubt: {}; {}", what(sent), why(sent))).collect();
    lines.extend(seen(doubt).into_iter().map(|look| format!("seen: {look}")));
    lines.extend(doubt.trouble.iter().map(|trouble| format!("the last look failed: {}", escape(trouble))));
    lines.push(format!("next: {}", next(doubt)));
    lines.extend(doubt.outlook.then.iter().map(|course| format!("{}: {}", course.found, course.then)));
    lines
}

fn rows(doubt: &Doubt) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
    for sent in &doubt.sent {
        row("sent", what(sent));
        row("outcome", why(sent));
    }
    let looks = seen(doubt);
    if looks.is_empty() {
        row("seen", "not looked up yet".to_owned());
    }
    for look in looks {
        row("seen", look);
    }
    if let Some(trouble) = &doubt.trouble {
        row("trouble", escape(trouble));
    }
    row("next", next(doubt));
    for course in &doubt.outlook.then {
        row(&course.found, course.then.clone());
    }
    rows
}

/// What was sent, and when.
fn what(sent: &Sent) -> String {
    let on = if sent.request.contains(&sent.target) { String::new() } else { format!(" for {}", escape(&sent.target)) };
    format!("{}{on}, attempt {}, at {}", escape(&sent.request), sent.attempt, sent.at.to_seconds_text())
}

fn why(sent: &Sent) -> String {
    format!("unknown: {}", escape(&sent.why))
}

/// The last looks, one a line, and how many there were before.
fn seen(doubt: &Doubt) -> Vec<String> {
    let hidden = doubt.looks.len().saturating_sub(LOOKS);
    let line = |look: &Look| format!("{} {}", look.at.to_seconds_text(), escape(&look.saw));
    let mut lines: Vec<String> = doubt.looks.iter().skip(hidden).map(line).collect();
    if hidden > 0 {
        lines.insert(0, count(hidden, "earlier look"));
    }
    lines
}

/// What is done next, in one sentence.
fn next(doubt: &Doubt) -> String {
    let RecoveryForecast { next, at, every, until, .. } = &doubt.outlook;
    let day = doubt.sent.first().map(|sent| sent.at);
    let time = |at: &Timestamp| {
        if day.is_some_and(|day| is_same_day(day, *at)) { at.time_of_day() } else { at.to_seconds_text() }
    };
    let mut text = next.clone();
    if let Some(every) = every {
        text = format!("{text} every {}", format_duration(*every));
    }
    if let Some(at) = at {
        text = format!("{text}{} {}", if every.is_some() { ", from" } else { " at" }, time(at));
    }
    if let Some(until) = until {
        text = format!("{text}, at most until {}", time(until));
    }
    match doubt.if_resumed_at {
        Some(at) => format!("if resumed at {}: {text}", time(&at)),
        None => text,
    }
}

fn is_same_day(one: Timestamp, other: Timestamp) -> bool {
    one.to_seconds_text().get(..10) == other.to_seconds_text().get(..10)
}
