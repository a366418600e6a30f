//! What will be done about a doubt, before it is done: the protocol itself is asked, with what could be seen.
//!
//! Nothing here knows what a protocol decides. A sight that could come is put into a copy of the history, and the
//! protocol says what it would do then; so what a person reads is what happens.

use super::call::{Call, Outcome};
use super::command::Act;
use super::event::{HoldClass, Intent, Settlement};
use super::history::{Attempt, History, Probe};
use super::obligations::seen_through;
use super::protocol::{self, Context, Next, Parting, Protocol};
use super::question::{Form, Question};
use crate::base::{Digest, Moment, Timestamp, Value, escape};
use std::time::Duration;

/// A sight that changes nothing is followed for so many looks.
const LOOKS: usize = 400;
/// A course is told up to so many stages.
const STAGES: usize = 8;

/// What will be done about a doubt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecoveryForecast {
    /// What is done next, in words.
    pub next: String,
    /// Not before this; `None` where it is at once or needs a person.
    pub at: Option<Timestamp>,
    /// How often it is repeated while nothing comes of it.
    pub every: Option<Duration>,
    /// When the last repetition is, if nothing comes of any.
    pub until: Option<Timestamp>,
    /// What follows, by what is found.
    pub then: Vec<Branch>,
}

/// What follows from one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What is found.
    pub found: String,
    /// What is done then.
    pub then: String,
}

/// Where a step with a doubt stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage<'a> {
    pub(super) protocol: &'static dyn Protocol,
    pub(super) context: Context<'a>,
    /// It is held until an operator records the outcome of its effect.
    pub(super) stuck: bool,
    /// Its run looks for late arrivals.
    pub(super) sweeping: bool,
    /// Its run ends, so that nothing new is begun; and what is done all the same.
    pub(super) ending: Option<Parting>,
    /// The earliest moment at which anything can happen.
    pub(super) now: Timestamp,
    /// When the step is given up, and how long it was allowed to take.
    pub(super) deadline: Option<Timestamp>,
}

/// What comes next, or nothing more.
enum Turn {
    Next(Box<Next>),
    /// The run ends without it.
    Ends,
    /// It is given up at this moment.
    Late(Timestamp),
}

/// Where a sight leads if it stays the same.
struct Followed {
    history: History,
    turn: Turn,
    looks: usize,
    last: Timestamp,
    every: Option<Duration>,
}

/// What will be done.
pub(super) fn outlook(stage: &Stage<'_>) -> RecoveryForecast {
    let history = stage.context.history;
    if stage.stuck {
        return resolutions(stage);
    }
    if history.in_flight().is_some() {
        let mut without = history.clone();
        abandon(&mut without, stage.now);
        let turn = stage.turn(&without);
        let then = stage.tell(without, turn);
        let then = vec![Branch { found: "no answer".to_owned(), then }];
        return RecoveryForecast { next: "its answer is waited for".to_owned(), then, ..RecoveryForecast::default() };
    }
    // Whatever the protocol says, what failed in passing is not tried again before this.
    let waits = history.wait_until.unwrap_or_default();
    match stage.turn(history) {
        Turn::Next(next) => match *next {
            Next::Do { act: Act::Read(call), at, input } => stage.looks(call, at.max(waits), &input),
            Next::Do { at, .. } => {
                let next = stage.tell(history.clone(), stage.turn(history));
                RecoveryForecast {
                    next,
                    at: Some(at.max(waits)).filter(|at| *at > stage.now),
                    ..RecoveryForecast::default()
                }
            }
            other => RecoveryForecast {
                next: stage.tell(history.clone(), Turn::Next(Box::new(other))),
                ..RecoveryForecast::default()
            },
        },
        turn => RecoveryForecast { next: stage.tell(history.clone(), turn), ..RecoveryForecast::default() },
    }
}

/// What follows from each thing that an operator may say.
fn resolutions(stage: &Stage<'_>) -> RecoveryForecast {
    let said = |(word, applied): (&str, bool)| {
        let mut history = stage.context.history.clone();
        calm(&mut history);
        history.resolved = Some((history.attempts.len(), applied));
        let turn = stage.turn(&history);
        Branch { found: word.to_owned(), then: stage.tell(history, turn) }
    };
    RecoveryForecast {
        next: "nothing until an operator resolves it".to_owned(),
        then: [("applied", true), ("not applied", false)].map(said).to_vec(),
        ..RecoveryForecast::default()
    }
}

impl Stage<'_> {
    fn with<'b>(&'b self, history: &'b History) -> Context<'b> {
        Context { history, ..self.context }
    }

    /// What the protocol wants after this history.
    fn turn(&self, history: &History) -> Turn {
        let context = self.with(history);
        let go_on = || protocol::next(self.protocol, &context);
        let next = if self.sweeping { self.protocol.sweep(&context) } else { Some(go_on()) };
        let next = match (next, self.ending) {
            (Some(next), Some(parting)) => seen_through(next, history, parting),
            (next, _) => next,
        };
        next.map_or(Turn::Ends, |next| Turn::Next(Box::new(next)))
    }

    /// A look is next: when, how often, until when, and what follows from what it finds.
    fn looks(&self, call: Call, at: Timestamp, input: &Value) -> RecoveryForecast {
        let context = &self.context;
        let mut outlook = RecoveryForecast { next: self.protocol.look(call).to_owned(), ..RecoveryForecast::default() };
        outlook.at = Some(at).filter(|at| *at > self.now);
        for sight in self.protocol.findings(context, call, input) {
            let followed = self.follow(call, at.max(self.now), &sight.found);
            // How often and until when is that of the sight that is looked at longest.
            if followed.looks > 1 && outlook.until < Some(followed.last) {
                (outlook.every, outlook.until) = (followed.every, Some(followed.last));
            }
            let then = self.tell(followed.history, followed.turn);
            outlook.then.push(Branch { found: sight.what.to_owned(), then });
        }
        outlook
    }

    /// Where it leads if every look from `at` on sees this.
    fn follow(&self, call: Call, at: Timestamp, found: &Value) -> Followed {
        let mut history = self.context.history.clone();
        calm(&mut history);
        let (mut at, mut every) = (at, None);
        for looks in 1..=LOOKS {
            history.probes.push(self.probe(call, at, found.clone()));
            let turn = self.turn(&history);
            let again = match &turn {
                Turn::Next(next) => match **next {
                    Next::Do { act: Act::Read(again), at, .. } if again == call => Some(at),
                    _ => None,
                },
                _ => None,
            };
            let Some(next) = again else { return Followed { history, turn, looks, last: at, every } };
            if let Some(deadline) = self.deadline.filter(|deadline| next > *deadline) {
                return Followed { history, turn: Turn::Late(deadline), looks, last: at, every };
            }
            every = Some(next.since(at));
            at = next.max(at);
        }
        Followed { turn: self.turn(&history), history, looks: LOOKS, last: at, every }
    }

    fn probe(&self, call: Call, at: Timestamp, found: Value) -> Probe {
        // The clocks go on together from the last look on.
        let last = self.context.history.probes.last();
        let since = |last: &Probe| u64::try_from(at.since(last.at).as_millis()).unwrap_or_default();
        let mono_ms = last.map_or(Moment::from(at).mono_ms, |last| last.mono_ms.saturating_add(since(last)));
        Probe { call, at, mono_ms, seq: u64::MAX, session: self.context.session, found }
    }

    /// The course that begins with this, in words, up to what is sent anew, asked, or ends it.
    fn tell(&self, mut history: History, turn: Turn) -> String {
        let mut words = Vec::new();
        let mut turn = turn;
        for _ in 0..STAGES {
            let next = match turn {
                Turn::Ends => {
                    words.push("nothing more is sent".to_owned());
                    break;
                }
                Turn::Late(at) => {
                    words.push(format!("it stops for a person at {}", at.to_seconds_text()));
                    break;
                }
                Turn::Next(next) => next,
            };
            if !self.goes_on(&mut history, &next) {
                words.push(self.say(&history, &next));
                break;
            }
            if !matches!(*next, Next::Do { act: Act::Read(_), .. }) {
                words.push(self.say(&history, &next));
            }
            turn = self.turn(&history);
        }
        words.dedup();
        words.join("; ")
    }

    /// Lets happen what only leads to something else: a loss, the deletion of an orphan, a name. Whether it did.
    fn goes_on(&self, history: &mut History, next: &Next) -> bool {
        let at = history.probes.last().map_or(self.now, |probe| probe.at).max(self.now);
        match next {
            Next::Lose { attempt, target } => history.lost.push((*attempt, target.clone())),
            Next::Rotated { attempt, .. } => history.rotated = Some(*attempt),
            Next::Do { act: Act::Prepare(call @ (Call::Replace | Call::Rename)), input, .. } => {
                history.attempts.push(self.applied(*call, at, input));
            }
            Next::Do { act: Act::Read(Call::Probe), input, .. } => {
                let is_deleted = history.last_attempt(Call::Replace).is_some();
                let mut findings = self.protocol.findings(&self.with(history), Call::Probe, input).into_iter();
                let wanted = if is_deleted { "gone" } else { "there" };
                let Some(sight) = findings.find(|sight| sight.what == wanted) else { return false };
                history.probes.push(self.probe(Call::Probe, at, sight.found));
            }
            _ => return false,
        }
        true
    }

    fn applied(&self, call: Call, at: Timestamp, input: &Value) -> Attempt {
        let step = self.context.step.id.clone();
        let attempt = self.context.history.next_attempt(call);
        let target = input.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let settlement = Settlement {
            step: step.clone(),
            call,
            attempt,
            outcome: Outcome::Applied,
            status: None,
            request_id: None,
            server_date: None,
            output: Value::Null,
            sealed: None,
            error: None,
        };
        let intent = Intent {
            step,
            call,
            attempt,
            target,
            request: String::new(),
            request_digest: Digest::ZERO,
            guard: Value::Null,
            evidence: Vec::new(),
            input: input.clone(),
            deadline: None,
            sealed: None,
        };
        let settled = Some((at, settlement));
        // Before the sights that are put in after it.
        Attempt { intent, at, seq: u64::MAX - 1, session: self.context.session, settled, abandoned: None }
    }

    fn say(&self, history: &History, next: &Next) -> String {
        match next {
            Next::Do { act: Act::Read(call), .. } => self.protocol.look(*call).to_owned(),
            Next::Do { act: Act::Prepare(call), .. } => again(self.protocol, &self.with(history), *call),
            Next::Do { act: Act::Send(_), .. } => "it is sent".to_owned(),
            Next::Do { act: Act::Deliver { .. }, .. } => "its password is delivered".to_owned(),
            Next::Do { act: Act::Check, .. } => "it is checked".to_owned(),
            Next::Do { act: Act::Ask(question), .. } => asks(question),
            Next::Ask(question) => asks(question),
            Next::Lose { .. } => "its password is lost with the answer".to_owned(),
            Next::Rotated { .. } => "the old password counts as worthless".to_owned(),
            Next::Succeed { .. } => "it counts as done".to_owned(),
            Next::Fail(error) => format!("it stops for a person: {}", escape(&error.message)),
            Next::Hold { reason, class: HoldClass::Doubt, .. } => {
                format!("it stops until an operator resolves it: {}", escape(reason))
            }
            Next::Hold { reason, .. } => format!("it stops for a person: {}", escape(reason)),
        }
    }
}

fn again(protocol: &dyn Protocol, context: &Context<'_>, call: Call) -> String {
    let words = protocol.sending(call);
    if matches!(call, Call::Replace | Call::Rename) {
        return words.to_owned();
    }
    let number = context.history.next_attempt(call);
    match protocol.attempts_left(context, call) {
        Some(left) => {
            let most = (number - 1).saturating_add(u32::try_from(left).unwrap_or(u32::MAX));
            format!("{words}, attempt {number} of at most {most}")
        }
        None => format!("{words}, attempt {number}"),
    }
}

fn asks(question: &Question) -> String {
    match &question.form {
        Form::Choice(words) => format!("a person is asked to choose: {}", words.join(", ")),
        _ => format!("a person is asked: {}", escape(question.text.lines().next().unwrap_or_default())),
    }
}

/// A read that failed in passing is no sight.
fn calm(history: &mut History) {
    (history.tries, history.wait_until, history.trouble) = (0, None, None);
}

fn abandon(history: &mut History, at: Timestamp) {
    for attempt in history.attempts.iter_mut().filter(|attempt| attempt.outcome().is_none()) {
        attempt.abandoned = Some(at);
    }
}
