//! What the failure of a step does.

/// What the failure of a step does before the point of no return. After it every failure holds the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The run fails and is closed.
    Stop,
    /// The step is held; `resume` tries it again, and `cancel` ends the run.
    Hold,
}

impl OnFailure {
    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Stop, Self::Hold].into_iter().find(|one| one.name() == name)
    }

    /// Its name in `on_failure`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Hold => "hold",
        }
    }
}
