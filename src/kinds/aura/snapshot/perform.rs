//! `aura.snapshot.*`.

use crate::base::{Timestamp, Value, bounded_fields, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::{Client, RequestSpec, Route};
use crate::kinds::aura::instance::common::{prepared, send};
use crate::kinds::task::{Task, check, done, fields};
use crate::port::Method;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Nothing is kept longer than 90 days (docs/aura-api.md, "Snapshots").
const DAYS_MAX: i64 = 90;

/// `aura.snapshot.await`: one look at a snapshot.
pub(in crate::kinds) async fn watch(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Poll) = task.command.act else { return Err(task.unknown()) };
    let (instance, snapshot) = (task.text("instance_id")?, task.text("snapshot_id")?);
    let read = task.aura()?.read(&Route::of(&["instances", instance, "snapshots", snapshot])?).await?;
    Ok(Reply::Found(told(&read.value)))
}

/// `aura.snapshot.latest`: a list tells one day only, so days are walked back, from tomorrow because the service's
/// clock may be ahead of ours at midnight (docs/aura-api.md, "Snapshots").
pub(in crate::kinds) async fn latest(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let (client, instance) = (task.aura()?, task.text("instance_id")?);
    let (days, exportable) = (task.integer("days")?.clamp(1, DAYS_MAX), task.flag("exportable"));
    let now = task.now();
    for back in -1..days {
        let (snapshots, _) = on_day(client, instance, day(now, back)).await?;
        let found = snapshots
            .iter()
            .filter(|snapshot| field(snapshot, "status").eq_ignore_ascii_case("completed"))
            .filter(|snapshot| !exportable || snapshot.get("exportable") == Some(&Value::Bool(true)))
            .filter_map(|snapshot| Some((field(snapshot, "timestamp").parse::<Timestamp>().ok()?, snapshot)))
            .max_by_key(|(taken, _)| *taken);
        if let Some((taken, snapshot)) = found {
            return Ok(done(output(taken, snapshot, now)));
        }
    }
    let what = if exportable { "completed and exportable" } else { "completed" };
    Err(check(format!("instance {} has no {what} snapshot of the last {days} days", escape(instance)))
        .with_remedy("take one with aura.snapshot.create, or look further back with `days`"))
}

fn output(taken: Timestamp, snapshot: &Value, now: Timestamp) -> crate::base::Map {
    let snapshot = &bounded_fields(snapshot);
    let gap = now.since(taken).as_secs().div_ceil(60);
    fields([
        ("snapshot_id", snapshot.get("snapshot_id").cloned().unwrap_or_default()),
        ("timestamp", field(snapshot, "timestamp").into()),
        ("exportable", (snapshot.get("exportable") == Some(&Value::Bool(true))).into()),
        ("profile", field(snapshot, "profile").into()),
        ("gap_minutes", gap.into()),
    ])
}

/// `aura.snapshot.create`.
pub(in crate::kinds) async fn create(task: &Task<'_>) -> Result<Reply, CallError> {
    let (client, instance) = (task.aura()?, task.text("instance_id")?);
    match &task.command.act {
        Act::Read(Call::Baseline) => {
            let (snapshots, date) = around(task, client, instance).await?;
            let ids: Vec<Value> =
                snapshots.iter().map(|snapshot| snapshot.get("snapshot_id").cloned().unwrap_or_default()).collect();
            Ok(Reply::Found(serde_json::json!({"ids": ids, "date": date.to_seconds_text()})))
        }
        Act::Read(Call::Settle) => {
            let (snapshots, date) = around(task, client, instance).await?;
            let told: Vec<Value> = snapshots.iter().map(told).collect();
            Ok(Reply::Found(serde_json::json!({"snapshots": told, "complete": true, "date": date.to_seconds_text()})))
        }
        Act::Prepare(Call::Create) => Ok(prepared(instance, &request(instance)?, Value::Null)),
        Act::Send(intent) if intent.call == Call::Create => {
            if intent.target != instance {
                return Err(task.wrong("it was announced for another instance"));
            }
            send(task, &request(instance)?, &["snapshot_id"], ["snapshot_id"]).await
        }
        _ => Err(task.unknown()),
    }
}

fn request(instance: &str) -> Result<RequestSpec, CallError> {
    Ok(RequestSpec::new(Method::Post, Route::of(&["instances", instance, "snapshots"])?))
}

/// The snapshots of yesterday, today and tomorrow, for the service's day may not be ours, and its clock.
async fn around(task: &Task<'_>, client: &Client, instance: &str) -> Result<(Vec<Value>, Timestamp), CallError> {
    let now = task.now();
    let mut all = Vec::new();
    let mut date = None;
    for back in [1, 0, -1] {
        let (snapshots, seen) = on_day(client, instance, day(now, back)).await?;
        all.extend(snapshots);
        date = date.or(seen);
    }
    Ok((all, date.unwrap_or(now)))
}

async fn on_day(client: &Client, instance: &str, date: String) -> Result<(Vec<Value>, Option<Timestamp>), CallError> {
    let route = Route::of(&["instances", instance, "snapshots"])?.with("date", &date);
    let read = client.read(&route).await?;
    match read.value {
        Value::Array(entries) if entries.iter().all(|entry| entry.get("snapshot_id").is_some_and(Value::is_string)) => {
            Ok((entries, read.server_date))
        }
        _ => Err(CallError::new(ErrorClass::Outside, format!("GET {}: not a list of snapshots", route.text()))),
    }
}

/// The date so many days before `now`; a negative number is days after.
fn day(now: Timestamp, back: i64) -> String {
    let days = u32::try_from(back.unsigned_abs()).unwrap_or(u32::MAX);
    let span = DAY.saturating_mul(days);
    if back < 0 { now.plus(span).date() } else { now.minus(span).date() }
}

fn told(snapshot: &Value) -> Value {
    serde_json::json!({
        "snapshot_id": field(snapshot, "snapshot_id"),
        "status": field(snapshot, "status"),
        "timestamp": field(snapshot, "timestamp"),
        "exportable": snapshot.get("exportable") == Some(&Value::Bool(true)),
        "profile": field(snapshot, "profile"),
    })
}

fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
