//! The console: export, import, and other people.

use super::{Case, reason};
use serde_json::{Value, json};
use surefoot::twin::archive::{Contents, Format};
use surefoot::twin::{ImportMethod, Upload};

/// A completed full snapshot of an instance.
fn full_snapshot(case: &mut Case, id: &str) -> String {
    let listed = case.data(&format!("/v1/instances/{id}/snapshots?date=2026-01-20"));
    let full = listed.as_array().unwrap().iter().find(|each| each["exportable"] == true).unwrap();
    full["snapshot_id"].as_str().unwrap().to_owned()
}

#[test]
fn an_export_describes_the_archive_of_its_snapshot() {
    let mut case = Case::new();
    let source = case.source();
    let snapshot = full_snapshot(&mut case, &source);
    let export = case.world.export(&source, &snapshot, case.now).unwrap();
    assert_eq!((export.spec.format, export.spec.size, export.spec.full), (Format::Backup, 40 << 20, true));
    assert_eq!(export.spec.database, "neo4j");
    assert_eq!(export.file_name, "neo4j-2026-01-20T02-47-36.backup");
    assert_eq!(export.spec.contents.instance_id, source);
    let reply = case.person(&format!("/instances/{source}/snapshots/{snapshot}/export"), &json!({}));
    assert_eq!(reply.status, 200);
    let described = reply.value();
    assert_eq!(described["backup_time"], "2026-01-20T02:47:36Z");
    assert_eq!(described["graph"], export.spec.contents.graph);
    assert_eq!((&described["size_bytes"], &described["full"]), (&json!(40 << 20), &json!(true)));
    assert!(case.world.ledger().is_empty(), "an export is a read");
}

#[test]
fn what_is_not_exportable_is_not_exported() {
    let mut case = Case::new();
    let source = case.source();
    let hourly = case.data(&format!("/v1/instances/{source}/snapshots"))[0]["snapshot_id"].as_str().unwrap().to_owned();
    let reply = case.person(&format!("/instances/{source}/snapshots/{hourly}/export"), &json!({}));
    assert_eq!((reply.status, reason(&reply).as_str()), (400, "snapshot-not-exportable"));
    assert_eq!(case.world.export(&source, "x", case.now).unwrap_err().reason, "snapshot-not-found");
    assert_eq!(case.world.export("00000000", "x", case.now).unwrap_err().reason, "db-not-found");
}

#[test]
fn an_import_loads_the_graph_of_the_archive() {
    let mut case = Case::new();
    let source = case.source();
    let snapshot = full_snapshot(&mut case, &source);
    let contents = case.world.export(&source, &snapshot, case.now).unwrap().spec.contents;
    let created = case.created();
    let (id, password) = (created["id"].as_str().unwrap(), created["password"].as_str().unwrap());
    let upload = Upload { way: ImportMethod::Console, size_bytes: 40 << 20, contents: Some(contents) };
    let lines = case.world.import(id, &upload, case.now).unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(case.status(id), "loading");
    assert_eq!(case.query(id, "neo4j", password, "RETURN 1").status, 503);
    case.wait(180);
    assert_eq!(case.status(id), "running");
    let graph = case.state(&source)["graph"].clone();
    assert_eq!(case.state(id)["graph"], graph);
    let last = case.world.ledger().last().unwrap();
    assert_eq!((last.target.as_str(), last.path.as_str()), (id, format!("/instances/{id}/import").as_str()));
}

#[test]
fn an_import_of_something_else_fails_to_load() {
    let strange = Contents { instance_id: "00000000".to_owned(), graph: json!(["not", "a", "graph"]) };
    for contents in [None, Some(strange)] {
        let mut case = Case::new();
        let source = case.source();
        case.world
            .import(&source, &Upload { way: ImportMethod::Console, size_bytes: 9_000, contents }, case.now)
            .unwrap();
        case.wait(180);
        assert_eq!(case.status(&source), "loading failed");
        assert!(case.data(&format!("/v1/instances/{source}"))["connection_url"].is_null());
        let again = Upload { way: ImportMethod::Console, size_bytes: 9_000, contents: None };
        assert!(case.world.import(&source, &again, case.now).is_ok(), "it can be tried again");
    }
}

#[test]
fn an_import_that_cannot_be_is_refused() {
    let mut case = Case::new();
    let (source, paused) = (case.source(), case.paused());
    let upload = |size_bytes| Upload { way: ImportMethod::Console, size_bytes, contents: None };
    assert_eq!(case.world.import(&source, &upload(4_000_000_001), case.now).unwrap_err().status, 413);
    assert_eq!(case.world.import(&paused, &upload(1), case.now).unwrap_err().status, 409);
    assert_eq!(case.world.import("00000000", &upload(1), case.now).unwrap_err().status, 404);
    assert!(case.world.ledger().is_empty());
    let by_tool = Upload { way: ImportMethod::Tool, ..upload(4_000_000_001) };
    case.world.import(&source, &by_tool, case.now).expect("the limit is the console's");
}

#[test]
fn other_people_rename_delete_and_create() {
    let mut case = Case::new();
    let (source, paused) = (case.source(), case.paused());
    assert_eq!(case.person(&format!("/instances/{paused}/rename"), &json!({"name": "theirs"})).status, 202);
    assert_eq!(case.data(&format!("/v1/instances/{paused}"))["name"], "theirs");
    let reply = case.person(&format!("/console/instances/{source}/create"), &json!({}));
    let id = reply.value()["id"].as_str().unwrap().to_owned();
    let twin = case.data(&format!("/v1/instances/{id}"));
    assert_eq!((twin["name"].as_str(), twin["type"].as_str()), (Some("payments-graph"), Some("business-critical")));
    case.world.create_like(&source, "another", case.now).unwrap();
    assert_eq!(case.data("/v1/instances").as_array().unwrap().len(), 5);
    assert_eq!(case.person(&format!("/instances/{source}/delete"), &json!({})).status, 202);
    assert_eq!(case.status(&source), "destroying");
    assert_eq!(case.world.delete(&source, case.now).unwrap_err().status, 409);
    let targets: Vec<_> = case.world.ledger().iter().map(|entry| entry.target.clone()).collect();
    assert_eq!((targets.len(), &targets[1]), (4, &id), "the target of a create is the new instance");
}

#[test]
fn a_writer_moves_the_counts_until_it_is_stopped() {
    let mut case = Case::new();
    let source = case.source();
    let nodes = |case: &mut Case| case.state(&source)["graph"]["labels"]["Payment"].as_u64().unwrap();
    let before = nodes(&mut case);
    case.wait(600);
    assert_eq!(nodes(&mut case), before, "nobody writes unless asked");
    case.person("/writers", &json!({"instance_id": source, "per_minute": 90}));
    case.wait(20);
    assert_eq!(nodes(&mut case), before + 30);
    case.wait(20);
    case.person("/writers", &json!({"instance_id": source, "stop": true}));
    case.wait(600);
    assert_eq!(nodes(&mut case), before + 60);
    assert_eq!(case.person("/writers", &json!({"instance_id": source})).status, 400);
}

#[test]
fn a_writer_of_the_scenario_writes_from_the_start() {
    let mut case = Case::with(|scenario| scenario.instances[0].writes_per_minute = 60);
    let source = case.source();
    let before = case.state(&source)["graph"]["nodes"].as_u64().unwrap();
    case.wait(60);
    assert_eq!(case.state(&source)["graph"]["nodes"].as_u64().unwrap(), before + 60);
    case.post(&format!("/v1/instances/{source}/pause"), &json!({}));
    case.wait(600);
    assert_eq!(case.state(&source)["graph"]["nodes"].as_u64().unwrap(), before + 60, "a paused database takes none");
}

#[test]
fn the_state_tells_digests_and_no_passwords() {
    let mut case = Case::new();
    let source = case.source();
    let (password, state) = (case.password(&source), case.state(&source));
    let digest = surefoot::base::Digest::of(password.as_bytes()).to_string();
    assert_eq!(state["password_sha256"], Value::String(digest));
    assert!(!state.to_string().contains(&password));
}

#[test]
fn wrong_credentials_are_refused_by_the_console_too() {
    let mut case = Case::new();
    let source = case.source();
    let request = surefoot::twin::Request::new("POST", &format!("/instances/{source}/delete"))
        .with_header("authorization", &super::basic("nobody", "nothing"))
        .with_json(&json!({}));
    assert_eq!(case.send(&request).status, 401);
    assert_eq!(case.status(&source), "running");
}
