//! Whether a run has gone as far as it was asked to.
//!
//! What the run was born with stands in its policy. The extent holds in every session until it was reached and the run
//! paused there; the session after that goes on without it.

use super::event::Body;
use super::extent::{Extent, ExtentView};
use super::machine::Engine;
use super::run::Phase;
use super::step::{Status, StepState};
use super::window::Flow;

impl Engine {
    /// Whether the step is beyond what the run was asked for.
    pub(super) fn is_beyond(&self, index: usize) -> bool {
        let Some((extent, step)) = self.run.extent.as_ref().zip(self.plan.steps.get(index)) else { return false };
        self.run.phase == Phase::Running && !extent.lets(index, step)
    }

    /// Whether a step may not even be skipped: what is behind `--until` is left alone, while a step that changes
    /// something may turn out to have nothing to do.
    pub(super) fn is_out_of_reach(&self, index: usize) -> bool {
        matches!(self.run.extent, Some(Extent::Until { .. })) && self.is_beyond(index)
    }

    /// Whether everything is done that the run was asked for, and something is left.
    pub(super) fn has_reached_extent(&self) -> bool {
        if self.run.phase != Phase::Running {
            return false;
        }
        match &self.run.extent {
            None => false,
            Some(Extent::Until { step, .. }) => self.steps.get(*step).is_some_and(|state| state.status.is_over()),
            Some(Extent::Reads) => {
                let is_open = |state: &StepState| matches!(state.status, Status::Ready | Status::Held { .. });
                let mut open = self.steps.iter().enumerate().filter(|(_, state)| is_open(state)).peekable();
                open.peek().is_some()
                    && open.all(|(index, state)| state.status == Status::Ready && self.is_beyond(index))
            }
        }
    }

    /// That the run pauses, once it has gone as far as it was asked to; nothing while the change window stops it.
    pub(super) fn extent_due(&self) -> Option<Body> {
        let is_idle = || self.lanes.is_empty() && self.flow() == Flow::Free;
        let may_be = match self.run.extent.as_ref()? {
            Extent::Until { .. } => true,
            Extent::Reads => is_idle(),
        };
        (may_be && self.has_reached_extent()).then_some(Body::RunPaused)
    }

    pub(super) fn extent_view(&self) -> Option<ExtentView> {
        let extent = self.run.extent.as_ref()?;
        let until = match extent {
            Extent::Until { step, .. } => self.plan.steps.get(*step).map(|step| step.id.clone()),
            Extent::Reads => None,
        };
        let steps = self.plan.steps.iter().zip(&self.steps).enumerate();
        let waiting = steps.filter(|(index, (_, state))| state.status == Status::Ready && self.is_beyond(*index));
        let next = waiting.map(|(_, (step, _))| step.id.clone()).collect();
        Some(ExtentView { until, reached: self.run.paused && self.has_reached_extent(), next })
    }
}
