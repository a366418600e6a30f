//! Commands that were started.

use crate::base::Timestamp;
use crate::engine::call::{CallError, ErrorClass, Reply, WITHHELD};
use crate::engine::command::{Act, Command, CommandId};
use crate::port::{Async, Committed, Perform};
use futures_util::future::FutureExt as _;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{self, Poll};

/// What is being done.
pub(super) type Tasks<'a> = FuturesUnordered<RunningTask<'a>>;
/// Everything that was started and has not told its end.
pub(super) type InFlight = BTreeMap<CommandId, Task>;

/// One command that is being done.
pub(super) struct RunningTask<'a> {
    pub(super) id: CommandId,
    reply: Async<'a, Reply>,
}

impl Future for RunningTask<'_> {
    type Output = (CommandId, Reply);

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<(CommandId, Reply)> {
        let id = self.id;
        self.reply.poll_unpin(context).map(|reply| (id, reply))
    }
}

/// A command that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Something that may be given up.
    Read,
    /// A question, which may be given up too.
    Question,
    /// An effect, whose outcome is always waited for.
    Effect,
    /// A question that nobody can be asked here; it is not asked again.
    Unanswered,
}

impl Task {
    /// What starting this command is.
    pub(super) fn of(command: &Command) -> Self {
        match command.act {
            Act::Send(_) => Self::Effect,
            Act::Ask(_) => Self::Question,
            _ => Self::Read,
        }
    }
}

/// Does what the command says. What was announced too long ago is not sent any more: its guards are stale.
pub(super) fn spawn(
    performer: &dyn Perform,
    command: Command,
    committed: Committed,
    now: Timestamp,
) -> RunningTask<'_> {
    let id = command.id;
    let is_late = matches!(&command.act, Act::Send(intent) if intent.deadline.is_some_and(|at| at < now));
    let doing = async move {
        if is_late {
            withheld("it was announced too long ago to be sent")
        } else {
            performer.perform(&command, Some(&committed)).await
        }
    };
    RunningTask { id, reply: doing.boxed() }
}

/// What was announced is not sent, for this reason; nobody has refused it.
pub(super) fn withheld(why: &str) -> Reply {
    let error = CallError::new(ErrorClass::Busy, format!("{why}, and is prepared again")).with_reason(WITHHELD);
    Reply::not_sent(error)
}

/// Whether a reply says something. Once the driver is stopping nothing new is announced.
pub(super) fn settles(aloft: &mut InFlight, id: CommandId, reply: &Reply, stopping: bool) -> bool {
    // Only who asks a person can find nobody there; a service may use the same word for something else.
    let is_question = aloft.get(&id) == Some(&Task::Question);
    let is_absent = is_question && matches!(reply, Reply::Failed(error) if error.reason == "absent");
    if is_absent {
        aloft.insert(id, Task::Unanswered)
    } else {
        aloft.remove(&id)
    };
    let is_unwanted = stopping && matches!(reply, Reply::Prepared { .. });
    !is_absent && !is_unwanted
}
