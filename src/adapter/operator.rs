//! Nobody to ask.

use crate::engine::question::{Answer, Question};
use crate::port::{Async, Operator, OperatorError};

/// Answers nothing, because nobody is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Operator for Nobody {
    fn ask<'a>(&'a self, step: &'a str, _question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(async move { Err(OperatorError::Absent(format!("`{step}` waits for an answer"))) })
    }
}
