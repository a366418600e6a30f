//! `aura.instance.overwrite`: a last look at target and source, the request, and looks at the target.

use crate::base::{Map, Value, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::{RequestSpec, Route};
use crate::kinds::aura::instance::common::{announced, fetch, pick, prepared, send, status};
use crate::kinds::task::{Task, check};
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe) => status(task, id).await,
        Act::Prepare(Call::Overwrite) => prepare(task, id).await,
        Act::Send(intent) if intent.call == Call::Overwrite => {
            let request = request(task, announced(task, Some(id))?)?;
            send(task, &request, &["id"], ["id", "name", "status"]).await
        }
        _ => Err(task.unknown()),
    }
}

/// The request: what is in the source, or in a snapshot of it.
fn request(task: &Task<'_>, id: &str) -> Result<RequestSpec, CallError> {
    let mut body = Map::new();
    body.insert("source_instance_id".to_owned(), task.text("source_instance_id")?.into());
    if let Some(snapshot) = task.text_or_none("source_snapshot_id")? {
        body.insert("source_snapshot_id".to_owned(), snapshot.into());
    }
    let route = Route::of(&["instances", id, "overwrite"])?;
    Ok(RequestSpec::new(Method::Post, route).json(Value::Object(body)))
}

/// The guard, and what would be refused too late: the service says only after it was asked that the target is too
/// small, in an answer that tells nothing about its outcome, or that the snapshot cannot be used.
async fn prepare(task: &Task<'_>, id: &str) -> Result<Reply, CallError> {
    let client = task.aura()?;
    let source = task.text("source_instance_id")?;
    let snapshot = task.text_or_none("source_snapshot_id")?;
    if source == id && snapshot.is_none() {
        return Err(check(format!("{id} would be overwritten with itself")));
    }
    if let Some(snapshot) = snapshot {
        let read = client.read(&Route::of(&["instances", source, "snapshots", snapshot])?).await?;
        if read.value.get("exportable") != Some(&Value::Bool(true)) {
            return Err(check(format!("snapshot {} of {source} is not exportable", escape(snapshot)))
                .with_remedy("choose one that is: `aura.snapshot.latest` finds it"));
        }
    }
    let from = fetch(client, source).await?;
    let into = fetch(client, id).await?;
    for name in ["memory", "storage"] {
        if let (Some(wanted), Some(had)) = (size(&from, name), size(&into, name))
            && had < wanted
        {
            return Err(check(format!("the {name} of {id} is {had}GB, and {source} has {wanted}GB"))
                .with_remedy("the target must be at least as large as the source"));
        }
    }
    let into = Value::Object(into);
    let status = into.get("status").and_then(Value::as_str).unwrap_or_default();
    if !matches!(status, "running" | "loading failed") {
        return Err(CallError::new(ErrorClass::Busy, format!("{id} is {}", escape(status))));
    }
    let seen = pick(&into, ["id", "name", "tenant_id", "region", "created_at", "type", "memory", "status"]);
    Ok(prepared(id, &request(task, id)?, seen))
}

/// A size in gigabytes, where there is one.
fn size(config: &Map, name: &str) -> Option<u64> {
    config.get(name)?.as_str()?.trim_end_matches("GB").parse().ok()
}
