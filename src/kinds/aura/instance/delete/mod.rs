//! `aura.instance.delete`: idempotent by id, but nothing brings the instance back (docs/effects.md, "Delete").

pub(in crate::kinds) mod perform;
mod protocol;

use crate::base::Value;
use crate::base::lines::field;
use crate::engine::call::Call;
use crate::engine::command::Command;
use crate::engine::event::Intent;
use crate::engine::history::{History, Probe};
use crate::engine::protocol::{Context, Instead, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::breaks::OF_DELETION;
use crate::kinds::aura::instance::words::{self, LOOK};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Proof, Reversibility, Role, Type};
use serde_json::json;

/// `aura.instance.delete`.
pub(in crate::kinds) struct Delete;

static KIND: Kind = Kind {
    name: "aura.instance.delete",
    summary: "Deletes an instance, once, after its evidence and a last look at it.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to delete")],
    outputs: &[
        Field::output("id", Type::InstanceId, "the deleted instance's id"),
        Field::output("name", Type::String, "its name in the last look"),
        Field::output("tenant_id", Type::String, "its tenant"),
        Field::output("accepted_at", Type::Time, "when the deletion was known to be accepted"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Irreversible,
    probe: "reads the instance: destroying or absent means accepted",
    deed: "DELETES {} with all its data and all its snapshots",
    needs: &[Proof::Config, Proof::Backup, Proof::Offered, Proof::Audited, Proof::Confirmed],
    example: concat!(
        "- id: delete\n",
        "  uses: aura.instance.delete\n",
        "  needs: [confirm]\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Delete),
    unchanged: &["id", "name", "tenant_id", "region", "created_at"],
    place: &["type", "cloud_provider", "region", "tenant_id"],
    breaks: OF_DELETION,
    result: |output| format!("{} ({})", field(output, "id"), field(output, "name")),
    ..Kind::BASE
};

impl Protocol for Delete {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn look_again(&self, context: &Context<'_>) -> Option<Next> {
        Some(protocol::look_again(context))
    }

    fn is_leaving(&self, seen: &Value) -> bool {
        protocol::is_going(seen)
    }

    fn instead(&self, history: &History, intent: &Intent) -> Option<Instead> {
        protocol::instead(history, intent)
    }

    fn not_found(&self, _: Call, command: &Command, history: &History, has_crossed: bool) -> Option<Instead> {
        Some(protocol::not_found(&command.with, history, has_crossed))
    }

    fn findings(&self, _: &Context<'_>, call: Call, input: &Value) -> Vec<PossibleFinding> {
        let id = input.get("id").cloned().unwrap_or_default();
        let sight = |what: &'static str, found: Value| PossibleFinding { what, found };
        if call != Call::Probe {
            return Vec::new();
        }
        vec![
            sight("gone", json!({"id": id, "present": false, "listed": false, "control": true})),
            sight("being deleted", json!({"id": id, "present": true, "status": "destroying"})),
            sight("still there", json!({"id": id, "present": true, "status": "running"})),
        ]
    }

    fn look(&self, _: Call) -> &'static str {
        LOOK
    }

    fn sending(&self, _: Call) -> &'static str {
        "the deletion is sent again, after a last look at its guard"
    }

    fn attempts_left(&self, context: &Context<'_>, _: Call) -> Option<usize> {
        Some(protocol::attempts_left(context))
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        words::saw(&probe.found)
    }
}

impl StepKind for Delete {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
