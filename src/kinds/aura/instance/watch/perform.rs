//! One look at an instance; where it is absent, with the proof that we could have seen it.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::{Client, Route};
use crate::kinds::aura::instance::common::{fetch, list, pick};
use crate::kinds::task::Task;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Poll) = task.command.act else { return Err(task.unknown()) };
    let client = task.aura()?;
    let id = task.text("instance_id")?;
    if task.text("status")? == "absent" {
        return look(client, id, task.text_or_none("tenant_id")?).await.map(Reply::Found);
    }
    match fetch(client, id).await {
        Ok(config) => Ok(Reply::Found(present(config))),
        Err(error) if error.class == ErrorClass::NotFound => Ok(Reply::Found(serde_json::json!({"present": false}))),
        Err(error) => Err(error),
    }
}

/// One look for absence. A 404 alone proves little, so in the same round the list of the tenant and a thing that
/// must be visible with these credentials are read (docs/effects.md, "Absence").
pub(in crate::kinds) async fn look(client: &Client, id: &str, tenant: Option<&str>) -> Result<Value, CallError> {
    match fetch(client, id).await {
        Ok(config) => return Ok(present(config)),
        Err(error) if error.class == ErrorClass::NotFound => {}
        Err(error) => return Err(error),
    }
    let (entries, date) = list(client, tenant).await?;
    let listed = entries.iter().any(|entry| entry.get("id").and_then(Value::as_str) == Some(id));
    let date = date.map(Timestamp::to_seconds_text);
    Ok(serde_json::json!({
        "present": false,
        "listed": listed,
        "control": control(client, tenant).await?,
        "date": date,
    }))
}

/// Whether the tenant, or without one the list of tenants, can be read with the same credentials.
pub(in crate::kinds) async fn control(client: &Client, tenant: Option<&str>) -> Result<bool, CallError> {
    let route = match tenant {
        Some(tenant) => Route::of(&["tenants", tenant])?,
        None => Route::of(&["tenants"])?,
    };
    match client.see(&route).await {
        Ok(()) => Ok(true),
        Err(error) if error.class.passes() => Err(error),
        Err(_) => Ok(false),
    }
}

/// What is told of an instance that is there.
pub(in crate::kinds) fn present(config: crate::base::Map) -> Value {
    let mut found = pick(&Value::Object(config), ["status", "connection_url"]);
    if let Some(found) = found.as_object_mut() {
        found.insert("present".to_owned(), true.into());
    }
    found
}
