//! `aura.instance.overwrite`: the data of the target are replaced, and nothing brings them back.

mod perform;
mod protocol;

use crate::base::Value;
use crate::base::lines::field;
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::breaks::OF_OVERWRITING;
use crate::kinds::aura::instance::words::{self, LOOK};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Proof, Reversibility, Type};
use serde_json::json;

/// `aura.instance.overwrite`.
pub(in crate::kinds) struct Overwrite;

static KIND: Kind = Kind {
    name: "aura.instance.overwrite",
    summary: "Overwrites an instance with the data of another one, once, after its evidence and a last look at it.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance whose data are lost"),
        Field::required("source_instance_id", Type::InstanceId, "the instance whose data it receives"),
        Field::optional(
            "source_snapshot_id",
            Type::String,
            "the data of this snapshot of it; left out, those that it has then",
        ),
    ],
    outputs: &[
        Field::output("id", Type::InstanceId, "the overwritten instance's id"),
        Field::output("name", Type::String, "its name"),
        Field::output("status", Type::String, "its status, in lower case"),
        Field::optional("connection_url", Type::String, "where it is reached, as before"),
        Field::output("source_instance_id", Type::InstanceId, "where its data are from"),
        Field::optional("source_snapshot_id", Type::String, "of which snapshot they are"),
        Field::output("accepted_at", Type::Time, "when the overwriting was known to be accepted"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Irreversible,
    probe: "reads the instance: overwriting or loading means accepted; where neither was seen a person must say it",
    deed: "OVERWRITES all the data in {}",
    needs: &[Proof::Config, Proof::Backup, Proof::Audited, Proof::Confirmed],
    example: concat!(
        "- id: overwrite\n",
        "  uses: aura.instance.overwrite\n",
        "  needs: [confirm]\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    source_instance_id: \"{{ inputs.source_instance_id }}\"\n",
        "    source_snapshot_id: \"{{ steps.latest.snapshot_id }}\"\n",
        "  timeout: 2h\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    unchanged: &["id", "name", "tenant_id", "region", "created_at"],
    place: &["type", "cloud_provider", "region", "tenant_id"],
    breaks: OF_OVERWRITING,
    result: |output| {
        format!(
            "{} ({}), with the data of {}",
            field(output, "id"),
            field(output, "name"),
            field(output, "source_instance_id")
        )
    },
    ..Kind::BASE
};

impl Protocol for Overwrite {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn look_again(&self, context: &Context<'_>) -> Option<Next> {
        Some(protocol::look_again(context))
    }

    fn findings(&self, _: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        let sight = |what: &'static str, found: Value| PossibleFinding { what, found };
        if call != Call::Probe {
            return Vec::new();
        }
        vec![sight("running", json!({"status": "running"})), sight("failed", json!({"status": "loading failed"}))]
    }

    fn look(&self, _: Call) -> &'static str {
        LOOK
    }

    fn sending(&self, _: Call) -> &'static str {
        "it is overwritten again, after a last look at its guard"
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        words::saw(&probe.found)
    }
}

impl StepKind for Overwrite {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
