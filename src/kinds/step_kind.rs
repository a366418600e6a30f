//! What a step kind is: its declaration, its protocol and how it is done.

use super::task::Task;
use crate::engine::call::{CallError, Reply};
use crate::engine::protocol::Protocol;
use crate::port::Async;
use crate::runbook::kind::Kind;

/// What doing one command of a step comes to.
pub(in crate::kinds) type Performing<'a> = Async<'a, Result<Reply, CallError>>;

/// A step kind. Its protocol decides which operation comes next; here one operation is done at a time, through ports.
///
/// It never decides which operation comes next, never retries an effect, and does not know that it is scheduled. What
/// fails before an effect leaves is `not_sent`; what happens after that is the outcome.
pub(in crate::kinds) trait StepKind: Protocol {
    /// What may be written, what comes out, what it does to the world.
    fn declaration(&self) -> &'static Kind;

    /// Does what the task's command says. An error of a sending means that nothing left.
    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a>;
}
