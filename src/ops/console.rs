//! A person who works at the console of a twin: every question says where that is, and what to type there.

use crate::engine::question::{Answer, Question};
use crate::port::{Async, Operator, OperatorError};
use crate::report::at_console;
use std::sync::Arc;

/// Asks somebody else, with the address of the console.
pub(super) struct AtConsole {
    pub(super) operator: Arc<dyn Operator>,
    pub(super) console: String,
}

impl Operator for AtConsole {
    fn ask<'a>(&'a self, step: &'a str, question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(async move {
            let mut question = question.clone();
            for line in at_console(&self.console, &question) {
                question.text.push('\n');
                question.text.push_str(&line);
            }
            self.operator.ask(step, &question).await
        })
    }
}
