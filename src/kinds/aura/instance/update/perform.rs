//! `aura.instance.update`.

use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::instance::common::{announced, fetch, pick, route, settled};
use crate::kinds::task::Task;
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let client = task.aura()?;
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe | Call::Poll) => Ok(Reply::Found(Value::Object(fetch(client, id).await?))),
        Act::Prepare(Call::Update) => Ok(prepared(id, &body(task)?)),
        Act::Send(intent) if intent.call == Call::Update => send(task, id, &body(task)?).await,
        _ => Err(task.unknown()),
    }
}

/// The announcement of a change.
pub(in crate::kinds) fn prepared(id: &str, body: &Value) -> Reply {
    Reply::Prepared {
        target: id.to_owned(),
        request: format!("PATCH /v1/instances/{id}"),
        request_digest: Digest::of(body.to_string().as_bytes()),
        guard: Value::Null,
        sealed: None,
    }
}

/// Sends exactly what was announced.
pub(in crate::kinds) async fn send(task: &Task<'_>, id: &str, body: &Value) -> Result<Reply, CallError> {
    let id = announced(task, Some(id))?;
    if Digest::of(body.to_string().as_bytes()) != task.intent()?.request_digest {
        return Err(task.wrong("what is to be sent is not what was announced"));
    }
    let written = task.writer()?.write(Method::Patch, &route(id)?, Some(body), &[]).await;
    Ok(settled(written, |body| pick(body, ["id", "name", "status"])))
}

fn body(task: &Task<'_>) -> Result<Value, CallError> {
    match task.added("body") {
        Some(Value::Object(body)) if !body.is_empty() => Ok(Value::Object(body.clone())),
        _ => Err(task.wrong("the protocol gave nothing to change")),
    }
}
