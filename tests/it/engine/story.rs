//! Stories: what a step wants, what it gets, and what happens to it; one row each.
//!
//! ```text
//!     +15s read settle -> found {"name":"$1","matches":[],"complete":true}
//!     13 x +15s read settle -> …        the same thirteen times
//!     = lost 1 aaaa0001                 an event beyond those that the rows make; all must be told, in order
//!     nothing                           the step wants nothing
//!     ! crash | wait 10m | back 10m | dead 5h | resolve not-applied | set memory=16GB | cancel | pause
//! ```
//!
//! What is read again right before an irreversible effect is as it was, and no row is needed for it, unless one of the
//! rows is about it: `read recheck -> …`.
//!
//! `+15s` is how long the step waits before it may start; it is exact, and no time passes otherwise, except five
//! seconds for a person's answer. `$1` to `$9` are the derived names of the attempts.

use super::rig::{NONCE, Rig, alice};
use super::told;
use super::world;
use std::time::Duration;
use surefoot::base::{Actor, Value, parse_duration};
use surefoot::engine::call::{CallError, ErrorClass, Outcome, Reply};
use surefoot::engine::event::{Body, Event};
use surefoot::kinds::aura::derived_name;

/// Tells a story of one step; the steps before it go well.
#[track_caller]
pub(super) fn story(yaml: &str, step: &str, rows: &str) -> Rig {
    let mut rig = Rig::open(yaml);
    world::lead_to(&mut rig, step);
    tell(rig, step, rows)
}

/// Goes on telling.
#[track_caller]
pub(super) fn tell(rig: Rig, step: &str, rows: &str) -> Rig {
    let seen = rig.log.len();
    let mut teller = Teller { rig, step, seen };
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
        teller.row(&named(row, step), row);
    }
    let untold = teller.next_event();
    assert!(untold.is_none(), "not told: {untold:?}\n{}", teller.rig.tail());
    teller.rig
}

struct Teller<'a> {
    rig: Rig,
    step: &'a str,
    /// How many events of the log have been told.
    seen: usize,
}

/// A row with the derived names put in.
fn named(row: &str, step: &str) -> String {
    (1..10)
        .fold(row.to_owned(), |row, attempt| row.replace(&format!("${attempt}"), &derived_name(NONCE, step, attempt)))
}

impl Teller<'_> {
    fn row(&mut self, row: &str, written: &str) {
        let place = |rig: &Rig| format!("in `{written}`, at {}, after\n{}", rig.now.time_of_day(), rig.tail());
        if let Some(told) = row.strip_prefix("= ") {
            let event = self.next_event();
            assert!(event.as_deref().is_some_and(|event| event.starts_with(told)), "{event:?} {}", place(&self.rig));
            return;
        }
        if let Some(event) = self.next_event() {
            panic!("not told: {event:?} {}", place(&self.rig));
        }
        match row.split_once(" x ").and_then(|(times, row)| Some((times.parse::<u32>().ok()?, row))) {
            Some((times, row)) => (0..times).for_each(|_| self.act(row, written)),
            None => self.act(row, written),
        }
    }

    fn act(&mut self, row: &str, written: &str) {
        let before = self.rig.now;
        if !row.contains("recheck") && !row.starts_with('!') {
            world::look_again(&mut self.rig, self.step);
        }
        let place = format!("in `{written}`, at {}, after\n{}", self.rig.now.time_of_day(), self.rig.tail());
        if let Some(deed) = row.strip_prefix("! ") {
            return self.deed(deed);
        }
        let pending = self.rig.pending(self.step);
        if row == "nothing" {
            assert!(pending.is_none(), "it wants {pending:?} {place}");
            return;
        }
        let (wanted, reply) = row.split_once("-> ").unwrap_or_else(|| panic!("a row without a reply {place}"));
        let command = pending.unwrap_or_else(|| panic!("the step wants nothing {place}"));
        let (wait, wanted) = match wanted.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
            Some((wait, wanted)) => (parse_duration(wait).unwrap(), wanted.trim()),
            None => (Duration::ZERO, wanted.trim()),
        };
        assert_eq!(told::command(&command), wanted, "{place}");
        assert_eq!(command.not_before.since(before), wait, "its wait {place}");
        self.rig.now = self.rig.now.max(before.plus(wait));
        if reply == "silence" {
            return;
        }
        let reply = self.reply(reply, &command);
        self.rig.reply(command.id, reply);
    }

    fn deed(&mut self, deed: &str) {
        let step = self.step.to_owned();
        let (verb, what) = deed.split_once(' ').unwrap_or((deed, ""));
        match verb {
            "crash" | "resume" => self.rig.reopen(),
            "back" => self.rig.now = self.rig.now.minus(parse_duration(what).unwrap()),
            "wait" => self.rig.wait(parse_duration(what).unwrap()),
            "dead" => return self.rig.now = self.rig.now.plus(parse_duration(what).unwrap()),
            "resolve" => {
                let (applied, because) = (what == "applied", "I looked".to_owned());
                self.rig.must(Body::OperatorResolved { step, applied, because });
            }
            "set" => {
                let (name, value) = what.split_once('=').unwrap();
                let set = [(name.to_owned(), Value::String(value.to_owned()))].into_iter().collect();
                self.rig.must(Body::StepChanged { step, set });
            }
            "cancel" => self.rig.must(Body::RunCancelAsked),
            "pause" => self.rig.must(Body::RunPaused),
            _ => panic!("what is `{deed}`?"),
        }
        self.rig.conclude();
    }

    fn reply(&mut self, told: &str, command: &surefoot::engine::command::Command) -> Reply {
        let (verb, rest) = told.split_once(' ').unwrap_or((told, ""));
        let json = || serde_json::from_str::<Value>(rest).unwrap_or_else(|error| panic!("{rest}: {error}"));
        match verb {
            "calm" => world::calm(&self.rig.engine, command, self.rig.now),
            "found" => Reply::Found(json()),
            "done" => Reply::Done { output: json().as_object().unwrap().clone(), evidence: Vec::new() },
            "failed" => Reply::Failed(error(rest)),
            "unchecked" => Reply::Checked { passed: false, detail: Value::Null, error: Some(error(rest)) },
            "prepared" => {
                let (target, guard) = rest.split_once(' ').unwrap_or((rest, "null"));
                world::prepared(target, serde_json::from_str(guard).unwrap())
            }
            "sealed" => {
                let (id, name) = rest.split_once(' ').unwrap();
                world::sealed(id, name)
            }
            "applied" if rest.is_empty() => world::settled(Outcome::Applied, Value::Null, None),
            "applied" => world::settled(Outcome::Applied, json(), None),
            "unknown" => world::settled(Outcome::Unknown, Value::Null, Some(error("outside no answer"))),
            "auth" => world::settled(Outcome::RejectedAuth, Value::Null, Some(error("auth denied"))),
            "not_sent" => world::settled(Outcome::NotSent, Value::Null, Some(error(rest))),
            "rejected" => with_status(rest),
            "answer" => {
                self.rig.now = self.rig.now.plus(Duration::from_secs(4));
                let answer = world::answer(rest, self.rig.now);
                self.rig.now = self.rig.now.plus(Duration::from_secs(1));
                answer
            }
            _ => panic!("what is `{told}`?"),
        }
    }

    /// The next event worth telling that has not been told.
    fn next_event(&mut self) -> Option<String> {
        while let Some(Event { body, actor, .. }) = self.rig.log.get(self.seen) {
            self.seen += 1;
            assert!(*actor == Actor::Engine || *actor == alice());
            let is_ours = body.step().is_none_or(|step| step == self.step);
            if let Some(told) = told::end(body).filter(|_| is_ours) {
                return Some(told);
            }
        }
        None
    }
}

/// `CLASS MESSAGE [after DURATION] [reason WORD]`.
fn error(told: &str) -> CallError {
    let (told, reason) = told.split_once(" reason ").unwrap_or((told, ""));
    let (told, after) = told.split_once(" after ").unwrap_or((told, ""));
    let (class, message) = told.split_once(' ').unwrap_or((told, "no luck"));
    let class = ErrorClass::from_name(class).unwrap_or_else(|| panic!("no class {class}"));
    let mut error = CallError::new(class, message).with_reason(reason);
    error.retry_after = parse_duration(after).ok();
    error
}

/// `STATUS CLASS …`.
fn with_status(told: &str) -> Reply {
    let (code, rest) = told.split_once(' ').unwrap();
    let Reply::Settled { outcome, output, error, .. } =
        world::settled(Outcome::Rejected, Value::Null, Some(error(rest)))
    else {
        unreachable!()
    };
    let (request_id, server_date, sealed) = (None, None, None);
    Reply::Settled { outcome, status: code.parse().ok(), request_id, server_date, output, sealed, error }
}

/// Rows that differ in a number.
pub(super) fn rows(numbers: impl IntoIterator<Item = u32>, row: impl Fn(u32) -> String) -> String {
    numbers.into_iter().map(row).collect::<Vec<_>>().join("\n")
}
