//! Listing and reading instances.

use super::reply::{enveloped, find};
use super::view;
use crate::base::Value;
use crate::twin::http::{Call, Response};
use crate::twin::problem::Problem;
use crate::twin::world::World;

/// The list lags behind where the scenario says so: it shows what existed a while ago.
pub(super) fn list(world: &World, call: &Call<'_>, sees: &[String]) -> Result<Response, Problem> {
    let wanted = call.request.parameter("tenantId");
    if let Some(id) = &wanted
        && !sees.contains(id)
    {
        return Err(Problem::no_tenant());
    }
    let shown = world.clock.minus(world.scenario.list_lag.0);
    let alive = world.instances.values();
    let lingering = world.deleted.values().filter(|each| each.gone_at.is_some_and(|gone_at| gone_at > shown));
    let mut listed: Vec<_> = alive
        .chain(lingering)
        .filter(|each| sees.contains(&each.tenant) && wanted.as_ref().is_none_or(|id| *id == each.tenant))
        .filter(|each| each.created_at <= shown)
        .collect();
    listed.sort_by_key(|each| (each.created_at, each.id.clone()));
    Ok(enveloped(200, Value::Array(listed.into_iter().map(view::listed).collect())))
}

pub(super) fn get(world: &World, call: &Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    Ok(enveloped(200, view::full(find(world, sees, id)?, call.now)))
}
