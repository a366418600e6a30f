//! `aura.snapshot.await`.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, CallError, ErrorClass};
use crate::engine::history::Probe;
use crate::engine::protocol::poll::{again, agree, once_more, pause};
use crate::engine::protocol::values::{declared, field, flag, text};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::aura::snapshot::perform;
use crate::kinds::aura::snapshot::words::of_time;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Role, Type};

/// `aura.snapshot.await`.
pub(in crate::kinds) struct Await;

static KIND: Kind = Kind {
    name: "aura.snapshot.await",
    summary: "Waits until a snapshot is completed, and exportable where that is asked.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance"),
        Field::required("snapshot_id", Type::String, "the snapshot"),
        Field::with_default("exportable", Type::Boolean, "true", "wait until it can be exported"),
        Field::optional(
            "every",
            Type::Duration,
            "how often to look; left out, after an eighth of the time waited, 10s to 1m",
        ),
    ],
    outputs: &[
        Field::output("snapshot_id", Type::String, "its id"),
        Field::output("status", Type::String, "Completed"),
        Field::output("timestamp", Type::Time, "the time it was taken"),
        Field::output("exportable", Type::Boolean, "whether it can be exported"),
        Field::output("profile", Type::String, "AdHoc or Scheduled"),
    ],
    example: concat!(
        "- id: snapshot_ready\n",
        "  uses: aura.snapshot.await\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\", snapshot_id: \"{{ steps.snapshot.snapshot_id }}\"}\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::SnapshotSeen),
    result: of_time,
    ..Kind::BASE
};

impl Protocol for Await {
    fn next(&self, context: &Context<'_>) -> Next {
        next(context)
    }
}

impl StepKind for Await {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::watch(task))
    }
}

fn next(context: &Context<'_>) -> Next {
    let Some(last) = context.history.last_probe(Call::Poll) else {
        return again(context, Timestamp::default());
    };
    let status = field(&last.found, "status");
    let wants_export = flag(&Value::Object(context.with.clone()), "exportable");
    let is_ready = |probe: &Probe| {
        field(&probe.found, "status").eq_ignore_ascii_case("completed")
            && (!wants_export || flag(&probe.found, "exportable"))
    };
    if is_ready(last) {
        if !agree(context, is_ready) {
            return once_more(context, last);
        }
        return Next::Succeed { output: declared(context, &last.found), evidence: Vec::new() };
    }
    let is_over = |probe: &Probe| {
        let status = field(&probe.found, "status");
        ["failed", "cancelled"].iter().any(|end| status.eq_ignore_ascii_case(end))
    };
    if is_over(last) && last.session == context.session {
        if !agree(context, is_over) {
            return once_more(context, last);
        }
        return Next::Fail(
            CallError::new(
                ErrorClass::Check,
                format!("snapshot {} of {} is {status}", text(context, "snapshot_id"), text(context, "instance_id")),
            )
            .with_remedy("look at the instance in the console, then start a new run"),
        );
    }
    again(context, last.at.plus(pause(context, last)))
}
