//! Creating an instance.

use super::body::Body;
use super::reply::{enveloped, find};
use super::view;
use crate::twin::entry::{Birth, Content, Write};
use crate::twin::graph::Graph;
use crate::twin::http::{Call, Response};
use crate::twin::instance_config::{InstanceConfig, TYPES, Tenant};
use crate::twin::problem::Problem;
use crate::twin::world::World;

pub(super) fn create(world: &mut World, call: &mut Call<'_>, sees: &[String]) -> Result<Response, Problem> {
    let body = Body::of(call)?;
    let birth = birth(world, &body, sees)?;
    let id = birth.id.clone();
    world.commit(call, &id, 202, Write::Create(Box::new(birth)));
    let instance = world.instances.get(&id).ok_or_else(|| Problem::no_instance(&id))?;
    Ok(enveloped(202, view::created(instance)))
}

fn birth(world: &World, body: &Body, sees: &[String]) -> Result<Birth, Problem> {
    let name = body.name()?.ok_or_else(|| Problem::field("name", "name is required"))?;
    let kind = body.required("type")?;
    if !TYPES.contains(&kind) {
        return Err(Problem::field("type", format!("not an instance type: {kind}")));
    }
    let tenant_id = body.required("tenant_id")?;
    let cloud = body.required("cloud_provider")?;
    let region = body.required("region")?;
    body.required("memory")?;
    let version = body.text("version")?.unwrap_or("5");
    let tenant = world
        .tenants
        .iter()
        .find(|tenant| tenant.id == tenant_id && sees.contains(&tenant.id))
        .ok_or_else(Problem::no_tenant)?;
    let offer = Wanted { kind, cloud, region, version }.resolve(tenant, body)?;
    let source = source(world, body, sees)?;
    let customer_managed_key_id = key(world, body, tenant, (kind, region))?;
    admitted(world, tenant)?;
    Ok(Birth {
        id: world.fresh_id(),
        tenant_id: tenant_id.to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        cloud_provider: cloud.to_owned(),
        region: region.to_owned(),
        memory: offer.memory,
        storage: offer.storage,
        version: version.to_owned(),
        customer_managed_key_id,
        vector_optimized: body.truth("vector_optimized")?.unwrap_or(false),
        graph_analytics_plugin: body.truth("graph_analytics_plugin")?.unwrap_or(false),
        source,
    })
}

/// The configuration that is asked for, but for its size.
struct Wanted<'a> {
    kind: &'a str,
    cloud: &'a str,
    region: &'a str,
    version: &'a str,
}

impl Wanted<'_> {
    /// The entry of the tenant's configurations that fits; without a storage the smallest one of the memory.
    fn resolve<'t>(&self, tenant: &'t Tenant, body: &Body) -> Result<&'t InstanceConfig, Problem> {
        let missing = |field, what: &str| Problem::field(field, format!("{what} is not offered to this tenant"));
        let of_type: Vec<_> = tenant.offers.iter().filter(|offer| offer.kind == self.kind).collect();
        if of_type.is_empty() {
            return Err(missing("type", self.kind));
        }
        if !of_type.iter().any(|offer| offer.cloud == self.cloud) {
            return Err(missing("cloud_provider", self.cloud));
        }
        let here: Vec<_> =
            of_type.into_iter().filter(|offer| offer.cloud == self.cloud && offer.region == self.region).collect();
        if here.is_empty() {
            return Err(missing("region", self.region));
        }
        let current: Vec<_> = here.into_iter().filter(|offer| offer.version == self.version).collect();
        if current.is_empty() {
            return Err(missing("version", self.version));
        }
        let (memory, storage) = (body.size("memory")?, body.size("storage")?);
        current
            .into_iter()
            .find(|offer| Some(offer.memory) == memory && storage.is_none_or(|storage| offer.storage == storage))
            .ok_or_else(|| {
                let text = |size: Option<u64>| size.map_or_else(|| "default".to_owned(), |size| format!("{size}GB"));
                Problem::size(&text(memory), &text(storage))
            })
    }
}

/// Whether the tenant may have one more instance.
fn admitted(world: &World, tenant: &Tenant) -> Result<(), Problem> {
    if !tenant.spec.billing {
        let message = "You must provide billing details in the Aura Console before creating an instance";
        return Err(Problem::new(400, "missing-billing-details", message));
    }
    let owned = world.instances.values().filter(|instance| instance.tenant == tenant.id).count();
    if owned >= tenant.spec.max_instances {
        return Err(Problem::new(405, "quota-exceeded", "You have reached the maximum number of instances"));
    }
    Ok(())
}

fn key(world: &World, body: &Body, tenant: &Tenant, (kind, region): (&str, &str)) -> Result<Option<String>, Problem> {
    let Some(id) = body.text("customer_managed_key_id")? else { return Ok(None) };
    let missing = || Problem::new(404, "encryption-key-not-found", format!("Encryption Key not found: {id}"));
    let key = world.scenario.keys.iter().find(|key| key.id == id).ok_or_else(missing)?;
    if key.tenant != tenant.spec.name && key.tenant != tenant.id {
        return Err(missing());
    }
    if key.region != region || key.instance_type != kind {
        let message = "The key is of another region or instance type";
        return Err(Problem::field("customer_managed_key_id", message));
    }
    Ok(Some(id.to_owned()))
}

/// What the new instance is cloned from: a snapshot, or the source as it is now.
fn source(world: &World, body: &Body, sees: &[String]) -> Result<Option<Content>, Problem> {
    let snapshot = body.text("source_snapshot_id")?;
    let Some(id) = body.text("source_instance_id")? else {
        return match snapshot {
            Some(_) => Err(Problem::field("source_instance_id", "source_snapshot_id needs source_instance_id")),
            None => Ok(None),
        };
    };
    content(world, sees, id, snapshot).map(Some)
}

/// The content of an instance, or of one of its snapshots.
pub(super) fn content(world: &World, sees: &[String], id: &str, snapshot: Option<&str>) -> Result<Content, Problem> {
    let instance = find(world, sees, id)?;
    let Some(snapshot_id) = snapshot else {
        return Ok(Content {
            graph: Graph::clone(&instance.graph_at(world.clock)),
            archive_bytes: instance.archive_bytes,
        });
    };
    let snapshot = instance.snapshot(snapshot_id).ok_or_else(|| Problem::no_snapshot(snapshot_id))?;
    if !snapshot.is_exportable(world.clock) {
        return Err(Problem::not_exportable(snapshot_id));
    }
    Ok(Content { graph: Graph::clone(&snapshot.graph), archive_bytes: snapshot.archive_bytes })
}
