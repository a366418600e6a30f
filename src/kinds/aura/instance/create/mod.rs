//! `aura.instance.create`: no idempotency key, a password that is shown once (docs/effects.md, "Create").

pub(in crate::kinds) mod attempt_state;
mod choice;
mod lost;
mod naming;
mod orphan;
mod perform;
mod protocol;
mod words;

use crate::base::lines::field;
use crate::base::{Map, Value};
use crate::engine::call::Call;
use crate::engine::command::Command;
use crate::engine::event::Intent;
use crate::engine::history::{Attempt, History, Probe};
use crate::engine::protocol::{Context, Instead, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::fields::{CLOUDS, LAG_MAX, LAG_SEEN, TYPES};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use serde_json::json;

/// `aura.instance.create`.
pub(in crate::kinds) struct Create;

static KIND: Kind = Kind {
    name: "aura.instance.create",
    summary: "Creates an instance under a derived name, seals its one-time password and delivers it to a file.",
    inputs: &[
        Field::required("tenant_id", Type::String, "the tenant (project) to create it in"),
        Field::required("type", Type::Word(TYPES), "the type"),
        Field::required("cloud_provider", Type::Word(CLOUDS), "the cloud provider"),
        Field::required("region", Type::String, "the region"),
        Field::required("memory", Type::String, "the memory, 8GB"),
        Field::optional("storage", Type::String, "the storage; if omitted, the service derives it from the memory"),
        Field::with_default("version", Type::String, "\"5\"", "the version of Neo4j"),
        Field::optional("vector_optimized", Type::Boolean, "whether it is optimized for vectors"),
        Field::optional("graph_analytics_plugin", Type::Boolean, "whether it has the plugin"),
        Field::optional("source_instance_id", Type::InstanceId, "clone this instance"),
        Field::optional("source_snapshot_id", Type::String, "clone from this snapshot of it"),
        Field::optional(
            "name",
            Type::String,
            "its final name, 1 to 30 characters; left out, it keeps the derived name until a later step renames it",
        ),
        Field::required("password_file", Type::Path, "the file, mode 0600, that receives the one-time password"),
        Field::with_default(
            "on_lost_secret",
            Type::Word(&["replace", "ask", "adopt"]),
            "\"replace\"",
            concat!(
                "what to do with an instance whose password was lost with the answer: delete it, still empty, and ",
                "make another; ask a person; or keep it, and have its password set by hand",
            ),
        ),
        LAG_MAX,
        LAG_SEEN,
    ],
    outputs: &[
        Field::output("id", Type::InstanceId, "the new instance's id"),
        Field::output("name", Type::String, "the name it has now"),
        Field::output("connection_url", Type::String, "where it will be reached"),
        Field::output("tenant_id", Type::String, "its tenant"),
        Field::output("cloud_provider", Type::String, "its cloud provider"),
        Field::output("region", Type::String, "its region"),
        Field::output("type", Type::String, "its type"),
        Field::optional("created_at", Type::String, "when it was created"),
        Field::output("password_file", Type::Path, "the file that holds the password"),
        Field::output("credentials", Type::Any, "user name and password, for inputs that take a secret").secret(),
        Field::output("attempts", Type::Integer, "how many times the request was sent"),
        Field::optional("username", Type::String, "the user whom the password belongs to, if the service returns it"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "complete lists of the tenant, by derived name, until the settling time is over",
    changeable: &[
        "memory",
        "storage",
        "region",
        "tenant_id",
        "type",
        "name",
        "version",
        "password_file",
        "cloud_provider",
        "lag_max",
        "vector_optimized",
        "graph_analytics_plugin",
    ],
    preflight: true,
    example: concat!(
        "- id: recreate\n",
        "  uses: aura.instance.create\n",
        "  with:\n",
        "    tenant_id: \"{{ steps.capture.tenant_id }}\"\n",
        "    type: enterprise-db\n",
        "    cloud_provider: \"{{ steps.capture.cloud_provider }}\"\n",
        "    region: \"{{ steps.capture.region }}\"\n",
        "    memory: \"{{ steps.capture.memory }}\"\n",
        "    password_file: new-password.txt\n",
    ),
    credential: Some("aura"),
    take_back: "change it back in the console, or with a runbook with a step `uses: aura.instance.update`",
    role: Some(Role::Create),
    target: &["tenant_id", "type", "cloud_provider", "region", "memory", "storage", "version"],
    result: |output| format!("{} as {}", field(output, "id"), field(output, "name")),
    ..Kind::BASE
};

impl Protocol for Create {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn sweeps(&self) -> Option<Call> {
        Some(Call::Replace)
    }

    fn sweep(&self, context: &Context<'_>) -> Option<Next> {
        protocol::sweep(context)
    }

    fn allows(&self, with: Option<&Map>, history: &History, intent: &Intent) -> Result<(), String> {
        if intent.call == Call::Replace { orphan::allows(with, history, intent) } else { Ok(()) }
    }

    fn not_sent_remedy(&self, call: Call) -> Option<&'static str> {
        let remedy = "say with `--set` what is to be created, or fix the cause, then `surefoot resume`";
        (call == Call::Create).then_some(remedy)
    }

    fn not_found(&self, call: Call, command: &Command, _: &History, _: bool) -> Option<Instead> {
        let found = || json!({"present": false, "control": false, "id": command.input.get("id")});
        (call == Call::Replace).then(|| Instead::Found(Call::Probe, found()))
    }

    fn unsettled<'a>(&self, context: &Context<'a>, sweeping: bool) -> Vec<&'a Attempt> {
        words::unsettled(context, sweeping)
    }

    fn findings(&self, _: &Context<'_>, call: Call, input: &Value) -> Vec<PossibleFinding> {
        words::findings(call, input)
    }

    fn look(&self, call: Call) -> &'static str {
        match call {
            Call::Settle | Call::Sweep => "the instances are listed",
            Call::Read => "the password file is read",
            _ => "the instance is looked at",
        }
    }

    fn sending(&self, call: Call) -> &'static str {
        match call {
            Call::Rename => "it is given its name",
            Call::Replace => "the empty instance is deleted, after a last look at it",
            _ => "the creation is sent again",
        }
    }

    fn attempts_left(&self, context: &Context<'_>, call: Call) -> Option<usize> {
        (call == Call::Create).then(|| protocol::attempts_left(context))
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, target: &str) -> String {
        words::saw(probe, target)
    }
}

impl StepKind for Create {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
