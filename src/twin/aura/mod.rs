//! The Aura API: its endpoints, statuses and refusals (aura-api.md §3 to §6).

mod action;
mod body;
mod create;
mod instance;
mod snapshot;
mod tenant;
mod update;
mod view;

use super::http::{Call, Response};
use super::instance::Instance;
use super::problem::Problem;
use super::world::World;
use crate::base::Value;
use serde_json::json;

/// Answers a request of a client that sees these tenants.
pub(super) fn answer(
    world: &mut World,
    call: &mut Call<'_>,
    sees: &[String],
    parts: &[&str],
) -> Result<Response, Problem> {
    let method = call.request.method.as_str();
    if matches!(method, "POST" | "PATCH") && call.request.media_type().as_deref() != Some("application/json") {
        return Err(Problem::media_type());
    }
    match (method, parts) {
        ("GET", ["instances"]) => instance::list(world, call, sees),
        ("POST", ["instances"]) => create::create(world, call, sees),
        ("GET", ["instances", id]) => instance::get(world, call, sees, id),
        ("PATCH", ["instances", id]) => update::patch(world, call, sees, id),
        ("DELETE", ["instances", id]) => action::delete(world, call, sees, id),
        ("POST", ["instances", id, "pause"]) => action::pause(world, call, sees, id),
        ("POST", ["instances", id, "resume"]) => action::resume(world, call, sees, id),
        ("POST", ["instances", id, "overwrite"]) => action::overwrite(world, call, sees, id),
        ("POST", ["instances", id, "upgrade"]) => update::upgrade(world, call, sees, id),
        ("GET", ["instances", id, "snapshots"]) => snapshot::list(world, call, sees, id),
        ("POST", ["instances", id, "snapshots"]) => snapshot::create(world, call, sees, id),
        ("GET", ["instances", id, "snapshots", snapshot]) => snapshot::get(world, call, sees, (id, snapshot)),
        ("POST", ["instances", id, "snapshots", snapshot, "restore"]) => {
            action::restore(world, call, sees, (id, snapshot))
        }
        ("GET", ["tenants"]) => Ok(tenant::list(world, sees)),
        ("GET", ["tenants", id]) => tenant::get(world, sees, id),
        ("GET", ["tenants", id, "metrics-integration"]) => tenant::metrics(world, sees, id),
        ("GET", ["customer-managed-keys"]) => Ok(tenant::keys(world, call, sees)),
        ("GET", ["customer-managed-keys", id]) => tenant::key(world, sees, id),
        _ => Err(Problem::gateway(403, "Requested endpoint is forbidden")),
    }
}

/// A reply in the envelope that every reply of version 1 has.
fn enveloped(status: u16, data: &Value) -> Response {
    Response::json(status, &json!({"data": data}))
}

/// The instance of this id, where it exists and the client sees it: what it cannot see is not there.
fn find<'a>(world: &'a World, sees: &[String], id: &str) -> Result<&'a Instance, Problem> {
    let shown = world.clock.minus(world.scenario.get_lag.0);
    world
        .instances
        .get(id)
        .filter(|instance| sees.contains(&instance.tenant) && instance.created_at <= shown)
        .ok_or_else(|| Problem::no_instance(id))
}

/// The instance as an operation leaves it.
fn operated(world: &World, sees: &[String], id: &str, status: u16) -> Result<Response, Problem> {
    Ok(enveloped(status, &view::full(find(world, sees, id)?, world.clock)))
}
