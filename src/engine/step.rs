//! One step of a run: its status and the one table of what may happen to it.

use super::call::{Call, CallError, Outcome};
use super::event::{Body, HoldClass};
use super::evidence::Evidence;
use super::history::{Asked, Attempt, History, Probe};
use super::obligations::{in_doubt, is_sealed, may_yet_arrive};
use super::protocol;
use super::rounds::{Again, Round, WentBack};
use super::run::Phase;
use crate::base::{Map, PlantedBug, Timestamp, Value, parse_duration, planted};
use crate::runbook::kind::{Idempotency, Kind};
use crate::runbook::plan::Step;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepState {
    /// Where it stands.
    pub status: Status,
    /// How many events it has seen; part of the identity of its commands.
    pub serial: u32,
    /// How many of the steps it waits for have not ended.
    pub blockers: usize,
    /// The sequence number of the event since which it has work to do: it became ready, or was answered. Orders the
    /// steps that compete for a slot, so that a step keeps the slot it has.
    pub ready_seq: u64,
    /// When it became ready.
    pub ready_at: Timestamp,
    /// When it became ready, was taken up again after being held, or was last answered; its time-out counts from here.
    pub since: Timestamp,
    /// How long no process lived since then; its time-out does not run while nobody can do anything.
    pub idle: Duration,
    /// Inputs changed by `resume --set`.
    pub set: Map,
    /// What it has been through.
    pub history: History,
    /// Whether its preflight passed; `None` where it has none or it was not made yet, with the sequence number.
    pub preflight: Option<u64>,
    /// Why the search for late arrivals, after its success, cannot go on by itself.
    pub sweep_held: Option<(String, String, HoldClass)>,
    /// When and where it was done.
    pub(super) ended: Stamp,
    /// Why a check of it did not hold in an earlier session: what it judges is read anew before it is tried again.
    pub(super) goes_back: Option<String>,
    /// An operator's word about its last effect was acted upon, and the step was held again.
    pub(super) is_word_tried: bool,
    /// It was skipped because a step before it failed and was let through.
    pub(super) is_cut_off: bool,
    /// What it did before the run went back over it.
    pub(super) rounds: Vec<Round>,
    /// The last reset that it was part of.
    pub(super) again: Option<Again>,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Steps before it have not ended.
    Blocked,
    /// It is under way, or could be as soon as a slot is free.
    Ready,
    /// It cannot go on by itself.
    Held {
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
        /// What kind of obstacle.
        class: HoldClass,
    },
    /// It is done.
    Succeeded {
        /// Its outputs.
        output: Arc<Map>,
        /// What it proves.
        evidence: Vec<Evidence>,
        /// Sequence number of its success.
        seq: u64,
        /// When.
        at: Timestamp,
    },
    /// It failed.
    Failed(CallError),
    /// It was not run.
    Skipped(String),
}

impl Status {
    /// Its name in grids and views.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Ready => "ready",
            Self::Held { .. } => "held",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Whether nothing more happens to the step.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed(_) | Self::Skipped(_))
    }
}

/// When and where in the journal an event stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stamp {
    pub(super) at: Timestamp,
    pub(super) mono_ms: u64,
    pub(super) seq: u64,
    pub(super) session: u32,
}

impl StepState {
    /// A step of a run that begins. What undoes another step waits for nothing that happens by itself.
    pub(super) fn of(step: &Step) -> Self {
        Self::new(if step.undoes.is_some() { usize::MAX } else { step.after.len() })
    }

    /// A step that waits for `blockers` others.
    pub(super) fn new(blockers: usize) -> Self {
        Self {
            status: Status::Blocked,
            serial: 0,
            blockers,
            ready_seq: 0,
            ready_at: Timestamp::default(),
            since: Timestamp::default(),
            idle: Duration::ZERO,
            set: Map::new(),
            history: History::default(),
            preflight: None,
            sweep_held: None,
            ended: Stamp::default(),
            goes_back: None,
            is_word_tried: false,
            is_cut_off: false,
            rounds: Vec::new(),
            again: None,
        }
    }

    /// It is done again, because the run went back: what it found and proved is given up.
    pub(super) fn reset(&mut self, back: &WentBack) {
        let had_asked = self.again.as_ref().is_some_and(|again| again.asked);
        let asked = had_asked || !self.history.questions.is_empty();
        let mut rounds = std::mem::take(&mut self.rounds);
        if !self.history.attempts.is_empty() {
            let output = match &self.status {
                Status::Succeeded { output, .. } => Some(Arc::clone(output)),
                _ => None,
            };
            rounds.push(Round { seq: back.seq, history: self.history.clone(), output });
        }
        *self = Self {
            serial: self.serial.saturating_add(1),
            set: std::mem::take(&mut self.set),
            history: self.history.reset(),
            preflight: self.preflight,
            rounds,
            again: Some(Again { reason: back.reason.clone(), times: back.times, asked }),
            ..Self::new(0)
        };
    }

    /// Whether this may happen to the step now; the one table, which ends in `false`.
    ///
    /// A step that succeeded may still be swept, by the effect `sweeps`: its lists, losses, replacements and removals
    /// come after its success.
    pub(super) fn allows(&self, kind: &Kind, sweeps: Option<Call>, phase: Phase, body: &Body) -> bool {
        let history = &self.history;
        let is_ready = self.status == Status::Ready;
        let is_unchecked = phase == Phase::Preflight || phase.checks() && self.preflight.is_none();
        let is_checking = is_unchecked && self.status == Status::Blocked && kind.preflight;
        let may_sweep = matches!(self.status, Status::Succeeded { .. }) && sweeps.is_some();
        let is_idle = history.in_flight().is_none();
        let is_asking = history.open_question().is_some();
        match body {
            Body::CallIntended(intent) => {
                is_idle
                    && !is_asking
                    && intent.attempt == history.next_attempt(intent.call)
                    && (is_ready || may_sweep && sweeps == Some(intent.call))
            }
            Body::CallSettled(settlement) => history
                .in_flight()
                .is_some_and(|one| one.intent.call == settlement.call && one.intent.attempt == settlement.attempt),
            Body::CallProbed { .. } | Body::StepNoted { .. } => is_ready || may_sweep,
            Body::StepWaiting { .. } => is_ready || may_sweep || is_checking,
            Body::StepSucceeded { output, .. } => {
                is_ready && is_idle && !is_asking && output.keys().all(|name| kind.output(name).is_some())
            }
            Body::StepFailed { .. } => (is_ready || is_checking) && !in_doubt(&self.history),
            Body::StepHeld { .. } => (is_ready || may_sweep || is_checking) && is_idle,
            Body::StepReset { .. } => is_ready && is_idle,
            Body::StepSkipped { .. } => is_ready && history.is_empty(),
            Body::QuestionAsked { .. } => is_ready && is_idle && !is_asking,
            Body::QuestionAnswered { .. } => is_ready && is_asking,
            Body::SecretDelivered { version, .. } => {
                let mut created = history.attempts_at(Call::Create);
                let mut rotated = history.attempts_at(Call::Rotate);
                is_ready
                    && (created.any(|one| one.intent.attempt == *version && is_sealed(one))
                        || rotated.any(|one| one.intent.attempt == *version && one.may_have_taken()))
            }
            Body::SecretRotated { attempt, .. } => {
                let is_delivered = history.delivered.iter().any(|(version, _)| version == attempt);
                let is_ours = history.last_attempt(Call::Rotate).is_some();
                is_ready && is_idle && is_ours && is_delivered && history.rotated.is_none()
            }
            Body::SecretLost { attempt, .. } => {
                (is_ready || may_sweep)
                    && history.lost.iter().all(|(lost, _)| lost != attempt)
                    && history.attempts_at(Call::Create).filter(|one| one.intent.attempt == *attempt).any(|one| {
                        one.outcome() == Some(Outcome::Unknown)
                            || is_sealed(one) && protocol::is_key_lost(history, *attempt)
                    })
            }
            // Who resolves what is held has taken the run up, so that it is held no more.
            Body::OperatorResolved { .. } => {
                let is_open = in_doubt(history) || history.was_refused_deletion();
                self.may_be_resolved() || is_ready && is_idle && is_open
            }
            Body::StepChanged { set, .. } => {
                let is_changeable = set.keys().all(|name| kind.changeable.contains(&name.as_str()));
                let is_at_hand = is_ready || matches!(self.status, Status::Held { .. });
                is_changeable && is_at_hand && is_idle && self.may_change(kind, set)
            }
            Body::GateChecked { .. } => kind.preflight && !self.status.is_over(),
            _ => false,
        }
    }

    /// Whether it takes one of the places of steps under way, or would as soon as one is free.
    pub(super) fn has_slot(&self) -> bool {
        self.status == Status::Ready && self.history.open_question().is_none()
    }

    /// Takes in what happened; `allows` was asked before.
    pub(super) fn apply(&mut self, stamp: Stamp, body: Body) {
        self.serial = self.serial.saturating_add(1);
        let Stamp { at, seq, session, .. } = stamp;
        if self.status == Status::Ready && self.history.is_empty() {
            // It begins: until now it may have waited for a slot.
            (self.since, self.idle) = (at, Duration::ZERO);
        }
        let history = &mut self.history;
        match body {
            Body::CallIntended(intent) => {
                calm(history);
                history.attempts.push(Attempt { intent, at, seq, session, settled: None, abandoned: None });
            }
            Body::CallSettled(settlement) => {
                let open = history.attempts.iter_mut().rev().find(|one| one.outcome().is_none());
                if let Some(attempt) = open {
                    attempt.settled = Some((at, settlement));
                }
            }
            Body::CallProbed { call, found, .. } => {
                calm(history);
                history.probes.push(Probe { call, at, mono_ms: stamp.mono_ms, seq, session, found });
            }
            Body::StepWaiting { until, tries, error, .. } => {
                history.tries = tries;
                history.wait_until = Some(until);
                history.trouble = Some(error);
            }
            Body::QuestionAsked { question, .. } => {
                history.questions.push(Asked { question, at, session, answer: None, answered: None, lapsed: false });
            }
            Body::QuestionAnswered { answer, .. } => {
                if let Some(asked) = history.questions.last_mut() {
                    asked.answer = Some((seq, answer));
                    asked.answered = Some((session, stamp.mono_ms));
                }
                // While a person was asked the step had no slot; it takes its place behind those that have one.
                (self.since, self.idle, self.ready_seq) = (at, Duration::ZERO, seq);
            }
            Body::SecretDelivered { version, reference, .. } => {
                calm(history);
                history.delivered.push((version, reference));
            }
            Body::SecretLost { attempt, target, .. } => history.lost.push((attempt, target)),
            Body::SecretRotated { attempt, .. } => history.rotated = Some(attempt),
            Body::OperatorResolved { applied, .. } => {
                history.resolved = Some((history.attempts.len(), applied));
                self.is_word_tried = false;
                if let Status::Held { reason, remedy, class } = &mut self.status {
                    // It is no longer doubt that holds it: whoever takes the run up acts upon the word.
                    let word = if applied { "applied" } else { "not applied" };
                    *reason = format!("an operator resolved it as {word}, and nobody has acted upon that yet");
                    (*remedy, *class) = ("`surefoot resume`".to_owned(), HoldClass::Person);
                }
            }
            Body::StepChanged { set, .. } => {
                let lag_max = set.get("lag_max").and_then(Value::as_str).and_then(|text| parse_duration(text).ok());
                history.lag_max = lag_max.or(history.lag_max);
                self.set.extend(set);
            }
            Body::GateChecked { passed: true, .. } => {
                calm(history);
                self.preflight = Some(seq);
            }
            _ => self.end(stamp, body),
        }
    }

    /// Takes in what the step comes to: its end, or a halt.
    fn end(&mut self, stamp: Stamp, body: Body) {
        match body {
            Body::StepSucceeded { output, evidence, .. } => {
                calm(&mut self.history);
                let output = Arc::new(output);
                self.ended = stamp;
                self.status = Status::Succeeded { output, evidence, seq: stamp.seq, at: stamp.at };
            }
            Body::StepFailed { error, .. } => self.status = Status::Failed(error),
            Body::StepSkipped { why, .. } => self.status = Status::Skipped(why),
            Body::StepHeld { reason, remedy, class, .. } if self.status.is_over() => {
                self.sweep_held = Some((reason, remedy, class));
            }
            Body::StepHeld { reason, remedy, class, .. } => {
                self.is_word_tried = self.is_resolved() && class != HoldClass::Outside;
                self.status = Status::Held { reason, remedy, class };
            }
            _ => {}
        }
    }

    /// A new session begins: effects without an outcome are in doubt, and what was held is taken up again.
    ///
    /// The last event before it was `idle` ago.
    pub(super) fn reopen(&mut self, at: Timestamp, idle: Duration, phase: Phase) -> bool {
        let mut changed = false;
        self.idle = self.idle.saturating_add(idle);
        if planted(PlantedBug::WaitRestarted) {
            (self.since, self.idle) = (at, Duration::ZERO);
        }
        for attempt in self.history.attempts.iter_mut().filter(|one| one.outcome().is_none()) {
            attempt.abandoned = Some(at);
            changed = true;
        }
        match &self.status {
            Status::Held { reason, class, .. }
                if *class != HoldClass::Doubt || self.is_resolved() || protocol::is_known(&self.history) =>
            {
                let is_early = self.blockers > 0 || phase == Phase::Preflight;
                self.goes_back = (*class == HoldClass::Check && !is_early).then(|| reason.clone());
                self.status = if is_early { Status::Blocked } else { Status::Ready };
                (self.since, self.idle) = (at, Duration::ZERO);
                calm(&mut self.history);
                changed = true;
            }
            _ => {}
        }
        changed |= self.sweep_held.take().is_some();
        if changed {
            self.serial = self.serial.saturating_add(1);
        }
        changed
    }

    /// Whether it is held for this kind of obstacle.
    pub(super) fn is_held_by(&self, class: HoldClass) -> bool {
        matches!(self.status, Status::Held { class: held, .. } if held == class)
    }

    /// The change window opens: what waited for it is taken up again.
    pub(super) fn window_opens(&mut self, at: Timestamp) {
        if self.is_held_by(HoldClass::Window) {
            self.status = Status::Ready;
            (self.since, self.idle) = (at, Duration::ZERO);
            calm(&mut self.history);
            self.serial = self.serial.saturating_add(1);
        }
    }

    /// Whether these inputs may be other ones from now on. What was asked for with the old ones must have been settled,
    /// but for a change of what differs, which looks first, and for what no request names: the file of a password, and
    /// how far lists may be behind.
    fn may_change(&self, kind: &Kind, set: &Map) -> bool {
        let is_settled = !in_doubt(&self.history) || !may_yet_arrive(&self.history);
        let is_unsent = |name: &String| name == "password_file" || name == "lag_max";
        is_settled || kind.repeat == Idempotency::Idempotent || set.keys().all(is_unsent)
    }

    /// The clock was set back: what happened already did not happen later than now, and nothing is waited for as if it
    /// had. What was sent counts as sent now, so that its settling time is never cut short.
    pub(super) fn set_back(&mut self, now: Timestamp) {
        self.since = self.since.min(now);
        self.ready_at = self.ready_at.min(now);
        self.history.set_back(now);
        self.rounds.iter_mut().for_each(|round| round.history.set_back(now));
    }

    /// Whether an operator has recorded the outcome of its effects, and nothing was sent since.
    fn is_resolved(&self) -> bool {
        self.history.word().is_some()
    }

    /// Whether an operator may now record the outcome of its effects: it is held and nobody knows, whatever it is held
    /// for, or somebody said it already and may have been wrong; the latest word counts. Where a deletion was refused
    /// because somebody else deletes the instance, a person says what that counts as.
    pub fn may_be_resolved(&self) -> bool {
        match self.status {
            Status::Held { class: HoldClass::Doubt, .. } => true,
            Status::Held { .. } => in_doubt(&self.history) || self.is_resolved() || self.history.was_refused_deletion(),
            Status::Ready => self.is_resolved() && self.history.in_flight().is_none(),
            _ => false,
        }
    }

    /// Its outputs as later steps see them: null everywhere where it was skipped, or failed and was let through.
    pub(super) fn outputs(&self, kind: &Kind) -> Option<Cow<'_, Map>> {
        match &self.status {
            Status::Succeeded { output, .. } => Some(Cow::Borrowed(output)),
            Status::Skipped(_) | Status::Failed(_) => {
                let nulls = kind.outputs.iter().map(|field| (field.name.to_owned(), Value::Null));
                Some(Cow::Owned(nulls.collect()))
            }
            _ => None,
        }
    }
}

/// What failed in passing is over.
fn calm(history: &mut History) {
    history.tries = 0;
    history.wait_until = None;
    history.trouble = None;
}
