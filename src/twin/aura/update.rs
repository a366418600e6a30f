//! Changing an instance: PATCH and upgrade.

use super::action::admit;
use super::body::Body;
use super::reply::{find, operated};
use crate::twin::entry::{Change, Write};
use crate::twin::http::{Call, Response};
use crate::twin::instance::Instance;
use crate::twin::problem::Problem;
use crate::twin::status::Status;
use crate::twin::world::World;

/// 200 where nothing but the name was sent, else 202; the whole instance in both cases (docs/aura-api.md, "Endpoints").
pub(super) fn patch(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let body = Body::of(call)?;
    let instance = find(world, sees, id)?;
    let status = if body.is_only("name") { 200 } else { 202 };
    let change = change(world, &body, instance)?;
    let write = match &change.name {
        Some(name) if status == 200 => {
            let resting = [Status::Running, Status::Paused, Status::LoadingFailed];
            admit(instance, world, "renamed", &resting)?;
            Write::Rename { id: id.to_owned(), name: name.clone() }
        }
        _ => {
            admit(instance, world, "updated", &[Status::Running])?;
            Write::Update { id: id.to_owned(), change }
        }
    };
    world.commit(call, id, status, write);
    operated(world, sees, id, status)
}

fn change(world: &World, body: &Body, instance: &Instance) -> Result<Change, Problem> {
    let (memory, storage) = resized(world, body, instance)?;
    let change = Change {
        name: body.name()?.map(str::to_owned),
        memory,
        storage,
        secondaries_count: body.number("secondaries_count")?,
        cdc_enrichment_mode: body.text("cdc_enrichment_mode")?.map(str::to_owned),
        vector_optimized: body.truth("vector_optimized")?,
        graph_analytics_plugin: body.truth("graph_analytics_plugin")?,
    };
    if change == Change::default() {
        return Err(Problem::new(400, "bad-request", "There is nothing to change"));
    }
    if (change.secondaries_count.is_some() || change.cdc_enrichment_mode.is_some()) && !instance.is_large_tier() {
        return Err(Problem::incapable(
            "This action is only available on Business Critical and Virtual Dedicated Cloud",
        ));
    }
    if change.secondaries_count.is_some_and(|count| count > 15) {
        return Err(Problem::field("secondaries_count", "secondaries_count must be at most 15"));
    }
    if let Some(mode) = &change.cdc_enrichment_mode
        && !matches!(mode.as_str(), "OFF" | "DIFF" | "FULL")
    {
        return Err(Problem::field("cdc_enrichment_mode", "cdc_enrichment_mode must be OFF, DIFF or FULL"));
    }
    Ok(change)
}

/// The size asked for. Memory alone brings the smallest storage offered with it that holds what is stored now.
fn resized(world: &World, body: &Body, instance: &Instance) -> Result<(Option<u64>, Option<u64>), Problem> {
    let (memory, storage) = (body.size("memory")?, body.size("storage")?);
    if memory.is_none() && storage.is_none() {
        return Ok((None, None));
    }
    if memory.is_none_or(|memory| memory == instance.memory)
        && storage.is_none_or(|storage| storage == instance.storage)
    {
        return Ok((None, None));
    }
    if instance.is_free() {
        return Err(Problem::incapable("A free instance cannot be resized"));
    }
    let wanted = memory.unwrap_or(instance.memory);
    let tenant = world.tenants.iter().find(|tenant| tenant.id == instance.tenant).ok_or_else(Problem::no_tenant)?;
    let fitting = tenant.offers.iter().find(|offer| {
        offer.kind == instance.kind
            && offer.cloud == instance.cloud
            && offer.region == instance.region
            && offer.version == instance.version
            && offer.memory == wanted
            && storage.is_none_or(|storage| storage == offer.storage)
    });
    match fitting {
        Some(offer) => Ok((Some(offer.memory), Some(offer.storage))),
        None => Err(Problem::size(&format!("{wanted}GB"), &format!("{}GB", storage.unwrap_or(wanted * 2)))),
    }
}

/// Professional to Business Critical, in place.
pub(super) fn upgrade(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let body = Body::of(call)?;
    let instance = find(world, sees, id)?;
    if instance.kind != "professional-db" {
        return Err(Problem::unavailable("upgraded", &instance.kind));
    }
    admit(instance, world, "upgraded", &[Status::Running])?;
    // The plugin does not survive an upgrade (docs/aura-api.md, "Endpoints").
    let change = Change {
        memory: body.size("memory")?,
        storage: body.size("storage")?,
        graph_analytics_plugin: Some(false),
        ..Change::default()
    };
    world.commit(call, id, 200, Write::Upgrade { id: id.to_owned(), change });
    operated(world, sees, id, 200)
}
