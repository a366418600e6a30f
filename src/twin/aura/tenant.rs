//! Tenants and customer managed keys.

use super::reply::enveloped;
use crate::base::{Timestamp, Value};
use crate::twin::http::{Call, Response};
use crate::twin::instance_config::{InstanceConfig, Tenant};
use crate::twin::problem::Problem;
use crate::twin::scenario::KeySpec;
use crate::twin::world::World;
use serde_json::json;

/// When every key of a scenario was created: 2025-01-31T14:06:57Z.
const KEY_CREATED_AT: Timestamp = Timestamp::from_micros(1_738_332_417_000_000);

pub(super) fn list(world: &World, sees: &[String]) -> Response {
    let listed = world.tenants.iter().filter(|tenant| sees.contains(&tenant.id));
    enveloped(200, listed.map(|tenant| json!({"id": tenant.id, "name": tenant.spec.name})).collect())
}

pub(super) fn get(world: &World, sees: &[String], id: &str) -> Result<Response, Problem> {
    let tenant = find(world, sees, id)?;
    let reply = || {
        let offers: Value = tenant.offers.iter().map(InstanceConfig::view).collect();
        let mut view = json!({"id": tenant.id, "name": tenant.spec.name});
        if let Some(view) = view.as_object_mut() {
            view.insert("instance_configurations".to_owned(), offers);
        }
        enveloped(200, view)
    };
    // Whoever waits for an absence asks for it every time, and it never changes.
    Ok(tenant.reply.get_or_init(reply).clone())
}

/// Where the metrics are, where the tenant has an instance of a tier that has them.
pub(super) fn metrics(world: &World, sees: &[String], id: &str) -> Result<Response, Problem> {
    let tenant = find(world, sees, id)?;
    if !world.instances.values().any(|instance| instance.tenant == tenant.id && instance.is_large_tier()) {
        let message = "This tenant has no instances eligible for metrics integration";
        return Err(Problem::new(400, "tenant-incapable-of-action", message));
    }
    let endpoint = format!("https://customer-metrics-api.neo4j.io/api/v1/{id}/metrics");
    Ok(enveloped(200, json!({"endpoint": endpoint})))
}

fn find<'a>(world: &'a World, sees: &[String], id: &str) -> Result<&'a Tenant, Problem> {
    world.tenants.iter().find(|tenant| tenant.id == id && sees.contains(&tenant.id)).ok_or_else(Problem::no_tenant)
}

pub(super) fn keys(world: &World, call: &Call<'_>, sees: &[String]) -> Response {
    let wanted = call.request.parameter("tenantId");
    let listed = world.scenario.keys.iter().filter_map(|key| {
        let tenant = owner(world, sees, key).filter(|tenant| wanted.as_ref().is_none_or(|id| *id == tenant.id))?;
        Some(json!({"id": key.id, "name": key.name, "tenant_id": tenant.id}))
    });
    enveloped(200, listed.collect())
}

pub(super) fn key(world: &World, sees: &[String], id: &str) -> Result<Response, Problem> {
    let found = world.scenario.keys.iter().find(|key| key.id == id);
    let (key, tenant) = found
        .and_then(|key| Some((key, owner(world, sees, key)?)))
        .ok_or_else(|| Problem::new(404, "encryption-key-not-found", format!("Encryption Key not found: {id}")))?;
    let view = json!({
        "cloud_provider": key.cloud_provider,
        "created": KEY_CREATED_AT.to_seconds_text(),
        "id": key.id,
        "instance_type": key.instance_type,
        "key_id": key.key_id,
        "name": key.name,
        "region": key.region,
        "status": "ready",
        "tenant_id": tenant.id,
    });
    Ok(enveloped(200, view))
}

fn owner<'a>(world: &'a World, sees: &[String], key: &KeySpec) -> Option<&'a Tenant> {
    world
        .tenants
        .iter()
        .find(|tenant| (tenant.spec.name == key.tenant || tenant.id == key.tenant) && sees.contains(&tenant.id))
}
