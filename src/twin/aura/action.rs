//! Operations on an instance, and the states that refuse them (docs/aura-api.md, "Errors").

use super::body::Body;
use super::create;
use super::reply::{find, operated};
use crate::twin::entry::{Content, Write};
use crate::twin::graph::Graph;
use crate::twin::http::{Call, Response};
use crate::twin::instance::Instance;
use crate::twin::problem::Problem;
use crate::twin::status::Status;
use crate::twin::world::World;

/// Refuses where another operation is under way, or where the instance rests in none of the states allowed.
pub(super) fn admit(instance: &Instance, world: &World, done: &str, allowed: &[Status]) -> Result<(), Problem> {
    let status = instance.status(world.clock);
    if status.is_busy() {
        Err(Problem::busy(status.name()))
    } else if allowed.contains(&status) {
        Ok(())
    } else {
        Err(Problem::unavailable(done, status.name()))
    }
}

pub(super) fn delete(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let resting = [Status::Running, Status::Paused, Status::LoadingFailed];
    admit(find(world, sees, id)?, world, "deleted", &resting)?;
    world.commit(call, id, 202, Write::Delete { id: id.to_owned() });
    operated(world, sees, id, 202)
}

pub(super) fn pause(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let instance = find(world, sees, id)?;
    if instance.is_free() {
        return Err(Problem::incapable("A free instance cannot be paused"));
    }
    admit(instance, world, "paused", &[Status::Running])?;
    world.commit(call, id, 202, Write::Pause { id: id.to_owned() });
    operated(world, sees, id, 202)
}

pub(super) fn resume(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    admit(find(world, sees, id)?, world, "resumed", &[Status::Paused])?;
    world.commit(call, id, 202, Write::Resume { id: id.to_owned() });
    operated(world, sees, id, 202)
}

pub(super) fn overwrite(
    world: &mut World,
    call: &mut Call<'_>,
    sees: &[String],
    id: &str,
) -> Result<Response, Problem> {
    let body = Body::of(call)?;
    let target = find(world, sees, id)?;
    if target.is_free() {
        return Err(Problem::new(420, "unsupported-tier", "Action unsupported for this tier"));
    }
    admit(target, world, "overwritten", &[Status::Running, Status::LoadingFailed])?;
    let source_id = body.required("source_instance_id")?;
    let source = find(world, sees, source_id)?;
    if target.memory < source.memory || target.storage < source.storage {
        let message = format!("Cannot clone database <{source_id}> into smaller database <{id}>.");
        return Err(Problem::new(500, "db-overwrite-size-disparity", message));
    }
    let content = create::content(world, sees, source_id, body.text("source_snapshot_id")?)?;
    world.commit(call, id, 202, Write::Overwrite { id: id.to_owned(), content });
    operated(world, sees, id, 202)
}

pub(super) fn restore(
    world: &mut World,
    call: &mut Call<'_>,
    sees: &[String],
    (id, snapshot_id): (&str, &str),
) -> Result<Response, Problem> {
    let instance = find(world, sees, id)?;
    let snapshot = instance.snapshot(snapshot_id).ok_or_else(|| Problem::no_snapshot(snapshot_id))?;
    admit(instance, world, "restored", &[Status::Running, Status::LoadingFailed])?;
    if !snapshot.is_complete(world.clock) {
        return Err(Problem::new(409, "snapshot-not-allowed", "The snapshot is not completed"));
    }
    let content = Content { graph: Graph::clone(&snapshot.graph), archive_bytes: snapshot.archive_bytes };
    world.commit(call, id, 202, Write::Restore { id: id.to_owned(), content });
    operated(world, sees, id, 202)
}
