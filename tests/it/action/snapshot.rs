//! `aura.snapshot.*`.

use super::setup::{Setup, assert_declared, done, failure, found, settled};
use serde_json::json;
use std::time::Duration;
use surefoot::base::{Secret, Timestamp, Value};
use surefoot::engine::call::{Call, ErrorClass, Outcome};
use surefoot::port::Response;

/// The API with these snapshots, each `(id, timestamp, status, exportable)`, listed by their day.
fn listing(setup: &Setup, snapshots: &[(&str, &str, &str, bool)]) {
    let all: Vec<Value> = snapshots
        .iter()
        .map(|(id, at, status, exportable)| {
            json!({"snapshot_id": id, "timestamp": at, "status": status, "exportable": exportable, "profile": "Scheduled"})
        })
        .collect();
    setup.over(move |request| {
        let (_, date) = request.url.split_once("/snapshots?date=")?;
        let of_day: Vec<&Value> =
            all.iter().filter(|one| one["timestamp"].as_str().unwrap().starts_with(date)).collect();
        let body = json!({"data": of_day}).to_string().into_bytes();
        Some(Ok(Response { status: 200, headers: Vec::new(), body: Secret::new(body) }))
    });
}

fn latest(setup: &Setup, more: &Value) -> surefoot::engine::call::Reply {
    let mut with = json!({"instance_id": setup.source});
    for (name, value) in more.as_object().unwrap() {
        with[name] = value.clone();
    }
    setup.read("aura.snapshot.latest", Call::Read, with, Value::Null)
}

#[test]
fn latest_snapshot_is_found_across_midnight() {
    let setup = Setup::new();
    let snapshots = [
        ("old", "2026-01-17T10:00:00Z", "Completed", true),
        ("hourly", "2026-01-19T23:47:00Z", "Completed", false),
        ("full", "2026-01-19T23:30:00.123456Z", "Completed", true),
        ("earlier", "2026-01-19T11:30:00Z", "Completed", true),
        ("running", "2026-01-19T23:59:00Z", "InProgress", true),
        ("failed", "2026-01-19T23:58:00Z", "Failed", true),
    ];
    listing(&setup, &snapshots);
    // Five minutes before midnight, and five minutes past it.
    for (now, gap) in [("2026-01-19T23:55:00Z", 25), ("2026-01-20T00:05:00Z", 35)] {
        setup.clock.set(now.parse::<Timestamp>().unwrap());
        let output = done(latest(&setup, &json!({})));
        assert_declared("aura.snapshot.latest", &output);
        assert_eq!((&output["snapshot_id"], &output["gap_minutes"]), (&json!("full"), &json!(gap)));
        let output = done(latest(&setup, &json!({"exportable": false})));
        assert_eq!((&output["snapshot_id"], &output["exportable"]), (&json!("hourly"), &json!(false)));
    }
    // The service's clock is ahead of ours: its day is our tomorrow.
    setup.clock.set("2026-01-20T23:59:59Z".parse().unwrap());
    listing(&setup, &[("ahead", "2026-01-21T00:00:01Z", "Completed", true)]);
    assert_eq!(done(latest(&setup, &json!({})))["gap_minutes"], json!(0));
}

#[test]
fn no_snapshot_in_the_days_is_a_failure() {
    let setup = Setup::new();
    setup.clock.set("2026-01-20T12:00:00Z".parse().unwrap());
    listing(&setup, &[("old", "2026-01-17T10:00:00Z", "Completed", true)]);
    setup.requests();
    let error = failure(latest(&setup, &json!({"days": 3})));
    assert_eq!(error.class, ErrorClass::Check);
    let dates: Vec<String> =
        setup.requests().iter().filter_map(|line| Some(line.split_once("date=")?.1.to_owned())).collect();
    assert_eq!(dates, ["2026-01-21", "2026-01-20", "2026-01-19", "2026-01-18"]);
    assert_eq!(done(latest(&setup, &json!({"days": 4})))["snapshot_id"], json!("old"));
}

#[test]
fn snapshot_is_taken_settled_and_awaited() {
    let setup = Setup::new();
    let with = json!({"instance_id": setup.source});
    setup.clock.advance(Duration::from_secs(300));
    let before = found(setup.read("aura.snapshot.create", Call::Baseline, with.clone(), Value::Null));
    assert!(before["date"].as_str().unwrap().starts_with("2026-01-20T22:05"), "{before}");
    let (outcome, output) = settled(setup.effect("aura.snapshot.create", Call::Create, with.clone(), Value::Null));
    assert_eq!(outcome, Outcome::Accepted);
    let id = output["snapshot_id"].clone();
    let after = found(setup.read("aura.snapshot.create", Call::Settle, with, Value::Null));
    assert_eq!(after["complete"], json!(true));
    let new: Vec<&Value> = after["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| !before["ids"].as_array().unwrap().contains(&one["snapshot_id"]))
        .collect();
    assert_eq!((new.len(), &new[0]["snapshot_id"], &new[0]["profile"]), (1, &id, &json!("AdHoc")));
    let look = || {
        let with = json!({"instance_id": setup.source, "snapshot_id": id});
        found(setup.read("aura.snapshot.await", Call::Poll, with, Value::Null))
    };
    assert_eq!((&look()["exportable"], look()["status"] == json!("Completed")), (&json!(false), false));
    setup.clock.advance(Duration::from_secs(600));
    let ready = look();
    assert_eq!((&ready["status"], &ready["exportable"]), (&json!("Completed"), &json!(true)));
}

#[test]
fn second_snapshot_at_a_time_is_refused() {
    let setup = Setup::new();
    setup.clock.advance(Duration::from_secs(300));
    let take = || setup.effect("aura.snapshot.create", Call::Create, json!({"instance_id": setup.source}), Value::Null);
    assert_eq!(settled(take()).0, Outcome::Accepted);
    let error = failure(take());
    assert_eq!((error.class, error.reason.as_str()), (ErrorClass::Busy, "snapshot-not-allowed"));
}
