//! Listing, reading and taking snapshots.

use super::action::admit;
use super::reply::{enveloped, find};
use crate::base::{Timestamp, Value};
use crate::twin::entry::Write;
use crate::twin::http::{Call, Response};
use crate::twin::problem::Problem;
use crate::twin::status::Status;
use crate::twin::world::World;
use serde_json::json;
use std::time::Duration;

/// The snapshots of one day in UTC, today where none is given; newest first. The list lags behind where the scenario
/// says so.
pub(super) fn list(world: &World, call: &Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let instance = find(world, sees, id)?;
    let day = call.request.parameter("date").unwrap_or_else(|| call.now.date());
    let begin = format!("{day}T00:00:00Z").parse::<Timestamp>().ok().filter(|_| day.len() == 10);
    let Some(begin) = begin else {
        return Err(Problem::field("date", format!("not a date: {day} (write it like 2026-01-31)")));
    };
    let day = begin..begin.plus(Duration::from_hours(24));
    let shown = world.clock.minus(world.scenario.list_lag.0);
    let listed = instance.snapshots.iter().rev();
    let listed = listed.filter(|snapshot| day.contains(&snapshot.taken_at) && snapshot.taken_at <= shown);
    Ok(enveloped(200, Value::Array(listed.map(|snapshot| snapshot.view(id, call.now)).collect())))
}

pub(super) fn get(
    world: &World,
    call: &Call<'_>,
    sees: &[String],
    (id, snapshot_id): (&str, &str),
) -> Result<Response, Problem> {
    let instance = find(world, sees, id)?;
    let snapshot = instance.snapshot(snapshot_id).ok_or_else(|| Problem::no_snapshot(snapshot_id))?;
    Ok(enveloped(200, snapshot.view(id, call.now)))
}

/// Takes a snapshot; one runs at a time.
pub(super) fn create(world: &mut World, call: &mut Call<'_>, sees: &[String], id: &str) -> Result<Response, Problem> {
    let instance = find(world, sees, id)?;
    admit(instance, world, "backed up", &[Status::Running])?;
    if instance.is_snapshotting(call.now) {
        return Err(Problem::new(409, "snapshot-not-allowed", "A snapshot is already in progress"));
    }
    let snapshot_id = world.chance.uuid(&["ad hoc snapshot", &world.writes.to_string(), id]);
    world.commit(call, id, 202, Write::Snapshot { id: id.to_owned(), snapshot_id: snapshot_id.clone() });
    Ok(enveloped(202, json!({"snapshot_id": snapshot_id})))
}
