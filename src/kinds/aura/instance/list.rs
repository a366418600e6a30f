//! `aura.instance.list`.

use crate::base::Value;
use crate::base::lines::field;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::aura::instance::common::{list, pick};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done, fields};
use crate::runbook::kind::{Field, Kind, Type};

/// `aura.instance.list`.
pub(in crate::kinds) struct List;

static KIND: Kind = Kind {
    name: "aura.instance.list",
    summary: "Lists the instances that the credentials can see, or those of one tenant.",
    inputs: &[Field::optional("tenant_id", Type::String, "only the instances of this tenant")],
    outputs: &[
        Field::output("instances", Type::List, "id, name, tenant_id, cloud_provider and created_at of each"),
        Field::output("count", Type::Integer, "how many"),
    ],
    example: "- id: all\n  uses: aura.instance.list\n",
    credential: Some("aura"),
    result: |output| format!("{} instances", field(output, "count")),
    ..Kind::BASE
};

impl Protocol for List {}

impl StepKind for List {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let (entries, _) = list(task.aura()?, task.text_or_none("tenant_id")?).await?;
    let instances: Vec<Value> =
        entries.iter().map(|entry| pick(entry, ["id", "name", "tenant_id", "cloud_provider", "created_at"])).collect();
    Ok(done(fields([("count", instances.len().into()), ("instances", Value::Array(instances))])))
}
