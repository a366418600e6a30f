//! `aura.instance.get`.

use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::aura::instance::breaks::OF_DELETION;
use crate::kinds::aura::instance::common::fetch;
use crate::kinds::aura::instance::fields::{CAPTURED, described};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Proof, Role, Type, consequences};

/// `aura.instance.get`.
pub(in crate::kinds) struct Get;

static KIND: Kind = Kind {
    name: "aura.instance.get",
    summary: "Reads the configuration and status of an instance.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to read")],
    outputs: CAPTURED,
    yields: &[Proof::Config],
    example: concat!(
        "- id: capture\n",
        "  uses: aura.instance.get\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  save: instance-config.json\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Capture),
    result: described,
    ..Kind::BASE
};

impl Protocol for Get {}

impl StepKind for Get {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

/// The configuration, which is its own evidence.
async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let id = task.text("instance_id")?;
    let mut config = fetch(task.aura()?, id).await?;
    let digest = Digest::of(Value::Object(config.clone()).to_string().as_bytes());
    let evidence = vec![task.evidence(Proof::Config, id, digest, "aura-api")];
    // They follow from what is evidence, and are none.
    let all = consequences(OF_DELETION, &config);
    config.insert("consequences".to_owned(), all.into());
    Ok(Reply::Done { output: config, evidence })
}
