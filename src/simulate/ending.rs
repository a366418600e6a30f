//! How a trial can end.

use super::disk::SimDisk;
use super::secret_scan::Sightings;
use super::workload::Workload;
use crate::base::{SecretScanner, Timestamp};

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

/// The end of a trial, after a power loss.
pub(super) struct End<'a> {
    pub(super) workload: &'a Workload,
    pub(super) disk: &'a SimDisk,
    pub(super) now: Timestamp,
    pub(super) ending: Ending,
    pub(super) shown: &'a [String],
    /// Whether the run had no fault and no condition.
    pub(super) is_quiet: bool,
    /// Whether the local clock was set back, so that the times of records do not tell how old they are.
    pub(super) is_set_back: bool,
    /// Finds every secret of the trial.
    pub(super) scanner: &'a SecretScanner,
    /// Secrets that stood somewhere at any time.
    pub(super) sightings: &'a Sightings,
}
