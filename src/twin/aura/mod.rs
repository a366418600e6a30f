//! The Aura API: its endpoints, statuses and refusals (docs/aura-api.md, "Endpoints", "Status" and "Errors").

mod action;
mod body;
mod create;
mod instance;
mod reply;
mod snapshot;
mod tenant;
mod update;
mod view;

use super::http::{Call, Response};
use super::problem::Problem;
use super::world::World;

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
