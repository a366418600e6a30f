//! `aura.instance.pause` and `aura.instance.resume`.

use crate::base::Value;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::{RequestSpec, Route};
use crate::kinds::aura::instance::common::{announced, prepared, send, status};
use crate::kinds::task::Task;
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe) => status(task, id).await,
        Act::Prepare(call @ (Call::Pause | Call::Resume)) => Ok(prepared(id, &request(id, *call)?, Value::Null)),
        Act::Send(intent) if matches!(intent.call, Call::Pause | Call::Resume) => {
            let request = request(announced(task, Some(id))?, intent.call)?;
            send(task, &request, &["id"], ["id", "name", "status"]).await
        }
        _ => Err(task.unknown()),
    }
}

fn request(id: &str, call: Call) -> Result<RequestSpec, CallError> {
    Ok(RequestSpec::new(Method::Post, Route::of(&["instances", id, call.name()])?))
}
