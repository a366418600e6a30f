//! `sleep`: waits for a while.

use crate::base::Timestamp;
use crate::base::lines::field;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::values::{duration, time};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done, fields};
use crate::runbook::kind::{Field, Kind, Type};
use serde_json::json;

/// `sleep`.
pub(in crate::kinds) struct Sleep;

static KIND: Kind = Kind {
    name: "sleep",
    summary: "Waits; a restart does not restart the wait.",
    inputs: &[Field::required("for", Type::Duration, "how long")],
    outputs: &[Field::output("until", Type::Time, "when the wait ended")],
    example: "- id: settle\n  uses: sleep\n  with: {for: 5m}\n",
    untimed: true,
    ignores: &[
        ("timeout", "it takes as long as it says"),
        ("retry", NEVER_FAILS),
        ("retry_from", "it judges nothing that could be amiss"),
    ],
    result: |output| format!("until {}", field(output, "until")),
    ..Kind::BASE
};

impl Protocol for Sleep {
    /// The wait counts from the moment the step became ready, whichever process it lives in.
    fn next(&self, context: &Context<'_>) -> Next {
        let until = context.ready_at.plus(duration(context, "for"));
        Next::read(Call::Read, until, json!({"until": time(until)}))
    }
}

impl StepKind for Sleep {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

/// Waits until the moment that the protocol set, however often the wait is begun.
async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let until: Timestamp =
        task.added_text("until")?.parse().map_err(|error| task.wrong(&format!("the protocol's `until`: {error}")))?;
    task.doing(&format!("waits until {}", until.to_seconds_text()));
    task.ports().clock.sleep_until(until).await;
    Ok(done(fields([("until", until.to_seconds_text().into())])))
}
