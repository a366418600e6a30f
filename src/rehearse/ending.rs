//! How a trial can end.

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Every step is over.
    Done,
    /// A step failed before the point of no return.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It waits for a person.
    NeedsOperator,
}

impl Ending {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed before the point of no return",
            Self::Cancelled => "cancelled",
            Self::NeedsOperator => "needs the operator",
        }
    }
}
