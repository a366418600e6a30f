//! The run as a whole: its phases and what may happen in each.

use super::call::Call;
use super::event::{Body, RunOpened, Verdict};
use super::extent::Extent;
use super::gate::WindowState;
use super::protocol;
use super::rounds::WentBack;
use crate::base::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// The run as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// Where it stands.
    pub phase: Phase,
    /// How it was born.
    pub facts: Option<RunOpened>,
    /// How many sessions there have been, from 1.
    pub session: u32,
    /// The sequence number of the first irreversible announcement: the point of no return has been passed.
    pub crossed: Option<u64>,
    /// A person asked it to stop before its next step; the next session clears it.
    pub paused: bool,
    /// A person gave it up, for whatever it was ending then: nothing more is written.
    pub cancelled: bool,
    /// How far it goes before it pauses by itself.
    pub(super) extent: Option<Extent>,
    /// What was done is undone before the run ends.
    pub undoes: bool,
    /// The steps whose preflight has not passed yet.
    pub unchecked: BTreeSet<usize>,
    /// When the last event happened; while it is paused, when that began.
    pub last: Timestamp,
    /// The sequence number of the last event before which the clock had been set back by more than it may be off: how
    /// old anything before it is nobody knows.
    pub set_back: Option<u64>,
    /// What the clock that nobody can set counts from in each session, in order.
    pub clocks: Vec<Option<String>>,
    /// How often this session has gone back over steps that were done.
    pub resets: u32,
    /// That it has gone back, in this session or an earlier one.
    pub went_back: Option<WentBack>,
    /// When a step last gave its slot back.
    pub freed: Timestamp,
    /// How many steps are not over.
    pub open: usize,
    /// Its change window.
    pub window: WindowState,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened.
    #[default]
    Unborn,
    /// What can be checked before anything is done is being checked.
    Preflight,
    /// Steps are under way.
    Running,
    /// Every step is over; late arrivals are looked for.
    Sweeping,
    /// It takes back what it did, and closes with this verdict then.
    Undoing(Verdict),
    /// It will close with this verdict as soon as nothing is in flight or in doubt.
    Ending(Verdict),
    /// It is over.
    Closed(Verdict),
}

impl Phase {
    /// Whether what has not been checked yet still is: before the run begins, and when it ends because one check did
    /// not pass, so that a person is told of everything that is in the way at once.
    pub(super) const fn checks(self) -> bool {
        matches!(self, Self::Preflight | Self::Ending(Verdict::Failed))
    }

    /// Its name in grids and views.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unborn => "unborn",
            Self::Preflight => "preflight",
            Self::Running => "running",
            Self::Sweeping => "sweeping",
            Self::Undoing(_) => "undoing",
            Self::Ending(_) => "ending",
            Self::Closed(Verdict::Done) => "done",
            Self::Closed(Verdict::Failed) => "failed",
            Self::Closed(Verdict::Cancelled) => "cancelled",
        }
    }
}

/// How long ago something was recorded, by the clock that nobody can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ticked {
    /// So long.
    Span(Duration),
    /// The machine was started again since, so the clock began anew.
    Restarted,
    /// A version wrote it that did not keep that clock.
    Unkept,
}

impl RunState {
    /// A new session begins, which tells the clock that nobody can set; gives how long no process lived before.
    pub(super) fn reopen(&mut self, at: Timestamp, clock: Option<String>) -> Duration {
        self.session += 1;
        self.resets = 0;
        self.clocks.push(clock);
        self.paused = false;
        self.window.reopen(at);
        let idle = at.since(self.last);
        self.freed = self.freed.plus(idle);
        idle
    }

    /// How long ago a record of `session` was made that has `mono_ms`, at `now_ms` of this session.
    pub(super) fn ticked(&self, session: u32, mono_ms: u64, now_ms: u64) -> Ticked {
        let clock = |session: u32| {
            let index = usize::try_from(session).ok()?.checked_sub(1)?;
            // Earlier versions wrote an empty name where the machine told none, whichever boot it was.
            self.clocks.get(index)?.as_deref().filter(|clock| !clock.is_empty())
        };
        match (clock(session), clock(self.session)) {
            (Some(then), Some(now)) if then == now => {
                Ticked::Span(Duration::from_millis(now_ms.saturating_sub(mono_ms)))
            }
            (Some(_), Some(_)) => Ticked::Restarted,
            _ => Ticked::Unkept,
        }
    }

    /// Whether this may happen to the run now, apart from what the step says; ends in an error.
    pub(super) fn allows(&self, body: &Body) -> Result<(), &'static str> {
        let wrong = |is_allowed: bool, why: &'static str| if is_allowed { Ok(()) } else { Err(why) };
        match (self.phase, body) {
            (Phase::Unborn, Body::RunOpened(_))
            | (Phase::Closed(_), Body::JournalRecovered { .. } | Body::JournalSegment { .. })
            | (Phase::Preflight, Body::GateChecked { .. }) => Ok(()),
            (phase, Body::GateChecked { .. }) if phase.checks() && !self.unchecked.is_empty() => Ok(()),
            (Phase::Unborn, _) => Err("the run has not been opened"),
            (Phase::Closed(_), _) => Err("the run is closed"),
            (_, Body::RunOpened(_)) => Err("the run is open already"),
            (Phase::Undoing(_), Body::StepFailed { .. }) => Err("what cannot be undone is held"),
            (_, Body::StepFailed { .. }) => {
                wrong(self.crossed.is_none(), "after the point of no return steps are held")
            }
            (Phase::Ending(_), Body::CallIntended(intent)) => {
                wrong(matches!(intent.call, Call::Replace | Call::Rename), "the run is ending")
            }
            (Phase::Ending(verdict), Body::QuestionAsked { question, .. }) => {
                wrong(verdict == Verdict::Failed || protocol::is_about_key(question), "the run is ending")
            }
            (_, Body::GateChecked { .. }) => Err("the preflight is over"),
            (phase, Body::StepReset { .. }) => wrong(phase == Phase::Running, "the run can no longer go back"),
            (phase, Body::RunClosed { verdict, .. }) => match verdict {
                Verdict::Done => wrong(phase == Phase::Sweeping, "steps are not over"),
                other => wrong(
                    matches!(phase, Phase::Ending(to) | Phase::Undoing(to) if to == *other),
                    "the run is not ending that way",
                ),
            },
            (phase, Body::UndoBegun { .. }) => {
                wrong(matches!(phase, Phase::Ending(_)) && self.undoes, "nothing is to be undone")
            }
            (Phase::Preflight, body) => {
                let is_early =
                    matches!(body, Body::StepWaiting { .. } | Body::StepHeld { .. } | Body::StepChanged { .. });
                wrong(is_early || body.step().is_none(), "the preflight is not over")
            }
            _ => Ok(()),
        }
    }
}
