//! Commands that were started.

use crate::action::{self, Context};
use crate::engine::call::Reply;
use crate::engine::command::{Act, Command, CommandId};
use crate::port::{Async, Committed};
use futures_util::future::FutureExt as _;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;

/// What is being done.
pub(super) type Flights<'a> = FuturesUnordered<Async<'a, (CommandId, Reply)>>;
/// Everything that was started and has not told its end.
pub(super) type Aloft = BTreeMap<CommandId, Flight>;

/// A command that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flight {
    /// Something that may be given up.
    Read,
    /// An effect, whose outcome is always waited for.
    Effect,
    /// A question that nobody can be asked here; it is not asked again.
    Unanswered,
}

impl Flight {
    /// What starting this command is.
    pub(super) fn of(command: &Command) -> Self {
        if matches!(command.act, Act::Send(_)) { Self::Effect } else { Self::Read }
    }
}

/// Does what the command says.
pub(super) fn fly(context: &Context, command: Command, committed: Committed) -> Async<'_, (CommandId, Reply)> {
    async move {
        let reply = action::perform(context, &command, Some(committed)).await;
        (command.id, reply)
    }
    .boxed()
}

/// Whether a reply says something.
pub(super) fn settles(aloft: &mut Aloft, id: CommandId, reply: &Reply) -> bool {
    let is_absent = matches!(reply, Reply::Failed(error) if error.reason == "absent");
    if is_absent {
        aloft.insert(id, Flight::Unanswered)
    } else {
        aloft.remove(&id)
    };
    !is_absent
}
