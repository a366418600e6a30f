//! People.

use super::Async;
use crate::engine::question::{Answer, Question};

/// Asks a person, or whoever answers for one.
pub trait Operator: Send + Sync {
    /// Asks and waits for the answer. `step` is the id of the step that asks.
    fn ask<'a>(&'a self, step: &'a str, question: &'a Question) -> Async<'a, Result<Answer, OperatorError>>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// Nobody can be asked here; the run waits, and the command ends with exit code 4.
    #[error("nobody can be asked here: {0}")]
    Absent(String),
    /// The person declined.
    #[error("declined: {0}")]
    Declined(String),
}
