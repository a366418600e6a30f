//! The last look before an irreversible effect: what was proved is proved again, as far as reading can.
//!
//! A person may think for hours over a confirmation. So what the effect rests on is read once more after the newest
//! confirmation and before the guard read: what was counted is counted again, the backup is looked for in its store,
//! the target is asked for. What has changed voids the confirmation, and the run goes back to where it can be made true
//! again.

use super::call::{Call, CallError, ErrorClass};
use super::command::{Act, Command};
use super::event::Body;
use super::evidence::Evidence;
use super::guard::Entry;
use super::history::{History, Probe};
use super::machine::Engine;
use super::protocol::{Context, Next};
use super::run::Ticked;
use super::step::StepState;
use crate::base::{Map, Moment, PlantedBug, Timestamp, Value, escape, format_duration, planted};
use crate::runbook::kind::{Idempotency, Proof, Reversibility};
use crate::runbook::plan::Step;
use serde_json::json;
use std::time::Duration;

/// What is read again, in this order.
const AGAIN: [Proof; 4] = [Proof::Config, Proof::Backup, Proof::Offered, Proof::Counted];

/// What was read of a proof that is not so any more.
struct Change {
    proof: Proof,
    what: String,
    /// Whether the thing itself is wrong now, and not only another one.
    is_broken: bool,
}

impl Engine {
    /// What comes before the preparation of an irreversible effect, which is due `at` that time; none where everything
    /// has been looked at again and is as it was.
    pub(super) fn last_look(
        &self,
        index: usize,
        step: &Step,
        context: &Context<'_>,
        at: Timestamp,
    ) -> Option<LastLook> {
        let subject = subject(step, context.with)?;
        let seen = self.looked(step, context.history, subject);
        if context.history.attempts.is_empty() && seen.is_some_and(|seen| self.is_lost(index, seen)) {
            // The guard read says the same, and what it means.
            return None;
        }
        for entry in self.rechecked(step, subject) {
            let source = self.plan.steps.get(entry.step)?;
            match self.seen_again(step, context.history, subject, entry) {
                None if has_failed(context.history) && (seen.is_none() || !context.history.attempts.is_empty()) => {
                    // What was sent before may be under way, or somebody else deletes the instance, so that nothing
                    // else answers any more.
                    return Some(LastLook::Next(self.protocol(index).look_again(context)?));
                }
                None => {
                    let input = json!({"step": source.id});
                    return Some(LastLook::Next(Next::read(Call::Recheck, at, input)));
                }
                Some(probe) => {
                    if let Some(change) = change(entry, source, self.outputs_at(entry.step), &probe.found) {
                        return Some(LastLook::Body(Box::new(self.go_back_for(index, step, subject, entry, &change))));
                    }
                }
            }
        }
        None
    }

    /// Whether a look sees the subject on its way out, or not at all.
    fn is_lost(&self, index: usize, seen: &Probe) -> bool {
        self.protocol(index).is_leaving(&seen.found) || seen.found.get("present") == Some(&Value::Bool(false))
    }

    /// The newest look at the subject itself in this session, after the newest confirmation.
    fn looked<'a>(&self, step: &Step, history: &'a History, subject: &str) -> Option<&'a Probe> {
        let since = self.since_confirmed(step, history, subject);
        history.probes_after(Call::Probe, since).rfind(|probe| probe.session == self.run.session)
    }

    /// Whether a proof that could not be read again is left alone until the subject was looked at: it may be why.
    pub(super) fn looks_first(&self, step: &Step, state: &StepState, command: &Command) -> bool {
        let subject = subject(step, &command.with);
        command.act == Act::Read(Call::Recheck)
            && state.history.attempts.is_empty()
            && subject.is_some_and(|subject| self.looked(step, &state.history, subject).is_none())
    }

    /// The sequence number of the confirmation that the step rests on, zero where it needs none.
    fn since_confirmed(&self, step: &Step, history: &History, subject: &str) -> u64 {
        let confirmed = self.confirmed_seq(history, subject).filter(|_| step.effect.needs.contains(&Proof::Confirmed));
        confirmed.unwrap_or_default()
    }

    /// The evidence about a subject that is read again before the effect of this step.
    fn rechecked<'a>(&'a self, step: &'a Step, subject: &'a str) -> impl Iterator<Item = &'a Entry> {
        let is_for = |proof: &Proof| *proof == Proof::Counted || step.effect.needs.contains(proof);
        let is_read = |entry: &&Entry| self.plan.steps.get(entry.step).is_some_and(|source| source.kind.rechecks);
        let all = AGAIN.into_iter().filter(is_for).filter_map(|proof| self.ledger.get(proof, subject)).filter(is_read);
        all.filter(|_| !planted(PlantedBug::LastLookSkipped))
    }

    /// What a look at this evidence saw in this session, after the newest confirmation and after whatever was sent.
    fn seen_again<'a>(&self, step: &Step, history: &'a History, subject: &str, entry: &Entry) -> Option<&'a Probe> {
        let source = self.plan.steps.get(entry.step)?;
        let sent = history.attempts.last().map_or(0, |attempt| attempt.seq);
        let since = self.since_confirmed(step, history, subject).max(entry.seq).max(sent);
        let is_it = |probe: &&Probe| {
            probe.session == self.run.session && probe.found.get("step").and_then(Value::as_str) == Some(&source.id)
        };
        history.probes_after(Call::Recheck, since).rfind(is_it)
    }

    /// The sequence numbers of the last looks, or the proof that was not looked at again.
    ///
    /// What an earlier version announced it announced without them.
    pub(super) fn looks(&self, step: &Step, state: &StepState, subject: &str) -> Result<Vec<(String, u64)>, Proof> {
        let mut seen = Vec::new();
        for entry in self.rechecked(step, subject) {
            match self.seen_again(step, &state.history, subject, entry) {
                Some(probe) => seen.push((format!("recheck:{}", entry.evidence.kind.name()), probe.seq)),
                None if self.is_replaying() => {}
                None => return Err(entry.evidence.kind),
            }
        }
        Ok(seen)
    }

    /// How long ago something was proved, by whichever clock says more.
    pub(super) fn age(&self, entry: &Entry, now: Moment) -> Duration {
        let ticked = match self.run.ticked(entry.session, entry.mono_ms, now.mono_ms) {
            Ticked::Span(span) => span,
            Ticked::Restarted | Ticked::Unkept => Duration::ZERO,
        };
        now.at.since(entry.evidence.at).max(ticked)
    }

    /// How old a proof may be.
    pub(super) fn max_age(&self, entry: &Entry) -> Duration {
        let written = self.plan.steps.get(entry.step).and_then(|step| step.max_age);
        written.unwrap_or_else(|| entry.evidence.kind.max_age())
    }

    /// Goes back because a proof is too old.
    pub(super) fn go_back_for_age(&self, index: usize, step: &Step, proof: Proof, subject: &str) -> Option<Body> {
        let entry = self.ledger.get(proof, subject)?;
        let span = format_duration(self.max_age(entry));
        let source = self.plan.steps.get(entry.step).map(|step| step.id.as_str()).unwrap_or_default();
        let what = format!("what `{source}` proved at {} is older than {span}", entry.evidence.at.to_seconds_text());
        let change = Change { proof, what, is_broken: false };
        Some(self.go_back_for(index, step, subject, entry, &change))
    }

    fn go_back_for(&self, index: usize, step: &Step, subject: &str, entry: &Entry, change: &Change) -> Body {
        let reason = format!("the confirmation is void: {}", change.what);
        let source = self.plan.steps.get(entry.step);
        let roots = match (change.proof, source) {
            // What is not offered any more is not offered by asking once more.
            (Proof::Offered, _) if change.is_broken => Vec::new(),
            (Proof::Backup, Some(source)) if change.is_broken => self.storing(source, entry.step),
            (Proof::Backup | Proof::Counted, _) => match step.retry_from {
                Some(from) => vec![from],
                None => self.origin_of(subject),
            },
            _ => vec![entry.step],
        };
        self.go_back(index, &roots, reason)
    }

    /// The step that put the backup where it was read back from.
    fn storing(&self, source: &Step, index: usize) -> Vec<usize> {
        let has_effect =
            |other: &&usize| self.plan.steps.get(**other).is_some_and(|other| other.effect.repeat != Idempotency::Read);
        let stored: Vec<usize> = source.refs.iter().filter(has_effect).copied().collect();
        if stored.is_empty() { vec![index] } else { stored }
    }
}

/// What the last look says is next.
pub(super) enum LastLook {
    /// This is to be done.
    Next(Next),
    /// This follows.
    Body(Box<Body>),
}

/// When this is due, where it is the preparation of an irreversible effect.
pub(super) fn due(step: &Step, next: &Next) -> Option<Timestamp> {
    match next {
        Next::Do { act: Act::Prepare(_), at, .. } if step.effect.reverse == Reversibility::Irreversible => Some(*at),
        _ => None,
    }
}

/// What a look records: what it proves now, and the plain outputs, for whoever asks what has changed.
pub(super) fn found(source: &str, output: &Map, evidence: &[Evidence]) -> Value {
    let is_plain = |value: &Value| !(value.is_null() || value.is_object() || value.is_array());
    let seen: Map = output.iter().filter(|(_, value)| is_plain(value)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let proofs: Map = evidence.iter().map(|one| (one.kind.name().to_owned(), json!(one.digest.to_string()))).collect();
    json!({"step": source, "seen": seen, "proofs": proofs})
}

/// What a look records that found the thing wrong; none where it found nothing out.
pub(super) fn problem(source: &Value, error: &CallError) -> Option<Value> {
    let is_found = matches!(error.class, ErrorClass::Check | ErrorClass::NotFound | ErrorClass::Invalid);
    is_found.then(|| json!({"step": source.get("step"), "problem": error.message}))
}

/// Whether something has failed since a person was asked last, where anybody was: before that it was the guard read.
fn has_failed(history: &History) -> bool {
    let asked = history.questions.last().map(|asked| asked.at);
    history.tries > 0 && (!history.attempts.is_empty() || asked.is_none_or(|asked| history.wait_until > Some(asked)))
}

fn subject<'a>(step: &Step, with: &'a Map) -> Option<&'a str> {
    with.get(step.kind.subject?)?.as_str()
}

/// What is not as it was proved.
fn change(entry: &Entry, source: &Step, before: Option<&Map>, found: &Value) -> Option<Change> {
    let proof = entry.evidence.kind;
    if let Some(problem) = found.get("problem").and_then(Value::as_str) {
        return Some(Change { proof, what: escape(problem), is_broken: true });
    }
    let digest = found.get("proofs").and_then(|proofs| proofs.get(proof.name())).and_then(Value::as_str);
    if digest == Some(&entry.evidence.digest.to_string()) {
        return None;
    }
    let at = entry.evidence.at.to_seconds_text();
    let now = |name: &str| found.get("seen").and_then(|seen| seen.get(name));
    let differs = |(name, then): (&String, &Value)| {
        let is_time = name.ends_with("_at");
        let value = now(name).filter(|value| !is_time && *value != then)?;
        Some(format!("{name}: {then} then, {value} now"))
    };
    let rows: Vec<String> = before.into_iter().flatten().filter_map(differs).collect();
    let rows = if rows.is_empty() { "something in it differs".to_owned() } else { rows.join("; ") };
    Some(Change { proof, what: format!("it is not as `{}` found it at {at} ({rows})", source.id), is_broken: false })
}
