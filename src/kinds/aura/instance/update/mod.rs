//! `aura.instance.update`: a PATCH of what differs; idempotent, so that doubt is settled by looking again.

pub(in crate::kinds) mod perform;
mod protocol;

use crate::base::Value;
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::fields::{CONFIG, described};
use crate::kinds::aura::instance::words::LOOK;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use serde_json::json;

/// `aura.instance.update`.
pub(in crate::kinds) struct Update;

static KIND: Kind = Kind {
    name: "aura.instance.update",
    summary: "Changes name, size, plugins, secondaries or CDC of an instance, sending only what differs.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance to change"),
        Field::optional("name", Type::String, "the name, 1 to 30 characters"),
        Field::optional("memory", Type::String, "the memory"),
        Field::optional("storage", Type::String, "the storage"),
        Field::optional("vector_optimized", Type::Boolean, "whether it is optimized for vectors"),
        Field::optional("graph_analytics_plugin", Type::Boolean, "whether it has the plugin"),
        Field::optional("secondaries_count", Type::Integer, "number of secondaries"),
        Field::optional("cdc_enrichment_mode", Type::Word(&["OFF", "DIFF", "FULL"]), "quote it: a bare OFF is refused"),
    ],
    outputs: CONFIG,
    repeat: Idempotency::Idempotent,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance and compares the fields",
    changeable: &[
        "name",
        "memory",
        "storage",
        "secondaries_count",
        "cdc_enrichment_mode",
        "vector_optimized",
        "graph_analytics_plugin",
    ],
    example: concat!(
        "- id: finish\n",
        "  uses: aura.instance.update\n",
        "  with: {instance_id: \"{{ steps.recreate.id }}\", name: \"{{ steps.capture.name }}\"}\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Change),
    take_back: "change it back in the console, or with a runbook with a step `uses: aura.instance.update`",
    result: described,
    ..Kind::BASE
};

impl Protocol for Update {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn findings(&self, context: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        let mut wanted = context.with.clone();
        wanted.insert("status".to_owned(), json!("running"));
        let sight = |what: &'static str, found: Value| PossibleFinding { what, found };
        if call != Call::Probe {
            return Vec::new();
        }
        vec![sight("as asked for", Value::Object(wanted)), sight("as it was", json!({"status": "running"}))]
    }

    fn look(&self, _: Call) -> &'static str {
        LOOK
    }

    fn sending(&self, _: Call) -> &'static str {
        "what still differs is sent again"
    }

    fn saw(&self, context: &Context<'_>, probe: &Probe, _: &str) -> String {
        protocol::saw(context, &probe.found)
    }
}

impl StepKind for Update {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
