//! The status machine: what time does, and which states refuse what.

use super::{Case, reason};
use serde_json::{Value, json};
use surefoot::twin::Request;

/// After how many more seconds which status, and whether there is a connection address.
type Step = (u64, &'static str, bool);

#[test]
fn operations_go_through_their_statuses() {
    let table: Vec<(&str, &str, Value, &[Step])> = vec![
        ("POST", "pause", json!({}), &[(0, "pausing", false), (119, "pausing", false), (1, "paused", false)]),
        (
            "PATCH",
            "",
            json!({"memory": "16GB"}),
            &[(0, "updating", true), (59, "updating", true), (1, "running", true)],
        ),
        ("PATCH", "", json!({"secondaries_count": 2}), &[(0, "updating", true), (60, "running", true)]),
        ("PATCH", "", json!({"memory": "8GB", "name": "n"}), &[(0, "running", true)]),
        ("PATCH", "", json!({"vector_optimized": "true"}), &[(0, "updating", true), (60, "running", true)]),
    ];
    for (method, verb, body, steps) in table {
        let mut case = Case::new();
        let source = case.source();
        let path = format!("/v1/instances/{source}/{verb}");
        let reply = case.api(method, path.trim_end_matches('/'), Some(&body));
        assert_eq!(reply.status, 202, "{body}: {}", reply.value());
        assert_eq!(reply.value()["data"]["status"], steps[0].1);
        for (secs, status, reachable) in steps {
            case.wait(*secs);
            let full = case.data(&format!("/v1/instances/{source}"));
            assert_eq!(full["status"], *status, "{body}");
            assert_eq!(full["connection_url"].is_string(), *reachable, "{body}");
        }
    }
}

#[test]
fn a_resize_takes_effect_when_it_ends_and_storage_follows() {
    let mut case = Case::new();
    let source = case.source();
    case.api(
        "PATCH",
        &format!("/v1/instances/{source}"),
        Some(&json!({"memory": "32G", "cdc_enrichment_mode": "FULL"})),
    );
    assert_eq!(case.data(&format!("/v1/instances/{source}"))["memory"], "8GB");
    case.wait(60);
    let full = case.data(&format!("/v1/instances/{source}"));
    assert_eq!((full["memory"].as_str(), full["storage"].as_str()), (Some("32GB"), Some("64GB")));
    assert_eq!(full["cdc_enrichment_mode"], "FULL");
}

#[test]
fn a_deleted_instance_is_destroying_and_then_gone() {
    let mut case = Case::new();
    let source = case.source();
    let path = format!("/v1/instances/{source}");
    let reply = case.api("DELETE", &path, None);
    assert_eq!((reply.status, reply.value()["data"]["status"].as_str()), (202, Some("destroying")));
    assert!(reply.value()["data"].get("memory").is_none());
    assert_eq!(reason(&case.api("DELETE", &path, None)), "ongoing-database-operation");
    case.wait(89);
    assert_eq!(case.status(&source), "destroying");
    assert_eq!(case.data("/v1/instances").as_array().unwrap().len(), 3);
    case.wait(1);
    let reply = case.get(&path);
    assert_eq!((reply.status, reason(&reply).as_str()), (404, "db-not-found"));
    assert_eq!(case.api("DELETE", &path, None).status, 404);
    assert_eq!(case.get(&format!("{path}/snapshots")).status, 404, "its snapshots are gone with it");
    assert_eq!(case.data("/v1/instances").as_array().unwrap().len(), 2);
    assert_eq!(case.state(&source)["status"], "deleted");
    let deletes = case.world.ledger().iter().filter(|entry| entry.method == "DELETE").count();
    assert_eq!(deletes, 1, "only accepted writes stand in the ledger");
}

#[test]
fn what_is_gone_is_answered_as_the_scenario_says() {
    let mut case = Case::with(|scenario| scenario.gone_status = 410);
    let source = case.source();
    let path = format!("/v1/instances/{source}");
    assert_eq!(case.api("DELETE", &path, None).status, 202);
    case.wait(90);
    for path in [path.clone(), format!("{path}/snapshots")] {
        let reply = case.get(&path);
        assert_eq!((reply.status, reason(&reply).as_str()), (410, "db-not-found"));
    }
    assert_eq!(case.api("DELETE", &path, None).status, 410);
    assert_eq!(case.get("/v1/instances/00000000").status, 404, "what never was is not gone");
}

#[test]
fn a_created_instance_runs_after_its_time() {
    let mut case = Case::new();
    let recipe = case.recipe();
    let id = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(case.status(&id), "creating");
    assert!(case.data(&format!("/v1/instances/{id}"))["connection_url"].is_null());
    case.wait(239);
    assert_eq!(case.status(&id), "creating");
    case.wait(1);
    assert_eq!(case.status(&id), "running");
}

#[test]
fn a_clone_is_loaded_with_what_its_source_held() {
    let mut case = Case::new();
    let source = case.source();
    let today = case.data(&format!("/v1/instances/{source}/snapshots"));
    let list = today.as_array().unwrap();
    let full = list.iter().find(|each| each["exportable"] == true).unwrap()["snapshot_id"].clone();
    let hourly = list.iter().find(|each| each["exportable"] == false).unwrap()["snapshot_id"].clone();
    let mut recipe = case.recipe();
    recipe["source_instance_id"] = json!(source);
    recipe["source_snapshot_id"] = hourly;
    let refused = case.post("/v1/instances", &recipe);
    assert_eq!(refused.status, 400);
    assert!(refused.value()["errors"][0]["message"].as_str().unwrap().ends_with("is not exportable"));
    recipe["source_snapshot_id"] = full;
    let id = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    case.wait(241);
    assert_eq!(case.status(&id), "loading");
    case.wait(180);
    assert_eq!(case.status(&id), "running");
    let expected = case.state(&source)["graph"].clone();
    assert_eq!(case.state(&id)["graph"], expected);
}

/// A world in which the source is in a state, and its id.
fn in_state(state: &str) -> (Case, String) {
    let mut case = Case::new();
    let mut id = case.source();
    let (pause, resume) = (format!("/v1/instances/{id}/pause"), format!("/v1/instances/{id}/resume"));
    let path = format!("/v1/instances/{id}");
    match state {
        "running" => {}
        "pausing" => assert_eq!(case.post(&pause, &json!({})).status, 202),
        "paused" | "resuming" => {
            case.post(&pause, &json!({}));
            case.wait(120);
            if state == "resuming" {
                assert_eq!(case.post(&resume, &json!({})).status, 202);
            }
        }
        "updating" => assert_eq!(case.api("PATCH", &path, Some(&json!({"memory": "16GB"}))).status, 202),
        "destroying" => assert_eq!(case.api("DELETE", &path, None).status, 202),
        "creating" => {
            let recipe = case.recipe();
            case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().clone_into(&mut id);
        }
        "loading" | "loading failed" => {
            let broken = json!({"size_bytes": 12, "contents": null});
            assert_eq!(case.person(&format!("/instances/{id}/import"), &broken).status, 202);
            if state == "loading failed" {
                case.wait(180);
            }
        }
        "restoring" => {
            let snapshot = case.data(&format!("{path}/snapshots"))[0]["snapshot_id"].as_str().unwrap().to_owned();
            assert_eq!(case.post(&format!("{path}/snapshots/{snapshot}/restore"), &json!({})).status, 202);
        }
        "overwriting" => {
            let body = json!({"source_instance_id": id});
            assert_eq!(case.post(&format!("{path}/overwrite"), &body).status, 202);
        }
        other => assert_eq!(other, "a state of this table"),
    }
    let found = case.status(&id);
    assert_eq!(found, state);
    (case, id)
}

#[test]
fn the_wrong_state_matrix_holds() {
    let busy = "ongoing-database-operation";
    let wrong = "instance-action-unavailable";
    // Columns: pause, resume, PATCH memory, PATCH name, snapshot, restore, overwrite, delete; "" is accepted.
    let table: [(&str, [&str; 8]); 11] = [
        ("running", ["", wrong, "", "", "", "", "", ""]),
        ("paused", [wrong, "", wrong, "", wrong, wrong, wrong, ""]),
        ("loading failed", [wrong, wrong, wrong, "", wrong, "", "", ""]),
        ("creating", [busy, busy, busy, busy, busy, "none", busy, busy]),
        ("pausing", [busy; 8]),
        ("resuming", [busy; 8]),
        ("updating", [busy; 8]),
        ("loading", [busy; 8]),
        ("restoring", [busy; 8]),
        ("overwriting", [busy; 8]),
        ("destroying", [busy; 8]),
    ];
    for (state, expected) in table {
        let actions = [
            ("POST", "/pause".to_owned(), json!({})),
            ("POST", "/resume".to_owned(), json!({})),
            ("PATCH", String::new(), json!({"memory": "4GB"})),
            ("PATCH", String::new(), json!({"name": "other"})),
            ("POST", "/snapshots".to_owned(), json!({})),
            ("POST", "/snapshots/LAST/restore".to_owned(), json!({})),
            ("POST", "/overwrite".to_owned(), json!({"source_instance_id": "itself"})),
            ("DELETE", String::new(), Value::Null),
        ];
        for ((method, verb, body), expected) in actions.into_iter().zip(expected) {
            if expected == "none" {
                continue;
            }
            let (mut case, id) = in_state(state);
            let taken = case.data(&format!("/v1/instances/{id}/snapshots"));
            let verb = verb.replace("LAST", taken[0]["snapshot_id"].as_str().unwrap_or_default());
            let body = match &body {
                Value::Null => None,
                Value::Object(map) if map.contains_key("source_instance_id") => Some(json!({"source_instance_id": id})),
                other => Some(other.clone()),
            };
            let reply = case.api(method, &format!("/v1/instances/{id}{verb}"), body.as_ref());
            assert_eq!(reason(&reply), expected, "{state}: {method} {verb} {body:?}");
            assert_eq!(reply.status >= 400, !expected.is_empty(), "{state}: {method} {verb}");
            if !expected.is_empty() {
                assert_eq!(reply.status, 409, "{state}: {method} {verb}");
            }
        }
    }
}

#[test]
fn tiers_refuse_what_they_do_not_know() {
    let mut case = Case::with(|scenario| {
        scenario.instances[1].paused = false;
        scenario.instances[2].kind = "free-db".to_owned();
    });
    let listed = case.data("/v1/instances");
    let small = super::find(&listed, "payments-reporting")["id"].as_str().unwrap().to_owned();
    let free =
        listed.as_array().unwrap().iter().find(|each| each["name"] == "payments-graph" && each["id"] != case.source());
    let free = free.unwrap()["id"].as_str().unwrap().to_owned();
    let source = case.source();
    let cdc = case.api("PATCH", &format!("/v1/instances/{small}"), Some(&json!({"cdc_enrichment_mode": "FULL"})));
    assert_eq!((cdc.status, reason(&cdc).as_str()), (400, "database-incapable-of-action"));
    let pause = case.post(&format!("/v1/instances/{free}/pause"), &json!({}));
    assert_eq!((pause.status, reason(&pause).as_str()), (400, "database-incapable-of-action"));
    let over = json!({"source_instance_id": source});
    assert_eq!(case.post(&format!("/v1/instances/{free}/overwrite"), &over).status, 420);
    let disparity = case.post(&format!("/v1/instances/{small}/overwrite"), &over);
    assert_eq!(disparity.status, 500);
    assert!(disparity.value()["errors"][0]["message"].as_str().unwrap().contains("into smaller database"));
    assert!(case.data(&format!("/v1/instances/{free}")).get("storage").is_none());
    assert!(case.data(&format!("/v1/instances/{small}")).get("secondaries_count").is_none());
    assert_eq!(case.post(&format!("/v1/instances/{source}/upgrade"), &json!({})).status, 409);
    let upgraded = case.post(&format!("/v1/instances/{small}/upgrade"), &json!({}));
    assert_eq!((upgraded.status, upgraded.value()["data"]["type"].as_str()), (200, Some("business-critical")));
}

#[test]
fn time_never_goes_back() {
    let mut case = Case::new();
    let source = case.source();
    case.post(&format!("/v1/instances/{source}/pause"), &json!({}));
    case.wait(120);
    assert_eq!(case.status(&source), "paused");
    case.now = case.now.minus(std::time::Duration::from_mins(1));
    assert_eq!(case.status(&source), "paused");
    let request = Request::new("GET", "/_twin/state");
    assert_eq!(case.send(&request).value()["now"], case.world.latest().to_string());
}
