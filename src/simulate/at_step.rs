//! Whose calls of ports these are: what a test of a runbook lays down happens at a step.

use super::fault_injector::{At, FaultInjector};
use crate::engine::call::Reply;
use crate::engine::command::{Act, Command};
use crate::kinds::Context;
use crate::port::{Async, Committed, Perform};
use futures_util::future;

/// Does what commands say, and tells the injector meanwhile of which step they are.
pub(super) struct AtStep<'a> {
    pub(super) context: &'a Context,
    pub(super) injector: &'a FaultInjector,
}

impl Perform for AtStep<'_> {
    fn perform<'a>(&'a self, command: &'a Command, committed: Option<&'a Committed>) -> Async<'a, Reply> {
        let at = At { step: command.id.step, is_sending: matches!(command.act, Act::Send(_)) };
        let mut doing = self.context.perform(command, committed);
        Box::pin(future::poll_fn(move |context| {
            self.injector.stand_at(Some(at));
            let polled = doing.as_mut().poll(context);
            self.injector.stand_at(None);
            polled
        }))
    }

    fn halt(&self) {
        self.context.halt();
    }
}
