//! `aura.instance.get` and `aura.instance.list`.

use super::super::task::{Task, done, fields};
use super::{fetch, list, pick};
use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::runbook::kind::{Proof, consequences, find};

/// `aura.instance.get`: the configuration, which is its own evidence.
pub(in crate::action) async fn get(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let id = task.text("instance_id")?;
    let mut config = fetch(task.aura()?, id).await?;
    let digest = Digest::of(Value::Object(config.clone()).to_string().as_bytes());
    let evidence = vec![task.evidence(Proof::Config, id, digest, "aura-api")];
    // They follow from what is evidence, and are none.
    let all = find("aura.instance.delete").map(|deletion| consequences(deletion, &config)).unwrap_or_default();
    config.insert("consequences".to_owned(), all.into());
    Ok(Reply::Done { output: config, evidence })
}

/// `aura.instance.list`.
pub(in crate::action) async fn all(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let (entries, _) = list(task.aura()?, task.text_or_none("tenant_id")?).await?;
    let instances: Vec<Value> =
        entries.iter().map(|entry| pick(entry, ["id", "name", "tenant_id", "cloud_provider", "created_at"])).collect();
    Ok(done(fields([("count", instances.len().into()), ("instances", Value::Array(instances))])))
}
