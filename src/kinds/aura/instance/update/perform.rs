//! `aura.instance.update`.

use crate::base::Value;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::RequestSpec;
use crate::kinds::aura::instance::common::{announced, fetch, prepared, route, send};
use crate::kinds::task::Task;
use crate::port::Method;

/// What is told of a change.
pub(in crate::kinds) const TOLD: [&str; 3] = ["id", "name", "status"];

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let client = task.aura()?;
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe | Call::Poll) => Ok(Reply::Found(Value::Object(fetch(client, id).await?))),
        Act::Prepare(Call::Update) => Ok(prepared(id, &request(id, body(task)?)?, Value::Null)),
        Act::Send(intent) if intent.call == Call::Update => {
            send(task, &request(announced(task, Some(id))?, body(task)?)?, &[], TOLD).await
        }
        _ => Err(task.unknown()),
    }
}

/// The change of an instance.
pub(in crate::kinds) fn request(id: &str, body: Value) -> Result<RequestSpec, CallError> {
    Ok(RequestSpec::new(Method::Patch, route(id)?).json(body))
}

fn body(task: &Task<'_>) -> Result<Value, CallError> {
    match task.added("body") {
        Some(Value::Object(body)) if !body.is_empty() => Ok(Value::Object(body.clone())),
        _ => Err(task.wrong("the protocol gave nothing to change")),
    }
}
