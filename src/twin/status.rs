//! The status of an instance as a function of its last operation and the time (docs/aura-api.md, "Status").

use super::graph::Graph;
use crate::base::Timestamp;
use std::time::Duration;

/// The statuses of the API, without those that nothing here leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Creating,
    Running,
    Pausing,
    Paused,
    Resuming,
    Updating,
    Restoring,
    Overwriting,
    Loading,
    LoadingFailed,
    Destroying,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Resuming => "resuming",
            Self::Updating => "updating",
            Self::Restoring => "restoring",
            Self::Overwriting => "overwriting",
            Self::Loading => "loading",
            Self::LoadingFailed => "loading failed",
            Self::Destroying => "destroying",
        }
    }

    /// Whether the database answers: an update leaves the instance available.
    pub(super) const fn is_available(self) -> bool {
        matches!(self, Self::Running | Self::Updating)
    }

    /// Whether an operation is under way, so that no other is accepted.
    pub(super) const fn is_busy(self) -> bool {
        !matches!(self, Self::Running | Self::Paused | Self::LoadingFailed)
    }
}

/// An operation under way: the statuses it goes through, the one it ends in, and what it leaves behind.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    steps: Vec<(Status, Timestamp)>,
    started_at: Timestamp,
    pub rest: Status,
    pub effect: Effect,
}

/// What an operation leaves behind when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// The instance was created and its first scheduled snapshot begins.
    Born,
    Gone,
    Content {
        graph: Graph,
        archive_bytes: u64,
    },
    Shape {
        memory: u64,
        storage: u64,
        secondaries: u64,
        cdc: String,
        vector: bool,
        plugin: bool,
    },
}

impl Operation {
    /// An operation that is in this status for so long and then rests.
    pub(super) fn new(status: Status, at: Timestamp, span: Duration, rest: Status) -> Self {
        Self { steps: vec![(status, at.plus(span))], started_at: at, rest, effect: Effect::Nothing }
    }

    /// The same with one more status behind the others.
    #[must_use]
    pub(super) fn then(mut self, status: Status, span: Duration) -> Self {
        let until = self.end().plus(span);
        self.steps.push((status, until));
        self
    }

    #[must_use]
    pub(super) fn leaving(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    pub(super) fn end(&self) -> Timestamp {
        self.steps.last().map_or(self.started_at, |(_, until)| *until)
    }

    pub(super) fn status(&self, now: Timestamp) -> Status {
        self.steps.iter().find(|(_, until)| now < *until).map_or(self.rest, |(status, _)| *status)
    }
}
