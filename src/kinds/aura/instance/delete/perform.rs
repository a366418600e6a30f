//! `aura.instance.delete`: a last look, the request, and the outcome of the instance.

use crate::base::{Digest, Value};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::instance::common::{announced, guard, pick, route, settled};
use crate::kinds::aura::instance::watch::perform as watch;
use crate::kinds::task::Task;
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let client = task.aura()?;
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Prepare(Call::Delete) => Ok(prepared(id, guard(client, id).await?)),
        Act::Send(intent) if intent.call == Call::Delete => {
            let id = announced(task, Some(id))?;
            let written = task.writer()?.write(Method::Delete, &route(id)?, None, &[]).await;
            Ok(settled(written, |body| pick(body, ["id", "status"])))
        }
        Act::Read(Call::Probe) => {
            let tenant = task.added("tenant_id").and_then(Value::as_str);
            watch::look(client, id, tenant).await.map(Reply::Found)
        }
        _ => Err(task.unknown()),
    }
}

/// The announcement of a deletion.
pub(in crate::kinds) fn prepared(id: &str, guard: Value) -> Reply {
    Reply::Prepared {
        target: id.to_owned(),
        request: format!("DELETE /v1/instances/{id}"),
        request_digest: Digest::of(b""),
        guard,
        sealed: None,
    }
}
