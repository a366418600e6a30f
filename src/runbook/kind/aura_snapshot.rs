//! `aura.snapshot.*`.

use super::types::{Field, Idempotency, Kind, LAG_MAX, LAG_SEEN, OnFailure, Reversibility, Type};

/// What is the same for the kinds of this family.
const BASE: Kind = Kind {
    name: "",
    version: 1,
    summary: "",
    inputs: &[],
    outputs: &[],
    repeat: Idempotency::Read,
    reverse: Reversibility::Nothing,
    probe: "",
    subject: Some("instance_id"),
    deed: "",
    needs: &[],
    yields: &[],
    changeable: &[],
    credential: Some("aura"),
    preflight: false,
    asks: false,
    on_failure: OnFailure::Stop,
    judges: false,
    rechecks: false,
    once: false,
    saves: None,
    example: "",
};

pub(super) static CREATE: Kind = Kind {
    name: "aura.snapshot.create",
    summary: "Takes a snapshot of a running instance now.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance"), LAG_MAX, LAG_SEEN],
    outputs: &[
        Field::output("snapshot_id", Type::String, "the new snapshot's id"),
        Field::output("requested_at", Type::Time, "when it was asked for"),
    ],
    repeat: Idempotency::Reconcilable,
    reverse: Reversibility::Undoable,
    probe: "lists the snapshots of the day: an ad hoc one that was not there before",
    changeable: &["lag_max"],
    example: concat!(
        "- id: snapshot\n",
        "  uses: aura.snapshot.create\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  retry: {max: 20, backoff: 15s..60s}\n",
    ),
    ..BASE
};

pub(super) static LATEST: Kind = Kind {
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
    ..BASE
};

pub(super) static AWAIT: Kind = Kind {
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
    ..BASE
};
