//! The change window of a run: what may be done while it is closed, and what an irreversible step needs of it.
//!
//! The state knows a window by its records alone. [`Engine::window_due`] compares it with the calendar whenever the
//! driver tells the time, and what it finds is an event like any other.

use super::event::{Body, Event, HoldClass};
use super::gate::Gate;
use super::guard::Obstacle;
use super::machine::Engine;
use super::run::Phase;
use super::step::{Stamp, StepState};
use crate::base::{PlantedBug, Timestamp, Value, format_duration, planted};
use crate::calendar::{OnClose, Span, Standing};
use crate::runbook::plan::Step;
use std::collections::BTreeMap;
use std::time::Duration;

/// What may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Whatever the plan says.
    Free,
    /// What has begun goes on to its end.
    Finishing,
    /// Nothing.
    Stopped,
}

impl Flow {
    /// Whether a step may be under way.
    pub(super) fn lets(self, state: &StepState) -> bool {
        match self {
            Self::Free => true,
            Self::Finishing => !state.history.is_empty(),
            Self::Stopped => false,
        }
    }
}

impl Engine {
    /// Whether the window binds the run: it has one, has not passed its point of no return, and nobody has said why it
    /// acts outside.
    fn is_bound_by_window(&self) -> bool {
        let is_early = matches!(self.run.phase, Phase::Unborn | Phase::Preflight | Phase::Running);
        !self.plan.schedule.is_empty() && is_early && self.run.window.overridden.is_none() && !self.has_gone_too_far()
    }

    /// Whether the run can only go on: something irreversible was sent, and not certainly in vain.
    fn has_gone_too_far(&self) -> bool {
        self.run.crossed.is_some() && !self.may_cancel()
    }

    pub(super) fn flow(&self) -> Flow {
        match self.run.window.gate {
            _ if !self.is_bound_by_window() => Flow::Free,
            Gate::Open(_) => Flow::Free,
            Gate::Closed { in_session: true, .. } if self.plan.schedule.on_close() == OnClose::FinishStep => {
                Flow::Finishing
            }
            Gate::Unknown | Gate::Closed { .. } => Flow::Stopped,
        }
    }

    /// What is to be recorded about the window at this moment; nothing where the state knows it.
    pub fn window_due(&self, now: Timestamp) -> Option<Body> {
        if self.plan.schedule.is_empty() || matches!(self.run.phase, Phase::Unborn | Phase::Closed(_)) {
            return None;
        }
        let is_known = match self.run.window.gate {
            Gate::Unknown => false,
            Gate::Open(span) => span.from <= now && now < span.until,
            Gate::Closed { at, opens, .. } => at <= now && opens.is_none_or(|opens| now < opens),
        };
        if is_known {
            return None;
        }
        match (self.plan.schedule.at(now), self.run.window.gate) {
            (Standing::Open(span), _) => Some(Body::WindowOpened { from: span.from, until: span.until }),
            // It never opens again, and that is known.
            (Standing::Closed(None), Gate::Closed { opens: None, .. }) => None,
            (Standing::Closed(next), _) => Some(Body::WindowClosed { opens: next.map(|span| span.from) }),
        }
    }

    /// Whether what is said about the window, where something is, is what the calendar says.
    pub(super) fn allows_window(&self, body: &Body, at: Timestamp) -> Result<(), &'static str> {
        if !body.name().starts_with("window.") {
            return Ok(());
        }
        if self.plan.schedule.is_empty() {
            return Err("the run has no window");
        }
        let is_so = match body {
            _ if self.is_replaying() => true,
            Body::WindowOpened { until, .. } => {
                matches!(self.plan.schedule.at(at), Standing::Open(span) if span.until == *until)
            }
            Body::WindowClosed { opens } => {
                matches!(self.plan.schedule.at(at), Standing::Closed(next) if next.map(|span| span.from) == *opens)
            }
            _ => true,
        };
        if is_so { Ok(()) } else { Err("the calendar says otherwise") }
    }

    pub(super) fn take_window(&mut self, stamp: Stamp, body: Body) {
        match body {
            Body::WindowOpened { from, until } => {
                let stood = matches!(self.flow(), Flow::Stopped | Flow::Finishing);
                self.run.window.gate = Gate::Open(Span { from, until });
                // Time-outs do not run while nothing may be done.
                let idle = stamp.at.since(self.run.window.since);
                if stood && !idle.is_zero() {
                    self.run.freed = self.run.freed.plus(idle);
                    self.steps.iter_mut().for_each(|state| state.idle = state.idle.saturating_add(idle));
                }
                self.steps.iter_mut().for_each(|state| state.window_opens(stamp.at));
            }
            Body::WindowClosed { opens } => {
                let in_session = matches!(self.run.window.gate, Gate::Open(_) | Gate::Closed { in_session: true, .. });
                if matches!(self.run.window.gate, Gate::Open(_)) {
                    self.run.window.since = stamp.at;
                }
                self.run.window.left |= self.has_gone_too_far();
                self.run.window.gate = Gate::Closed { at: stamp.at, opens, in_session };
            }
            Body::WindowAwaited => self.run.window.awaited = true,
            Body::WindowOverridden { reason } => {
                self.run.window.overridden = Some(reason);
                self.run.window.overrides += 1;
                self.steps.iter_mut().for_each(|state| state.window_opens(stamp.at));
            }
            _ => {}
        }
        self.refresh_all();
    }

    /// When the window next changes, as the state knows it.
    pub fn window_changes_at(&self) -> Option<Timestamp> {
        match self.run.window.gate {
            Gate::Open(span) => Some(span.until),
            Gate::Closed { opens, .. } => opens,
            Gate::Unknown => None,
        }
    }

    /// Whether this session sleeps until the window opens: it was asked to, and something waits for that.
    pub fn sleeps_for_window(&self) -> bool {
        let is_held = |state: &StepState| state.is_held_by(HoldClass::Window);
        let waits = self.run.window.awaited && self.is_bound_by_window();
        waits && !self.run.paused && (self.flow() != Flow::Free || self.steps.iter().any(is_held))
    }

    /// Whether nothing may be done at this moment because the window is closed; when it opens, where it does.
    pub fn is_outside_window(&self, now: Timestamp) -> Option<Option<Span>> {
        if !self.is_bound_by_window() {
            return None;
        }
        match self.plan.schedule.at(now) {
            Standing::Open(_) => None,
            Standing::Closed(next) => Some(next),
        }
    }

    /// How long a step takes, as rehearsals or earlier runs say; the run was born with it.
    pub fn estimate(&self, step: &str) -> Option<Duration> {
        let facts = self.run.facts.as_ref()?;
        let seconds = facts.policy.get("estimates")?.get(step)?.get("seconds").and_then(Value::as_u64)?;
        Some(Duration::from_secs(seconds))
    }

    /// Until when an irreversible effect of this step may be announced: what is left of the window then covers what it
    /// takes and the reserve. Nothing where no window binds it.
    pub(super) fn room(&self, step: &Step, now: Timestamp) -> Result<Option<Timestamp>, Obstacle> {
        if !self.is_bound_by_window() || self.is_replaying() || planted(PlantedBug::WindowIgnored) {
            return Ok(None);
        }
        let Gate::Open(span) = self.run.window.gate else {
            return Err(Obstacle::Window("the change window is closed".to_owned()));
        };
        let reserve = self.plan.schedule.reserve();
        let estimate = self.estimate(&step.id);
        let last = span.until.minus(estimate.unwrap_or_default()).minus(reserve);
        if now < last || now == last && last < span.until {
            return Ok(Some(last));
        }
        let left = format_duration(span.until.since(now));
        let takes = match estimate {
            Some(estimate) => format!("the step takes {}", format_duration(estimate)),
            None => "how long the step takes is not known".to_owned(),
        };
        let reserve =
            if reserve.is_zero() { String::new() } else { format!(" and {} are reserved", format_duration(reserve)) };
        Err(Obstacle::Window(format!("{left} of the change window are left, {takes}{reserve}")))
    }
}

/// How long each step took that sent an effect, from its first announcement to its end.
pub fn took<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeMap<String, Duration> {
    let (mut began, mut found) = (BTreeMap::new(), BTreeMap::new());
    for event in events {
        match &event.body {
            Body::CallIntended(intent) => {
                began.entry(intent.step.clone()).or_insert(event.at);
            }
            Body::StepSucceeded { step, .. } => {
                found.extend(began.get(step).map(|at| (step.clone(), event.at.since(*at))));
            }
            Body::StepReset { steps, .. } => began.retain(|step, _| !steps.contains(step)),
            _ => {}
        }
    }
    found
}
