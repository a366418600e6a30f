//! An effect that a step declares: announced, sent once, and where its answer is lost settled by looking.
//!
//! ```text
//! look ─ not applied ─→ announce → send ─ answer ────────────────────────────→ until → done
//!  │                       ↑          └ no answer → receipt → probe ─ applied ──↑
//!  └ applied: done         └──────── not applied, settled ──────┘  └ neither: a person says it
//! ```
//!
//! What settles a doubt, from the surest: a receipt that the effect itself has left, the step's probe, an idempotency
//! key with which sending again does no harm. Without any of them the effect is opaque, and a person resolves it.

use super::asking::asking;
use super::decision::pace;
use super::effect::{after_doubt, after_refusal, after_timeout, doubt, hold};
use super::settling::watched;
use super::values::{declared, field, flag};
use super::{Context, Next, PossibleFinding, SETTLE_EVERY};
use crate::base::{Digest, Map, PlantedBug, Timestamp, Value, escape, format_duration, planted};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome};
use crate::engine::history::{Attempt, Probe};
use crate::runbook::kind::{Idempotency, Reversibility};
use serde_json::json;
use std::time::Duration;

/// How many attempts may be in doubt before a person must look.
const ATTEMPTS_IN_DOUBT: usize = 3;
/// What is not applied is so once so many looks in a row say it, the last one after the settling time.
const LOOKS: usize = 2;

/// How the effects of a kind are sent and settled.
#[derive(Clone, Copy, Debug)]
pub struct Reconcile {
    /// The call that sends the effect.
    pub call: Call,
    /// Whether it leaves a receipt, which is read before anything else is asked ([`Call::Settle`]): `exited`,
    /// `running`, `never` started or `lost`.
    pub receipt: bool,
}

impl Reconcile {
    /// What comes next.
    pub fn next(self, context: &Context<'_>) -> Next {
        if let Some(next) = asking(context) {
            return next;
        }
        let Some(attempt) = context.history.last_attempt(self.call) else { return self.begin(context) };
        match attempt.outcome() {
            Some(outcome) if outcome.took() => self.finish(context, attempt, "answer"),
            Some(Outcome::Unknown) | None => self.in_doubt(context, attempt),
            // An earlier attempt may have arrived, so that this one was refused.
            Some(_) if is_tainted(context) && (self.receipt || context.step.probe.is_some()) => {
                self.in_doubt(context, attempt)
            }
            Some(_) => self.after_refusal(context, attempt),
        }
    }

    /// A refusal says nothing about an earlier attempt that was never answered.
    fn after_refusal(self, context: &Context<'_>, attempt: &Attempt) -> Next {
        match context.resolution() {
            Some(true) => return self.finish(context, attempt, "operator"),
            Some(false) => return self.send(context, waiting(context)),
            None => {}
        }
        match after_refusal(context, attempt).map_err(|next| *next) {
            Ok(at) => self.send(context, at),
            Err(Next::Fail(error)) if is_tainted(context) => {
                let why = error.message;
                doubt(format!("an earlier request was never answered, and this one was refused: {why}"))
            }
            Err(next) => next,
        }
    }

    /// A look at what was sent before, where the step has a probe.
    pub fn look_again(context: &Context<'_>) -> Option<Next> {
        context.step.probe.as_ref().map(|_| Next::read(Call::Probe, waiting(context), Value::Null))
    }

    /// What a look of this call may find.
    pub fn findings(self, context: &Context<'_>, call: Call) -> Vec<PossibleFinding> {
        let sight = |what: &'static str, found: Value| PossibleFinding { what, found };
        match call {
            Call::Settle => vec![
                sight("it has ended", json!({"state": "exited", "output": {}})),
                sight("it is running", json!({"state": "running"})),
                sight("it was never started", json!({"state": "never"})),
                sight("nobody knows how it ended", json!({"state": "lost"})),
            ],
            Call::Probe => {
                let found =
                    |applied: bool, pending: bool| json!({"applied": applied, "pending": pending, "until": true});
                let mut all = vec![sight("applied", found(true, false))];
                if context.step.probe.as_ref().is_some_and(|probe| probe.pending.is_some()) {
                    all.push(sight("on its way", found(false, true)));
                }
                all.push(sight("not applied", found(false, false)));
                all
            }
            _ => Vec::new(),
        }
    }

    /// How many more attempts are made if none of them is ever answered.
    pub fn attempts_left(self, context: &Context<'_>) -> Option<usize> {
        let is_counted = context.step.effect.repeat == Idempotency::Reconcilable;
        is_counted.then(|| ATTEMPTS_IN_DOUBT.saturating_sub(unknown(context)))
    }

    /// Nothing was sent. A person may have said that it is done; the world may be as wanted.
    fn begin(self, context: &Context<'_>) -> Next {
        match context.resolution() {
            Some(true) => return done(context, None, "operator"),
            Some(false) => return self.send(context, waiting(context)),
            None => {}
        }
        if context.step.probe.is_none() {
            return self.send(context, waiting(context));
        }
        let mut looks = context.history.probes_after(Call::Probe, 0);
        let Some(last) = looks.rfind(|probe| is_fresh(context, probe)) else {
            return look(context, None);
        };
        match Sight::of(last) {
            Sight::Both => both(last),
            Sight::Pending => look(context, Some(last)),
            Sight::Not => self.send(context, waiting(context)),
            Sight::Applied if context.step.effect.reverse == Reversibility::Irreversible => {
                doubt(format!("it is applied already, and this run has not sent it ({}); find out who did", told(last)))
            }
            Sight::Applied => waits(context, None, "probe"),
        }
    }

    fn in_doubt(self, context: &Context<'_>, attempt: &Attempt) -> Next {
        match context.resolution() {
            Some(true) => return self.finish(context, attempt, "operator"),
            Some(false) => return self.send(context, waiting(context)),
            None if planted(PlantedBug::DeclaredSentAgain) => return self.send(context, waiting(context)),
            None => {}
        }
        if self.receipt
            && let Some(next) = self.by_receipt(context, attempt)
        {
            return next;
        }
        if context.step.probe.is_some() {
            return self.by_probe(context, attempt);
        }
        if context.step.effect.repeat == Idempotency::Idempotent {
            return match after_doubt(context) {
                Ok(at) => self.send(context, at.max(waiting(context))),
                Err(next) => *next,
            };
        }
        doubt(format!("nobody has seen whether {} took effect", escape(&attempt.intent.request)))
    }

    /// What follows from what the effect itself has left; nothing where that does not tell.
    fn by_receipt(self, context: &Context<'_>, attempt: &Attempt) -> Option<Next> {
        let Some(last) = context.history.probes_after(Call::Settle, attempt.seq).next_back() else {
            return Some(Next::read(Call::Settle, waiting(context), receipt_of(attempt)));
        };
        match field(&last.found, "state") {
            "exited" => Some(self.judge(context, attempt, last.found.get("output"), "receipt")),
            "never" => Some(self.send(context, waiting(context))),
            "lost" if planted(PlantedBug::LostStartedAgain) => Some(self.send(context, waiting(context))),
            "lost" => None,
            _ => {
                let at = last.at.plus(pace(last.at.since(attempt.last_sent())));
                Some(Next::read(Call::Settle, at.max(waiting(context)), receipt_of(attempt)))
            }
        }
    }

    fn by_probe(self, context: &Context<'_>, attempt: &Attempt) -> Next {
        let looks = context.history.probes_after(Call::Probe, attempt.seq);
        let looks: Vec<&Probe> = looks.filter(|probe| context.is_current(probe)).collect();
        let Some(last) = looks.last() else { return look(context, None) };
        match Sight::of(last) {
            Sight::Both => return both(last),
            Sight::Applied => return waits(context, Some(attempt), "probe"),
            Sight::Pending => return look(context, Some(last)),
            Sight::Not => {}
        }
        let row = looks.iter().rev().take_while(|probe| Sight::of(probe) == Sight::Not).count();
        let settled = settled_at(context, attempt);
        // However the clock is set meanwhile, and whoever died, for so long somebody has looked.
        let is_watched = planted(PlantedBug::NoSettling) || watched(&looks) >= settle(context);
        let is_settled = row >= LOOKS && last.at >= settled && is_watched && is_fresh(context, last);
        if !is_settled {
            let at = if is_fresh(context, last) { last.at.plus(pause(context)) } else { Timestamp::default() };
            return Next::read(Call::Probe, at.max(waiting(context)), Value::Null);
        }
        let unknown = unknown(context);
        if unknown >= ATTEMPTS_IN_DOUBT {
            return doubt(format!("{unknown} requests were never answered, and no look has found one applied"));
        }
        self.send(context, waiting(context))
    }

    /// The effect took place: what it left is judged, then what it has begun is waited for.
    fn finish(self, context: &Context<'_>, attempt: &Attempt, by: &str) -> Next {
        let output = attempt.settled.as_ref().map(|(_, settlement)| &settlement.output);
        self.judge(context, attempt, output, by)
    }

    /// A result that is not as expected fails a step that changes nothing; else nobody knows how far it came.
    fn judge(self, context: &Context<'_>, attempt: &Attempt, output: Option<&Value>, by: &str) -> Next {
        let problem = output.map(|output| field(output, "problem")).unwrap_or_default();
        match (problem, context.resolution()) {
            ("", _) | (_, Some(true)) => {}
            (_, Some(false)) => return self.send(context, waiting(context)),
            (problem, None) if context.step.effect.reverse == Reversibility::Nothing => {
                if attempt.session < context.session {
                    return self.send(context, waiting(context));
                }
                let timed_out = output.is_some_and(|output| flag(output, "timed_out"));
                if let Some(at) = after_timeout(context, attempt).filter(|_| timed_out) {
                    return self.send(context, at);
                }
                return Next::Fail(CallError::new(ErrorClass::Check, problem));
            }
            (problem, None) => return doubt(problem),
        }
        waits(context, Some(attempt), by)
    }

    fn send(self, context: &Context<'_>, at: Timestamp) -> Next {
        let whole = context.step.timeout;
        let timeout = match context.step.attempt_timeout.filter(|limit| *limit < whole) {
            Some(limit) => format!("{}ms", limit.as_millis()),
            None => format_duration(whole),
        };
        Next::prepare(self.call, at.max(waiting(context)), json!({"key": key(context), "timeout": timeout}))
    }
}

/// Looks until what was begun is over.
fn waits(context: &Context<'_>, attempt: Option<&Attempt>, by: &str) -> Next {
    if context.step.until.is_none() || context.step.probe.is_none() {
        return done(context, attempt, by);
    }
    let since = attempt.map_or(0, |attempt| attempt.seq);
    match context.history.probes_after(Call::Probe, since).next_back() {
        Some(last) if flag(&last.found, "until") => done(context, attempt, by),
        last => look(context, last),
    }
}

/// Whether this process has looked, and since a person was asked to mend something: nothing is sent because of how the
/// world was before it.
fn is_fresh(context: &Context<'_>, probe: &Probe) -> bool {
    probe.session == context.session && context.is_current(probe)
}

/// Whether an attempt before the last one was never answered, and nobody has said or seen anything since.
fn is_tainted(context: &Context<'_>) -> bool {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    let mut attempts = context.history.attempts.iter().skip(known);
    let open = attempts.rfind(|one| one.outcome() == Some(Outcome::Unknown));
    open.is_some_and(|open| {
        let mut looks = context.history.probes_after(Call::Probe, open.seq);
        !looks.any(|probe| Sight::of(probe) == Sight::Not && probe.at >= settled_at(context, open))
    })
}

/// How many attempts have been in doubt since an operator said anything about them.
fn unknown(context: &Context<'_>) -> usize {
    let known = context.history.resolved.map_or(0, |(count, _)| count);
    context.history.attempts.iter().skip(known).filter(|one| one.outcome() == Some(Outcome::Unknown)).count()
}

/// The same in every attempt of a step, and in no other step of any run.
fn key(context: &Context<'_>) -> String {
    let digest = Digest::of(format!("{}\n{}\nkey", context.nonce, context.step.id).as_bytes());
    format!("sf-{}", digest.to_string().chars().take(32).collect::<String>())
}

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Applied,
    Pending,
    Not,
    /// Applied and on its way at once, which cannot be.
    Both,
}

impl Sight {
    fn of(probe: &Probe) -> Self {
        match (flag(&probe.found, "applied"), flag(&probe.found, "pending")) {
            (true, true) => Self::Both,
            (true, false) => Self::Applied,
            (false, true) => Self::Pending,
            (false, false) => Self::Not,
        }
    }
}

fn both(probe: &Probe) -> Next {
    hold(
        format!("the probe says that it is applied and pending at once ({})", told(probe)),
        "find out which is so; fix the conditions in a new run, or `surefoot resume` looks again",
    )
}

/// What a look saw, in a few words.
fn told(probe: &Probe) -> String {
    probe.found.get("seen").map(|seen| escape(&seen.to_string())).unwrap_or_default()
}

/// What a look saw, in words.
pub fn saw(probe: &Probe) -> String {
    if probe.call == Call::Settle {
        return match field(&probe.found, "state") {
            "exited" => "it has ended".to_owned(),
            "running" => "it is running".to_owned(),
            "never" => "it was never started".to_owned(),
            _ => "nobody knows how it ended".to_owned(),
        };
    }
    let what = match Sight::of(probe) {
        Sight::Applied => "applied",
        Sight::Pending => "on its way",
        Sight::Not => "not applied",
        Sight::Both => "applied and on its way at once",
    };
    format!("{what}: {}", told(probe))
}

/// After this a request that was never answered can no longer arrive.
fn settled_at(context: &Context<'_>, attempt: &Attempt) -> Timestamp {
    if planted(PlantedBug::NoSettling) { attempt.last_sent() } else { attempt.last_sent().plus(settle(context)) }
}

/// How long after it was sent a request may arrive.
fn settle(context: &Context<'_>) -> Duration {
    context.step.probe.as_ref().map(|probe| probe.settle).unwrap_or_default()
}

/// How often it is looked whether what was never answered has arrived.
fn pause(context: &Context<'_>) -> Duration {
    (settle(context) / 4).clamp(Duration::from_secs(1), SETTLE_EVERY)
}

fn receipt_of(attempt: &Attempt) -> Value {
    json!({"attempt": attempt.intent.attempt})
}

fn waiting(context: &Context<'_>) -> Timestamp {
    context.history.wait_until.unwrap_or_default()
}

/// The next look, at once or some time after the last one.
fn look(context: &Context<'_>, last: Option<&Probe>) -> Next {
    let at = last.map_or(Timestamp::default(), |last| last.at.plus(pace(last.at.since(context.since))));
    Next::read(Call::Probe, at.max(waiting(context)), Value::Null)
}

/// The step is done: what it left, and how that is known.
fn done(context: &Context<'_>, attempt: Option<&Attempt>, by: &str) -> Next {
    let history = context.history;
    let answered = attempt.and_then(|attempt| attempt.settled.as_ref()).map(|(_, settlement)| &settlement.output);
    let receipt = || {
        let since = attempt.map_or(u64::MAX, |attempt| attempt.seq);
        history.probes_after(Call::Settle, since).next_back().and_then(|probe| probe.found.get("output"))
    };
    let left = answered.filter(|output| output.is_object()).or_else(receipt).cloned().unwrap_or_default();
    let mut output: Map = declared(context, &left);
    output.insert("settled_by".to_owned(), by.into());
    let seen = history.last_probe(Call::Probe).and_then(|probe| probe.found.get("seen")).cloned();
    output.insert("probe".to_owned(), seen.unwrap_or_default());
    Next::Succeed { output, evidence: Vec::new() }
}
