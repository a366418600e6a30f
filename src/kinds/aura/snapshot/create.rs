//! `aura.snapshot.create`: the new snapshot is the ad hoc one that was not there before.

use crate::base::{Value, escape, lines};
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::values::flag;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::fields::{LAG_MAX, LAG_SEEN};
use crate::kinds::aura::instance::words::UNSEEN;
use crate::kinds::aura::snapshot::{perform, protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use serde_json::json;

/// `aura.snapshot.create`.
pub(in crate::kinds) struct Create;

static KIND: Kind = Kind {
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
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Snapshot),
    result: |output| lines::field(output, "snapshot_id"),
    ..Kind::BASE
};

impl Protocol for Create {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn findings(&self, _: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        if call != Call::Settle {
            return Vec::new();
        }
        let new = json!([{"snapshot_id": UNSEEN, "profile": "AdHoc", "timestamp": ""}]);
        vec![
            PossibleFinding { what: "found", found: json!({"snapshots": new, "complete": true}) },
            PossibleFinding { what: "not found", found: json!({"snapshots": [], "complete": true}) },
        ]
    }

    fn look(&self, _: Call) -> &'static str {
        "the snapshots are listed"
    }

    fn sending(&self, _: Call) -> &'static str {
        "another snapshot is requested"
    }

    fn attempts_left(&self, context: &Context<'_>, _: Call) -> Option<usize> {
        Some(protocol::attempts_left(context))
    }

    fn saw(&self, context: &Context<'_>, probe: &Probe, _: &str) -> String {
        let partial = if flag(&probe.found, "complete") { "" } else { ", in a list that is not complete" };
        match protocol::new_ones(context, &probe.found).as_slice() {
            [] => format!("no new snapshot{partial}"),
            news => format!("new: snapshot {}", news.iter().map(|id| escape(id)).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl StepKind for Create {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::create(task))
    }
}
