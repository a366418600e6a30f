//! Doing what the engine wants done.

use super::Async;
use super::log::Committed;
use crate::engine::call::Reply;
use crate::engine::command::Command;

/// Does what commands say, through the other ports.
pub trait Perform: Sync {
    /// Does what a command says. An effect is sent only with a proof that its announcement is durable; without one the
    /// reply is `not_sent`.
    fn perform<'a>(&'a self, command: &'a Command, committed: Option<&'a Committed>) -> Async<'a, Reply>;

    /// From now on no effect leaves, whatever it waits for; one that has left is still answered.
    fn halt(&self);
}
