//! How old a confirmation is, and the question that asks for it again.
//!
//! Age is measured by what nobody can set: the boot clock of the records, and the service's own `Date`. The wall clock
//! counts where it says more.

use super::event::Intent;
use super::guard::{CLOCK_SLACK, CONFIRMED_MAX, Confirmation};
use super::history::History;
use super::machine::Engine;
use super::protocol;
use super::question::{Form, Question};
use super::run::Ticked;
use super::step::StepState;
use crate::base::{Map, Moment, PlantedBug, Timestamp, Value, planted};
use crate::runbook::kind::Proof;
use serde_json::json;
use std::time::Duration;

/// Where a confirmation stands.
#[derive(Clone, Copy)]
struct Given {
    at: Timestamp,
    seq: u64,
    session: u32,
    mono_ms: u64,
}

impl Engine {
    /// The newest confirmation of what this intent does: one that the step itself has asked for, or one before.
    pub(super) fn confirmation(&self, state: &StepState, intent: &Intent, now: Moment) -> Option<Confirmation> {
        let wanted = self.text_for(&intent.target);
        let answers =
            state.history.questions.iter().filter_map(|asked| Some((asked.answer.as_ref()?, asked.answered?)));
        let renewed = answers.filter(|((_, answer), _)| Some(&answer.text) == wanted.as_ref());
        let renewed =
            renewed.map(|((seq, answer), (session, mono_ms))| Given { at: answer.at, seq: *seq, session, mono_ms });
        let entry = self.ledger.get(Proof::Confirmed, &intent.target);
        let entry =
            entry.map(|one| Given { at: one.evidence.at, seq: one.seq, session: one.session, mono_ms: one.mono_ms });
        // The newest is the one that was recorded last, whatever the clock said.
        let newest = renewed.chain(entry).max_by_key(|given| given.seq)?;
        Some(Confirmation { at: newest.at, seq: newest.seq, stale: self.staleness(state, intent, newest, now) })
    }

    /// The sequence number of the newest confirmation of what happens to a subject.
    pub(super) fn confirmed_seq(&self, history: &History, subject: &str) -> Option<u64> {
        let wanted = self.text_for(subject);
        let answers = history.questions.iter().filter_map(|asked| asked.answer.as_ref());
        let renewed = answers.filter(|(_, answer)| Some(&answer.text) == wanted.as_ref()).map(|(seq, _)| *seq);
        renewed.chain(self.ledger.get(Proof::Confirmed, subject).map(|entry| entry.seq)).max()
    }

    /// Why a confirmation does not count any more, in words.
    fn staleness(&self, state: &StepState, intent: &Intent, given: Given, now: Moment) -> Option<&'static str> {
        let is_trusting = planted(PlantedBug::WallClockTrusted);
        let ticked = match self.run.ticked(given.session, given.mono_ms, now.mono_ms) {
            _ if is_trusting => Duration::ZERO,
            Ticked::Span(span) => span,
            Ticked::Restarted => return Some("is from before this machine was started again"),
            Ticked::Unkept => Duration::ZERO,
        };
        let served = if is_trusting { Duration::ZERO } else { served(state, given.seq, intent) };
        if now.at.since(given.at).max(ticked).max(served) > CONFIRMED_MAX {
            return Some("is older than five minutes");
        }
        // Where the clock was set back meanwhile nobody knows how old it is.
        let is_unknown =
            given.at.since(now.at) > CLOCK_SLACK || self.set_back_at(now.at).is_some_and(|mark| given.seq <= mark);
        is_unknown.then_some("is from before the clock was set back")
    }

    /// The last record before which the clock is known to have been set back: where the announcement itself is the
    /// first to show it, all of them. What was announced once was announced by the rules of the version that did so.
    fn set_back_at(&self, at: Timestamp) -> Option<u64> {
        let is_seen_now = !self.is_replaying() && !self.set_back(at).is_zero();
        if is_seen_now { Some(self.seq()) } else { self.run().set_back }
    }

    /// The text whose typing confirms what happens to this subject.
    pub(super) fn text_for(&self, subject: &str) -> Option<String> {
        let entry = self.ledger.get(Proof::Confirmed, subject)?;
        let wanted = self.with(entry.step)?.get("type").and_then(Value::as_str)?;
        Some(protocol::text_to_type(wanted, subject).to_owned())
    }

    /// The confirmation, asked for again because the last one is too old.
    pub(super) fn renewal(&self, state: &StepState, intent: &Intent, how: &str) -> Question {
        let text = self.text_for(&intent.target).unwrap_or_else(|| intent.target.clone());
        Question {
            text: format!("The confirmation {how}.\nType {text} to continue with {}.", intent.request),
            show: guard_rows(&intent.guard),
            task: json!({"task": "type", "text": text}),
            round: state.history.next_round(),
            form: Form::Type(text),
        }
    }
}

/// How much later the service's clock is now than in the first announcement after a record: the record is older.
fn served(state: &StepState, seq: u64, intent: &Intent) -> Duration {
    let date =
        |guard: &Value| guard.get("date").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    let earlier = state.history.attempts.iter().filter(|attempt| attempt.seq > seq);
    let first = earlier.filter_map(|attempt| date(&attempt.intent.guard)).min();
    date(&intent.guard).zip(first).map_or(Duration::ZERO, |(now, then)| now.since(then))
}

fn guard_rows(guard: &Value) -> Vec<(String, Value)> {
    let fields: Option<&Map> = guard.as_object();
    let told = fields.into_iter().flatten().filter(|(name, _)| *name != "date");
    told.map(|(name, value)| (name.clone(), value.clone())).collect()
}
