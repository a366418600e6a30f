//! An instance is overwritten with a snapshot of another one: once, and never again where nobody saw its outcome.

use super::job::Job;
use serde_json::{Value, json};
use std::path::Path;
use surefoot::engine::call::Call;
use surefoot::engine::event::Body;
use surefoot::ops::{Ended, resolve};
use surefoot::twin::{Scenario, World};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/overwrite.yaml");

/// The instance of this name, as the world tells it.
fn named(world: &mut World, name: &str) -> Value {
    let now = world.latest().plus(std::time::Duration::from_secs(1200));
    let state = world.state(now);
    state["instances"].as_array().unwrap().iter().find(|one| one["name"] == *name).unwrap().clone()
}

fn job(faults: &Value) -> Job {
    let text = json!({ "faults": faults }).to_string();
    let scenario = Scenario::from_text(&text).unwrap();
    let start = scenario.start();
    let other = named(&mut World::new(7, scenario, start).unwrap(), "payments-reporting");
    Job::new().scenario(&text).input("source_instance_id", other["id"].as_str().unwrap())
}

fn overwritings(world: &World) -> usize {
    world.ledger().iter().filter(|entry| entry.path.ends_with("/overwrite") && entry.status < 300).count()
}

fn announced(job: &Job) -> usize {
    let is_it = |body: &Body| matches!(body, Body::CallIntended(intent) if intent.call == Call::Overwrite);
    job.bodies().iter().filter(|body| is_it(body)).count()
}

#[track_caller]
fn assert_overwritten(job: &Job, ended: &Ended) {
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let mut world = job.world(ended);
    let source = named(&mut world, "payments-reporting");
    assert_eq!(overwritings(&world), 1);
    assert_eq!(named(&mut world, "payments-graph")["graph"], source["graph"]);
}

#[test]
fn the_target_has_the_data_of_the_source() {
    let job = job(&json!([]));
    let ended = job.run_book(Path::new(RUNBOOK)).unwrap();
    assert_overwritten(&job, &ended);
    let evidence = job.bodies().into_iter().find_map(|body| match body {
        Body::CallIntended(intent) if intent.call == Call::Overwrite => Some(intent.evidence),
        _ => None,
    });
    let names: Vec<_> = evidence.unwrap().into_iter().map(|(name, _)| name).take(4).collect();
    assert_eq!(names, ["config", "backup", "audited", "confirmed"]);
}

#[test]
fn a_lost_response_is_settled_by_the_status() {
    for (kind, arg) in [("drop_response", 0), ("late", 100)] {
        let matched = json!({"method": "POST", "path": "/v1/instances/*/overwrite"});
        let job = job(&json!([{"match": matched, "kind": kind, "arg": arg}]));
        let ended = job.run_book(Path::new(RUNBOOK)).unwrap();
        assert_overwritten(&job, &ended);
        assert_eq!(announced(&job), 1);
    }
}

#[test]
fn a_request_that_left_no_trace_waits_for_a_person() {
    let matched = json!({"method": "POST", "path": "/v1/instances/*/overwrite"});
    let job = job(&json!([{"match": matched, "kind": "drop_request"}]));
    let ended = job.run_book(Path::new(RUNBOOK)).unwrap();
    assert_eq!((ended.exit, announced(&job), overwritings(&job.world(&ended))), (9, 1, 0));
    // Nobody resolves it: nothing is sent.
    let ended = job.resume().unwrap();
    assert_eq!((ended.exit, announced(&job), overwritings(&job.world(&ended))), (9, 1, 0));
    let run = ended.run_dir.file_name().unwrap().to_str().unwrap().to_owned();
    resolve(&job.place(), &run, "overwrite", false, "it is as it was").unwrap();
    // A twin that is started anew has its faults again, so the second request is lost as well; there is no third.
    let ended = job.resume().unwrap();
    assert_eq!((ended.exit, announced(&job), overwritings(&job.world(&ended))), (9, 2, 0));
}
