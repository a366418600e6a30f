//! `aura.instance.delete`: a last look, the request, and the outcome of the instance.

use crate::base::Value;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::RequestSpec;
use crate::kinds::aura::instance::common::{announced, guard, prepared, route, send};
use crate::kinds::aura::instance::watch::perform as watch;
use crate::kinds::task::Task;
use crate::port::Method;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let client = task.aura()?;
    let id = task.text("instance_id")?;
    match &task.command.act {
        Act::Prepare(Call::Delete) => Ok(prepared(id, &request(id)?, guard(client, id).await?)),
        Act::Send(intent) if intent.call == Call::Delete => {
            send(task, &request(announced(task, Some(id))?)?, &[], ["id", "status"]).await
        }
        Act::Read(Call::Probe) => {
            let tenant = task.added("tenant_id").and_then(Value::as_str);
            watch::look(client, id, tenant).await.map(Reply::Found)
        }
        _ => Err(task.unknown()),
    }
}

/// The deletion of an instance.
pub(in crate::kinds) fn request(id: &str) -> Result<RequestSpec, CallError> {
    Ok(RequestSpec::new(Method::Delete, route(id)?))
}
