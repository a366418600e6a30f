//! Why a runbook is not run.

use super::failure::Failure;
use crate::runbook::Diagnostics;

/// A runbook that is not valid, or another failure.
#[derive(Debug)]
pub enum RunError {
    /// The runbook or its inputs are wrong.
    Diagnostics(Diagnostics),
    /// Something else failed.
    Failure(Failure),
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}
