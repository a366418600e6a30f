//! Snapshots: on demand, by schedule, by day.

use super::{Case, keys, reason};
use serde_json::{Value, json};

fn day(case: &mut Case, id: &str, date: &str) -> Vec<Value> {
    case.data(&format!("/v1/instances/{id}/snapshots?date={date}")).as_array().unwrap().clone()
}

#[test]
fn a_snapshot_on_demand_becomes_exportable_when_it_is_completed() {
    let mut case = Case::new();
    let path = format!("/v1/instances/{}/snapshots", case.source());
    let reply = case.post(&path, &json!({}));
    assert_eq!((reply.status, keys(&reply.value()["data"])), (202, vec!["snapshot_id".to_owned()]));
    let id = reply.value()["data"]["snapshot_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    let steps = [(0, "Pending", false), (10, "InProgress", false), (109, "InProgress", false), (1, "Completed", true)];
    for (secs, status, exportable) in steps {
        case.wait(secs);
        let found = case.data(&format!("{path}/{id}"));
        let expected = json!({
            "exportable": exportable, "instance_id": case.source(), "profile": "AdHoc", "snapshot_id": id,
            "status": status, "timestamp": "2026-01-20T22:00:00Z",
        });
        assert_eq!(found, expected);
        assert_eq!(case.data(&path)[0], expected, "newest first");
    }
}

#[test]
fn one_snapshot_is_taken_at_a_time() {
    let mut case = Case::new();
    let path = format!("/v1/instances/{}/snapshots", case.source());
    assert_eq!(case.post(&path, &json!({})).status, 202);
    let second = case.post(&path, &json!({}));
    assert_eq!((second.status, reason(&second).as_str()), (409, "snapshot-not-allowed"));
    case.wait(120);
    assert_eq!(case.post(&path, &json!({})).status, 202);
}

#[test]
fn a_new_instance_is_backed_up_at_once() {
    let mut case = Case::new();
    let recipe = case.recipe();
    let id = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/instances/{id}/snapshots");
    assert_eq!(reason(&case.post(&path, &json!({}))), "ongoing-database-operation");
    case.wait(240);
    assert_eq!(reason(&case.post(&path, &json!({}))), "snapshot-not-allowed");
    let first = case.data(&path)[0].clone();
    assert_eq!((first["profile"].as_str(), first["exportable"].as_bool()), (Some("Scheduled"), Some(false)));
    case.wait(120);
    assert_eq!(case.data(&path)[0]["exportable"], true);
    assert_eq!(case.post(&path, &json!({})).status, 202);
}

#[test]
fn a_large_tier_has_hourly_snapshots_of_which_one_a_day_is_full() {
    let mut case = Case::new();
    let source = case.source();
    let before = day(&mut case, &source, "2026-01-19");
    assert_eq!(before.len(), 24);
    let full: Vec<_> = before.iter().filter(|each| each["exportable"] == true).collect();
    assert_eq!(full.len(), 1);
    assert_eq!(full[0]["timestamp"], "2026-01-19T02:47:32Z");
    assert!(before.iter().all(|each| each["profile"] == "Scheduled" && each["status"] == "Completed"));
    let today = day(&mut case, &source, "2026-01-20");
    assert_eq!(today.len(), 22);
    assert_eq!(today[0]["timestamp"], "2026-01-20T21:47:32Z", "newest first");
}

#[test]
fn a_small_tier_has_one_snapshot_a_day_and_a_paused_instance_none() {
    let mut case = Case::new();
    let paused = case.paused();
    assert_eq!(day(&mut case, &paused, "2026-01-18").len(), 1);
    assert_eq!(day(&mut case, &paused, "2026-01-20").len(), 0);
    case.wait(24 * 3_600);
    assert_eq!(day(&mut case, &paused, "2026-01-21").len(), 0);
}

#[test]
fn a_list_without_a_date_is_of_today_in_utc() {
    let mut case = Case::new();
    let source = case.source();
    let path = format!("/v1/instances/{source}/snapshots");
    case.wait(7_199);
    let late = case.post(&path, &json!({})).value()["data"]["snapshot_id"].clone();
    assert_eq!(case.data(&path)[0]["timestamp"], "2026-01-20T23:59:59Z");
    case.wait(1);
    assert_eq!(case.data(&path), json!([]), "just after midnight today is empty");
    assert_eq!(day(&mut case, &source, "2026-01-20")[0]["snapshot_id"], late);
    assert!(day(&mut case, &source, "2026-01-22").is_empty());
    case.wait(3_600);
    assert_eq!(case.data(&path)[0]["timestamp"], "2026-01-21T00:47:32Z");
}

#[test]
fn a_restore_brings_back_what_the_snapshot_held() {
    let mut case = Case::new();
    let source = case.source();
    let path = format!("/v1/instances/{source}/snapshots");
    let before = case.state(&source)["graph"].clone();
    let snapshot = case.post(&path, &json!({})).value()["data"]["snapshot_id"].as_str().unwrap().to_owned();
    assert_eq!(case.post(&format!("{path}/{snapshot}/restore"), &json!({})).status, 409, "not completed");
    case.wait(120);
    case.person("/writers", &json!({"instance_id": source, "nodes": {"Payment": 5}, "relationships": {"TO": 2}}));
    let written = case.state(&source)["graph"].clone();
    assert_eq!(written["nodes"].as_u64().unwrap(), before["nodes"].as_u64().unwrap() + 5);
    let reply = case.post(&format!("{path}/{snapshot}/restore"), &json!({}));
    assert_eq!((reply.status, reply.value()["data"]["status"].as_str()), (202, Some("restoring")));
    case.wait(180);
    assert_eq!(case.status(&source), "running");
    assert_eq!(case.state(&source)["graph"], before);
}
