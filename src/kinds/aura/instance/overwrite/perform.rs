//! `aura.instance.overwrite`: a last look at target and source, the request, and looks at the target.

use crate::base::{Digest, Map, Value, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::Route;
use crate::kinds::aura::instance::common::{announced, fetch, pick, settled, status};
use crate::kinds::task::{Task, check};
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe) => status(task, id).await,
        Act::Prepare(Call::Overwrite) => prepare(task, id).await,
        Act::Send(intent) if intent.call == Call::Overwrite => {
            let body = body(task)?;
            if Digest::of(body.to_string().as_bytes()) != intent.request_digest {
                return Err(task.wrong("what is to be sent is not what was announced"));
            }
            let route = Route::of(&["instances", announced(task, Some(id))?, "overwrite"])?;
            let written = task.writer()?.write(Method::Post, &route, Some(&body), &["id"]).await;
            Ok(settled(written, |body| pick(body, ["id", "name", "status"])))
        }
        _ => Err(task.unknown()),
    }
}

/// The request: what is in the source, or in a snapshot of it.
fn body(task: &Task<'_>) -> Result<Value, CallError> {
    let mut body = Map::new();
    body.insert("source_instance_id".to_owned(), task.text("source_instance_id")?.into());
    if let Some(snapshot) = task.text_or_none("source_snapshot_id")? {
        body.insert("source_snapshot_id".to_owned(), snapshot.into());
    }
    Ok(Value::Object(body))
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
    Ok(Reply::Prepared {
        target: id.to_owned(),
        request: format!("POST /v1/instances/{id}/overwrite"),
        request_digest: Digest::of(body(task)?.to_string().as_bytes()),
        guard: pick(&into, ["id", "name", "tenant_id", "region", "created_at", "type", "memory", "status"]),
        sealed: None,
    })
}

/// A size in gigabytes, where there is one.
fn size(config: &Map, name: &str) -> Option<u64> {
    config.get(name)?.as_str()?.trim_end_matches("GB").parse().ok()
}
