//! `aura.instance.pause` and `aura.instance.resume`.

use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::Route;
use crate::kinds::aura::instance::common::{announced, pick, settled, status};
use crate::kinds::task::Task;
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Read(Call::Probe) => status(task, id).await,
        Act::Prepare(call @ (Call::Pause | Call::Resume)) => Ok(Reply::Prepared {
            target: id.to_owned(),
            request: format!("POST /v1/instances/{id}/{}", call.name()),
            request_digest: Digest::of(b""),
            guard: Value::Null,
            sealed: None,
        }),
        Act::Send(intent) if matches!(intent.call, Call::Pause | Call::Resume) => {
            let route = Route::of(&["instances", announced(task, Some(id))?, intent.call.name()])?;
            let written = task.writer()?.write(Method::Post, &route, None, &["id"]).await;
            Ok(settled(written, |body| pick(body, ["id", "name", "status"])))
        }
        _ => Err(task.unknown()),
    }
}
