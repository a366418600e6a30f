//! `aura.instance.*`: what its kinds have in common.

use crate::base::{Map, Timestamp, Value, bounded, bounded_fields, escape, gigabytes, has_userinfo};
use crate::engine::call::{CallError, ErrorClass, Reply};
use crate::engine::history::Probe;
use crate::engine::protocol::values::field;
use crate::kinds::aura::client::{Classified, Client, RequestSpec, Route};
use crate::kinds::aura::instance::fields::CONFIG;
use crate::kinds::task::{self, Task};

/// Statuses in which nothing is under way; in any other, known or not, an instance is left alone.
const AT_REST: [&str; 4] = ["running", "paused", "suspended", "loading failed"];

/// Longer names are refused.
const NAME_MAX: usize = 30;

/// An instance as `GET` tells it, in the form of the kind's outputs: every declared field, null where it is absent.
pub(in crate::kinds) async fn fetch(client: &Client, id: &str) -> Result<Map, CallError> {
    dated(client, id).await.map(|(config, _)| config)
}

/// The same with the service's clock.
pub(in crate::kinds) async fn dated(client: &Client, id: &str) -> Result<(Map, Option<Timestamp>), CallError> {
    let read = client.read(&route(id)?).await?;
    let config = normalise(&read.value);
    let named = config.get("id").and_then(Value::as_str).unwrap_or_default();
    if named == id {
        return Ok((config, read.server_date));
    }
    let message = format!("GET /v1/instances/{}: the reply is about {:?}", escape(id), escape(named));
    Err(CallError::new(ErrorClass::Outside, message))
}

/// What the last look before an irreversible effect saw, with the service's clock.
pub(in crate::kinds) async fn guard(client: &Client, id: &str) -> Result<Value, CallError> {
    let (config, date) = dated(client, id).await?;
    let names = ["id", "name", "tenant_id", "region", "created_at", "type", "memory", "status"];
    let mut guard = pick(&Value::Object(config), names);
    if let (Some(fields), Some(date)) = (guard.as_object_mut(), date) {
        fields.insert("date".to_owned(), date.to_seconds_text().into());
    }
    Ok(guard)
}

/// Where an instance stands.
pub(in crate::kinds) fn route(id: &str) -> Result<Route, CallError> {
    Route::of(&["instances", id])
}

/// Every declared field of an instance: status in lower case, sizes in GB, an address that is empty or
/// names a user as none, and none that is too long to be one.
fn normalise(told: &Value) -> Map {
    let field = |name: &str| match (name, told.get(name).unwrap_or(&Value::Null)) {
        ("status", Value::String(status)) => status.to_lowercase().into(),
        ("memory" | "storage", Value::String(size)) => gigabytes(size).into(),
        ("connection_url", Value::String(url)) if url.is_empty() || has_userinfo(url) => Value::Null,
        (_, value) => value.clone(),
    };
    CONFIG.iter().map(|output| (output.name.to_owned(), bounded(&field(output.name)))).collect()
}

/// A complete list of instances, and the service's clock.
pub(in crate::kinds) async fn list(
    client: &Client,
    tenant: Option<&str>,
) -> Result<(Vec<Value>, Option<Timestamp>), CallError> {
    let route = Route::of(&["instances"])?;
    let route = tenant.map_or(route.clone(), |tenant| route.with("tenantId", tenant));
    let read = client.read(&route).await?;
    // A list with an entry that has no id may lack others too; it proves nothing about absence.
    match read.value {
        Value::Array(entries) if entries.iter().all(|entry| entry.get("id").is_some_and(Value::is_string)) => {
            Ok((entries, read.server_date))
        }
        _ => Err(CallError::new(ErrorClass::Outside, format!("GET {}: not a list of instances", route.text()))),
    }
}

/// These fields of a map or an object, null where one is absent or too long to be one.
pub(in crate::kinds) fn pick<const N: usize>(from: &Value, names: [&str; N]) -> Value {
    let field = |name: &str| from.get(name).map_or(Value::Null, bounded);
    Value::Object(names.iter().map(|name| ((*name).to_owned(), field(name))).collect())
}

/// Whether an instance can have this name (docs/aura-api.md, "Names").
pub(in crate::kinds) fn nameable(name: &str) -> Result<(), CallError> {
    let count = name.chars().count();
    let why = if count > NAME_MAX {
        format!("it has {count} characters, and at most {NAME_MAX} are allowed")
    } else if name.trim() != name {
        "it begins or ends with a space".to_owned()
    } else if name.is_empty() {
        "it is empty".to_owned()
    } else {
        return Ok(());
    };
    let message = format!("no instance can be given the name {:?}: {why}", escape(name));
    Err(crate::kinds::task::check(message).with_remedy("choose another name, in the input that it comes from"))
}

/// Whether an instance in this status can be acted on.
pub(in crate::kinds) fn at_rest(status: &str) -> bool {
    AT_REST.contains(&status)
}

/// One look at an instance whose status tells the outcome of an effect, with the service's clock, or ours where it did
/// not tell.
pub(in crate::kinds) async fn status(task: &Task<'_>, id: &str) -> Result<Reply, CallError> {
    let (mut config, date) = dated(task.aura()?, id).await?;
    config.insert("date".to_owned(), date.unwrap_or_else(|| task.now()).to_seconds_text().into());
    Ok(Reply::Found(Value::Object(config)))
}

/// The announcement of a request about this target.
pub(in crate::kinds) fn prepared(target: &str, request: &RequestSpec, guard: Value) -> Reply {
    task::prepared(target, request.text(), request.digest(), guard)
}

/// Whether this is the request that was announced.
pub(in crate::kinds) fn as_announced(task: &Task<'_>, request: &RequestSpec) -> Result<(), CallError> {
    if task.intent()?.request != request.text() {
        return Err(task.wrong("another request was announced"));
    }
    task.as_announced(request.digest())
}

/// Sends exactly what was announced, and tells these fields of a success. `required` are those without which it is
/// none.
pub(in crate::kinds) async fn send<const N: usize>(
    task: &Task<'_>,
    request: &RequestSpec,
    required: &[&str],
    told: [&str; N],
) -> Result<Reply, CallError> {
    as_announced(task, request)?;
    let written = task.writer()?.write(request, required).await;
    Ok(settled(written, |body| pick(body, told)))
}

/// The outcome of a write, with the declared fields of its response.
pub(in crate::kinds) fn settled(written: Classified<Option<Value>>, output: impl FnOnce(&Value) -> Value) -> Reply {
    let body = written.body.unwrap_or(Value::Null);
    Reply::Settled {
        outcome: written.outcome,
        status: written.status,
        request_id: written.request_id,
        server_date: written.server_date,
        output: if written.outcome.took() { bounded_fields(&output(&body)) } else { Value::Null },
        sealed: None,
        error: written.error,
    }
}

/// The id the effect was announced for; the step's own inputs must not have become other ones since.
pub(in crate::kinds) fn announced<'a>(task: &Task<'a>, input: Option<&str>) -> Result<&'a str, CallError> {
    let target = task.intent()?.target.as_str();
    match input {
        Some(id) if id != target => {
            Err(task.wrong(&format!("it was announced for {} and is now about {}", escape(target), escape(id))))
        }
        _ => Ok(target),
    }
}

/// Whether a look saw that an import has left the instance unusable.
pub(in crate::kinds) fn has_failed(probe: &Probe) -> bool {
    field(&probe.found, "status").eq_ignore_ascii_case("loading failed")
}
