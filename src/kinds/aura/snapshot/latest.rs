//! `aura.snapshot.latest`.

use crate::engine::protocol::Protocol;
use crate::kinds::aura::snapshot::perform;
use crate::kinds::aura::snapshot::words::of_time;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Role, Type};

/// `aura.snapshot.latest`.
pub(in crate::kinds) struct Latest;

static KIND: Kind = Kind {
    name: "aura.snapshot.latest",
    summary: "Finds the latest completed snapshot, walking back day by day from tomorrow (UTC).",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance"),
        Field::with_default("exportable", Type::Boolean, "true", "only one that can be exported"),
        Field::with_default("days", Type::Integer, "14", "how many days to walk back"),
    ],
    outputs: &[
        Field::output("snapshot_id", Type::String, "its id"),
        Field::output("timestamp", Type::Time, "the time it was taken"),
        Field::output("exportable", Type::Boolean, "whether it can be exported"),
        Field::output("profile", Type::String, "AdHoc or Scheduled"),
        Field::output("gap_minutes", Type::Integer, "minutes between the snapshot and now, rounded up"),
    ],
    example: "- id: latest\n  uses: aura.snapshot.latest\n  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::SnapshotSeen),
    result: of_time,
    ..Kind::BASE
};

impl Protocol for Latest {}

impl StepKind for Latest {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::latest(task))
    }
}
