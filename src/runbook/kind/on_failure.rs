//! What the failure of a step does.

/// What the failure of a step does before the point of no return. After it every failure holds the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The run fails and is closed.
    Stop,
    /// The step is held; `resume` tries it again, and `cancel` ends the run.
    Hold,
    /// What was done is undone in reverse order, and the run is closed.
    Undo,
    /// A person decides: the step is held whatever failed; `resume` tries it again, and `cancel` undoes what was done.
    Ask,
}

impl OnFailure {
    /// Whether a failure leaves the run open for a person.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Hold | Self::Ask)
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Stop, Self::Hold, Self::Undo, Self::Ask].into_iter().find(|one| one.name() == name)
    }

    /// Its name in `on_failure`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Hold => "hold",
            Self::Undo => "undo",
            Self::Ask => "ask",
        }
    }
}
