//! The migration to VDC, from the first read to the last comparison.

mod backup;
mod job;
mod labels;
mod mishaps;
mod naming;
mod net;
mod overwriting;
mod password_file;
mod rotation;
mod stale;
mod subjects;
mod switching;

use job::{Job, deletions, new_instances};
use serde_json::json;
use surefoot::engine::call::Call;
use surefoot::engine::event::Body;
use surefoot::ops::RunError;

#[test]
fn it_replaces_the_instance_and_nothing_else() {
    let job = Job::new();
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(ended.summary["orphans"], json!(0));
    let mut world = job.world(&ended);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    assert_eq!(deletions(&world, &source), 1);
    let new = new_instances(&mut world);
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0]["type"], "enterprise-db");
    assert_eq!(new[0]["id"], ended.summary["outputs"]["new_instance_id"]);
    for name in ["journal.000001.jsonl", "summary.txt", "instance-config.json", "new-instance-config.json", "diff.txt"]
    {
        assert!(ended.audit_dir.join(name).is_file(), "{name} is missing in the trail");
    }
    let journal = std::fs::read(ended.run_dir.join("journal.000001.jsonl")).unwrap();
    assert_eq!(journal, std::fs::read(ended.audit_dir.join("journal.000001.jsonl")).unwrap());
}

#[test]
fn a_backup_that_is_too_large_for_the_console_is_uploaded_with_the_tool() {
    let job = Job::new().scenario(r#"{"import_limit": "1KiB"}"#);
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let world = job.world(&ended);
    let paths: Vec<_> = world.ledger().iter().map(|entry| entry.path.rsplit('/').next().unwrap()).collect();
    assert!(paths.contains(&"upload") && !paths.contains(&"import"), "{paths:?}");
}

#[test]
fn a_lost_create_response_costs_one_empty_instance_and_leaves_no_orphan() {
    let job = Job::new()
        .scenario(r#"{"faults": [{"match": {"method": "POST", "path": "/v1/instances"}, "kind": "drop_response"}]}"#);
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(ended.summary["orphans"], json!(0));
    let mut world = job.world(&ended);
    assert_eq!(new_instances(&mut world).len(), 1);
    let creates = world.ledger().iter().filter(|entry| entry.method == "POST" && entry.path == "/v1/instances");
    assert_eq!(creates.count(), 2, "the lost one and the one that counts");
    assert!(job.records().contains(&"secret.lost"));
}

#[test]
fn a_lost_password_is_asked_about_where_the_runbook_says_so() {
    let job = Job::new()
        .scenario(r#"{"faults": [{"match": {"method": "POST", "path": "/v1/instances"}, "kind": "drop_response"}]}"#);
    let text = std::fs::read_to_string(job::RUNBOOK).unwrap();
    let (before, after) = text.split_once("      password_file:").unwrap();
    let runbook = job.path("asking.yaml");
    std::fs::write(&runbook, format!("{before}      on_lost_secret: ask\n      password_file:{after}")).unwrap();
    let ended = job.run_book(&runbook).unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(new_instances(&mut job.world(&ended)).len(), 1);
    let bodies = job.bodies();
    let answered = bodies.iter().position(
        |body| matches!(body, Body::QuestionAnswered { step, answer } if step == "recreate" && answer.text == "replace"),
    );
    let lost = bodies.iter().position(|body| matches!(body, Body::SecretLost { .. }));
    let deleted = bodies.iter().position(|body| matches!(body, Body::CallIntended(one) if one.call == Call::Replace));
    assert!(lost.is_some() && lost < answered && answered < deleted, "{lost:?} {answered:?} {deleted:?}");
}

#[test]
fn a_create_request_that_arrives_late_leaves_no_orphan() {
    for seconds in [20, 100] {
        let fault = json!({"match": {"method": "POST", "path": "/v1/instances"}, "kind": "late", "arg": seconds});
        let job = Job::new().scenario(&json!({"faults": [fault]}).to_string());
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
        assert_eq!(ended.summary["orphans"], json!(0));
        assert_eq!(new_instances(&mut job.world(&ended)).len(), 1);
    }
}

#[test]
fn a_lost_delete_response_is_settled_by_looking() {
    let job = Job::new().scenario(
        r#"{"faults": [{"match": {"method": "DELETE", "path": "/v1/instances/*"}, "kind": "drop_response"}]}"#,
    );
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let world = job.world(&ended);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    assert_eq!(deletions(&world, &source), 1);
}

#[test]
fn what_is_gone_may_be_answered_with_410() {
    let delete = json!({"match": {"method": "DELETE", "path": "/v1/instances/*"}, "kind": "drop_response"});
    for faults in [json!([]), json!([delete])] {
        let job = Job::new().scenario(&json!({"gone_status": 410, "faults": faults}).to_string());
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
        assert_eq!(new_instances(&mut job.world(&ended)).len(), 1);
    }
}

#[test]
fn faults_in_every_write_and_many_reads_do_not_change_the_end() {
    let faults = json!([
        {"match": {"method": "POST", "path": "/v1/instances/*/snapshots"}, "kind": "drop_response"},
        {"match": {"method": "PATCH", "path": "/v1/instances/*"}, "kind": "reset"},
        {"match": {"method": "POST", "path": "/v1/instances"}, "kind": "status", "arg": 503},
        {"match": {"method": "DELETE", "path": "/v1/instances/*"}, "kind": "drop_request"},
        {"match": {"method": "GET", "path": "/v1/instances/*"}, "kind": "status", "arg": 502, "count": 6},
        {"match": {"method": "GET", "path": "/v1/tenants*"}, "kind": "truncate", "arg": 10, "count": 2},
    ]);
    let job = Job::new().scenario(&json!({"faults": faults}).to_string());
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let mut world = job.world(&ended);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    assert_eq!(deletions(&world, &source), 1);
    assert_eq!(new_instances(&mut world).len(), 1);
}

#[test]
fn the_script_imports_as_soon_as_the_instance_is_free() {
    let import = json!({"method": "POST", "path": "/console/instances/*/import"});
    let fault = json!({"match": import, "kind": "status", "arg": 409, "count": 3});
    let job = Job::new().scenario(&json!({"faults": [fault]}).to_string());
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
}

#[test]
fn the_latest_snapshot_serves_where_it_is_asked_for() {
    let job = Job::new().input("snapshot", "latest");
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let bodies = job.bodies();
    let skipped = bodies.iter().any(|body| matches!(body, Body::StepSkipped { step, .. } if step == "snapshot"));
    assert!(skipped, "a fresh snapshot was taken");
}

#[test]
fn inputs_that_do_not_fit_are_all_named_and_nothing_is_begun() {
    let job = Job::new().input("instance_id", "NOPE").input("restore", "floppy").input("colour", "red");
    let Err(RunError::Diagnostics(diagnostics)) = job.run() else { panic!("it began") };
    let text = diagnostics.render(false);
    for word in ["instance_id", "restore", "colour"] {
        assert!(text.contains(word), "{word} is not named:\n{text}");
    }
    assert!(!job.path("state").join("runs").exists());
}

#[test]
fn nothing_of_a_secret_stands_in_the_run_or_the_trail() {
    let job = Job::new();
    let ended = job.run().unwrap();
    let world = job.world(&ended);
    let mut canaries: Vec<String> =
        world.instances_with_passwords().iter().map(|one| one.password.expose().clone()).collect();
    canaries.push(world.client_secret().expose().clone());
    for folder in [&ended.run_dir, &ended.audit_dir] {
        for path in files(folder) {
            if path.ends_with("new-instance.env") {
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            for canary in &canaries {
                assert!(!text.contains(canary.as_str()), "a secret stands in {}", path.display());
            }
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}
