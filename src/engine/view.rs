//! A run as people and programs see it: plain data, computed from the state.

use super::call::{Call, Outcome};
use super::doubt::Doubt;
use super::event::{Body, HoldClass};
use super::extent::ExtentView;
use super::gate::{Gate, WindowState};
use super::history::{Attempt, History};
use super::machine::Engine;
use super::obligations::in_doubt;
use super::origin::Origin;
use super::protocol;
use super::question::Question;
use super::rounds::WentBack;
use super::run::Phase;
use super::step::{Status, StepState};
use super::window::Flow;
use crate::base::{Map, Timestamp};
use crate::calendar::{Standing, Tz};
use crate::runbook::kind::{Kind, Proof, Reversibility};
use crate::runbook::plan::Step;

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    /// Its id.
    pub run: String,
    /// The runbook's name.
    pub runbook: String,
    /// The runbook's file, as it was named.
    pub file: String,
    /// What it is about, and whether that is real.
    pub origin: Origin,
    /// The runbook's version.
    pub version: String,
    /// Where it stands.
    pub phase: Phase,
    /// Whether the point of no return has been passed.
    pub crossed: bool,
    /// Whether it may still be given up.
    pub may_cancel: bool,
    /// Whether a person asked it to stop.
    pub paused: bool,
    /// How far it goes before it pauses by itself; nothing where it goes to its end.
    pub extent: Option<ExtentView>,
    /// Its change window; nothing where it has none.
    pub window: Option<WindowView>,
    /// That it has gone back, why the last time, and how often.
    pub went_back: Option<WentBack>,
    /// How many sessions there have been.
    pub sessions: u32,
    /// How many records there are.
    pub records: u64,
    /// The steps, in the order of the plan.
    pub steps: Vec<StepView>,
    /// What is in doubt, what was seen of it, and what will be done about it.
    pub in_doubt: Vec<Doubt>,
}

/// The change window of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowView {
    /// Where it stands, as last recorded.
    pub gate: Gate,
    /// The zone whose local time people go by.
    pub zone: Tz,
    /// Whether the run stands still because it is closed.
    pub stops: bool,
    /// Why the last session acts outside of it.
    pub overridden: Option<String>,
    /// Whether it closed while the run was past its point of no return.
    pub left: bool,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a view is a table of independent facts")]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// What it is for.
    pub description: String,
    /// Its status, as one word.
    pub status: &'static str,
    /// Whether the run was closed before the step was over.
    pub left: bool,
    /// When it became ready.
    pub since: Timestamp,
    /// Why it failed, is held, was skipped or was not finished.
    pub reason: String,
    /// What a person can do about it.
    pub remedy: String,
    /// What kind of obstacle holds it.
    pub class: Option<HoldClass>,
    /// The question that waits for an answer.
    pub question: Option<Question>,
    /// Whether the time to answer its question is over, which the next session records.
    pub lapsed: bool,
    /// When it is tried again, and why it waits.
    pub waiting: Option<(Timestamp, String)>,
    /// Its effects so far, those from before the run went back first.
    pub effects: Vec<EffectView>,
    /// What it created together with a one-time password.
    pub made: Option<Made>,
    /// What it created, has not deleted, and whose one-time password was lost with the answer.
    pub lost: Vec<String>,
    /// Its outputs, once it is done.
    pub output: Option<Map>,
    /// What it has proved, once it is done.
    pub proved: Vec<Proof>,
    /// Whether it undoes another step, and so begins only when the run takes back what it did.
    pub is_undo: bool,
    /// Whether another step undoes it when the run takes back what it did.
    pub has_undo: bool,
    /// Whether it declares that it changes nothing, so that nothing of it stays.
    pub is_harmless: bool,
}

/// What a step created together with a one-time password, which stands sealed in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// The name it was created under.
    pub name: String,
    /// Where the password was delivered to; `None` while it was not.
    pub delivered: Option<String>,
}

/// The id of something that an effect made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is: `instance`, `snapshot`, `upload` or `version`, that of an object.
    pub what: &'static str,
    /// Its id.
    pub id: String,
}

/// An effect.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectView {
    /// Method and path.
    pub request: String,
    /// Which attempt.
    pub attempt: u32,
    /// When it was announced.
    pub at: Timestamp,
    /// The record of its announcement.
    pub seq: u64,
    /// The record of the reset that went back over it; what it made stays, and the step rests on it no more.
    pub past: Option<u64>,
    /// Its outcome; `None` while it is in flight.
    pub outcome: Option<Outcome>,
    /// Whether it is the one in doubt.
    pub in_doubt: bool,
    /// Whether what it made was deleted again and is proved gone.
    pub undone: bool,
    /// What the last probe after it saw.
    pub seen: Option<String>,
    /// What it made, where that has an id of its own and the id is known.
    pub named: Option<Named>,
}

impl RunView {
    /// How many steps are done or skipped, the one count that is shown of them.
    pub fn steps_done(&self) -> usize {
        self.steps.iter().filter(|step| !step.is_undo && matches!(step.status, "succeeded" | "skipped")).count()
    }

    /// The steps without those that would undo others and have not begun.
    pub fn steps_shown(&self) -> impl Iterator<Item = &StepView> {
        self.steps.iter().filter(|step| !step.is_unneeded())
    }

    /// How many steps there are, those that undo others aside.
    pub fn steps_planned(&self) -> usize {
        self.steps.iter().filter(|step| !step.is_undo).count()
    }
}

impl StepView {
    /// Whether it would undo another step, and that has not begun.
    pub fn is_unneeded(&self) -> bool {
        self.is_undo && self.status == "blocked"
    }
}

impl Engine {
    /// What the run is about, and whether that is real.
    pub fn origin(&self) -> Origin {
        self.run.facts.as_ref().map(Origin::of).unwrap_or_default()
    }

    /// The run as it stands.
    pub fn view(&self) -> RunView {
        let facts = self.run.facts.as_ref();
        // Nobody waits for an answer any more once the run is over.
        let is_closed = matches!(self.run.phase, Phase::Closed(_));
        RunView {
            run: facts.map(|facts| facts.run.clone()).unwrap_or_default(),
            runbook: self.plan.name.clone(),
            file: facts.and_then(|facts| facts.runbooks.first()).map(|(file, _)| file.clone()).unwrap_or_default(),
            origin: self.origin(),
            version: self.plan.version.clone(),
            phase: self.run.phase,
            crossed: self.run.crossed.is_some(),
            may_cancel: self.may_cancel(),
            paused: self.run.paused,
            extent: self.extent_view(),
            window: self.window_view(),
            went_back: self.run.went_back.clone(),
            sessions: self.run.session,
            records: self.seq(),
            steps: self.step_views(is_closed),
            in_doubt: self.doubts(),
        }
    }
}

impl Engine {
    fn window_view(&self) -> Option<WindowView> {
        let WindowState { gate, overridden, left, .. } = &self.run.window;
        let zone = self.plan.schedule.windows.first()?.zone;
        let stops = self.flow() != Flow::Free && matches!(gate, Gate::Closed { .. });
        Some(WindowView { gate: *gate, zone, stops, overridden: overridden.clone(), left: *left })
    }

    fn step_views(&self, is_closed: bool) -> Vec<StepView> {
        // While what was done is undone, nobody waits for the other steps any more.
        let is_undoing = matches!(self.run.phase, Phase::Undoing(_));
        let one =
            |(step, state): (&Step, &StepState)| view(step, state, is_closed || is_undoing && step.undoes.is_none());
        let mut views: Vec<StepView> = self.plan.steps.iter().zip(&self.steps).map(one).collect();
        for of in self.plan.steps.iter().filter_map(|step| step.undoes) {
            if let Some(view) = views.get_mut(of) {
                view.has_undo = true;
            }
        }
        for index in &self.undoing {
            let is_done = matches!(self.steps.get(*index).map(|state| &state.status), Some(Status::Succeeded { .. }));
            let of = self.plan.steps.get(*index).and_then(|step| step.undoes).filter(|_| is_done);
            if let Some(view) = of.and_then(|of| views.get_mut(of)) {
                view.effects.iter_mut().for_each(|effect| effect.undone = true);
            }
        }
        views
    }

    /// The run as it stands at `now`, where no process drives it: what asked for too long takes no answer any more.
    pub fn view_at(&self, now: Timestamp) -> RunView {
        let mut view = self.view();
        if let Some(window) = view.window.as_mut().filter(|_| !matches!(self.run.phase, Phase::Closed(_))) {
            window.gate = match self.plan.schedule.at(now) {
                Standing::Open(span) => Gate::Open(span),
                Standing::Closed(next) => {
                    Gate::Closed { at: now, opens: next.map(|span| span.from), in_session: false }
                }
            };
            window.stops = self.is_outside_window(now).is_some();
        }
        for (index, step) in view.steps.iter_mut().enumerate() {
            if step.question.is_none() || self.answer_until(index).is_none_or(|until| until > now) {
                continue;
            }
            (step.question, step.lapsed) = (None, true);
            (step.reason, step.remedy) = match self.timed_out(index) {
                Some(Body::StepHeld { reason, remedy, .. }) => (reason, remedy),
                Some(Body::StepFailed { error, .. }) => (error.message, "`surefoot resume` ends the run".to_owned()),
                _ => continue,
            };
        }
        view
    }

    /// Whether a question that nobody answers in time ends the run.
    pub fn fails_unanswered(&self, index: usize) -> bool {
        matches!(self.timed_out(index), Some(Body::StepFailed { .. }))
    }
}

fn view(step: &Step, state: &StepState, is_closed: bool) -> StepView {
    let (reason, remedy, class) = match (&state.status, &state.sweep_held) {
        (Status::Held { reason, remedy, class }, _) | (_, Some((reason, remedy, class))) => {
            (reason.clone(), remedy.clone(), Some(*class))
        }
        (Status::Failed(error), _) => (error.message.clone(), error.remedy.clone(), None),
        (Status::Skipped(why), _) => (why.clone(), String::new(), None),
        // Nobody waits any more; what was waited for says how far it came.
        _ if is_closed && !state.status.is_over() => (
            state.history.trouble.as_ref().map(|trouble| trouble.message.clone()).unwrap_or_default(),
            String::new(),
            None,
        ),
        _ => (String::new(), String::new(), None),
    };
    let history = &state.history;
    let waiting = history.wait_until.zip(history.trouble.as_ref()).filter(|_| !is_closed);
    StepView {
        id: step.id.clone(),
        kind: step.kind,
        description: step.description.clone(),
        status: state.status.name(),
        left: is_closed && !state.status.is_over(),
        since: state.ready_at,
        reason,
        remedy,
        class,
        question: history.open_question().filter(|_| !is_closed).map(|asked| asked.question.clone()),
        lapsed: false,
        waiting: waiting.map(|(until, error)| (until, error.message.clone())),
        effects: effects(state),
        made: made(&state.history),
        lost: state.rounds.iter().map(|round| &round.history).chain([history]).flat_map(lost).collect(),
        output: match &state.status {
            Status::Succeeded { output, .. } => Some((**output).clone()),
            _ => None,
        },
        proved: match &state.status {
            Status::Succeeded { evidence, .. } => evidence.iter().map(|one| one.kind).collect(),
            _ => Vec::new(),
        },
        is_undo: step.undoes.is_some(),
        has_undo: false,
        is_harmless: step.kind.declares.is_some() && step.effect.reverse == Reversibility::Nothing,
    }
}

fn made(history: &History) -> Option<Made> {
    let attempt = history.last_attempt(Call::Create).filter(|attempt| !history.is_lost(attempt))?;
    let is_sealed = attempt.settled.as_ref().is_some_and(|(_, settlement)| settlement.sealed.is_some());
    let id = attempt.output("id").and_then(|id| id.as_str()).filter(|_| is_sealed)?;
    let delivered = history.delivered.iter().find(|(version, _)| *version == attempt.intent.attempt);
    Some(Made {
        id: id.to_owned(),
        name: attempt.intent.target.clone(),
        delivered: delivered.map(|(_, reference)| reference.clone()),
    })
}

fn lost(history: &History) -> Vec<String> {
    let is_deleted = |id: &str| {
        let mut sent = history.attempts_at(Call::Replace).filter(|one| one.intent.target == id);
        sent.any(|one| one.outcome().is_some_and(Outcome::took))
    };
    history.lost.iter().map(|(_, id)| id).filter(|id| !is_deleted(id)).cloned().collect()
}

/// What an attempt made, by its answer; by the outputs of its step where a look has found what was never answered.
fn named(attempt: &Attempt, found: Option<&Map>) -> Option<Named> {
    let answered = attempt.settled.as_ref().filter(|(_, settlement)| settlement.outcome.took());
    let known = |what, field: &str| {
        let told = answered.and_then(|(_, settlement)| settlement.output.get(field));
        let id = told.or_else(|| found?.get(field))?.as_str()?;
        Some(Named { what, id: id.to_owned() })
    };
    match attempt.intent.call {
        Call::Create => known("snapshot", "snapshot_id").or_else(|| known("instance", "id")),
        Call::UploadStart => known("upload", "upload_id"),
        Call::UploadComplete | Call::Put => known("version", "version_id"),
        _ => None,
    }
}

fn effects(state: &StepState) -> Vec<EffectView> {
    let found = match &state.status {
        Status::Succeeded { output, .. } => Some(&**output),
        _ => None,
    };
    let past =
        state.rounds.iter().flat_map(|round| effects_of(&round.history, round.output.as_deref(), Some(round.seq)));
    let now = effects_of(&state.history, found, None);
    let is_open = in_doubt(&state.history) && !protocol::is_known(&state.history) && !state.status.is_over();
    let last = state.history.attempts.last().map(|attempt| attempt.seq).filter(|_| is_open);
    past.chain(now).map(|effect| EffectView { in_doubt: Some(effect.seq) == last, ..effect }).collect()
}

/// The effects of one round of a step, which has `found` these outputs; `past` is the reset that went back over it.
fn effects_of<'a>(
    history: &'a History,
    found: Option<&'a Map>,
    past: Option<u64>,
) -> impl Iterator<Item = EffectView> + 'a {
    let last = history.attempts.last().map(|attempt| attempt.seq);
    history.attempts.iter().map(move |attempt| {
        let seen = history.probes.iter().rev().find(|probe| probe.seq > attempt.seq);
        EffectView {
            request: attempt.intent.request.clone(),
            attempt: attempt.intent.attempt,
            at: attempt.at,
            seq: attempt.seq,
            past,
            outcome: attempt.outcome(),
            in_doubt: false,
            undone: protocol::is_undone(history, attempt),
            seen: seen.map(|probe| probe.found.to_string()),
            named: named(attempt, found.filter(|_| Some(attempt.seq) == last && attempt.may_have_taken())),
        }
    })
}
