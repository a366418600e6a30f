//! An instance is paused and resumed: each is asked for once, whatever becomes of the answers.

use super::job::Job;
use serde_json::{Value, json};
use std::path::Path;
use surefoot::engine::call::Outcome;
use surefoot::engine::event::Body;

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/pause-and-resume.yaml");

/// Runs it in a world with these faults; gives the paths of the writes that the service accepted, and all records.
fn run(faults: &[Value]) -> (Vec<String>, Vec<Body>) {
    let job = Job::new().scenario(&json!({"faults": faults}).to_string());
    let ended = job.run_book(Path::new(RUNBOOK)).unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(ended.summary["outputs"]["status"], json!("running"));
    let mut world = job.world(&ended);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    let now = world.latest().plus(std::time::Duration::from_secs(600));
    let state = world.state(now);
    let here = state["instances"].as_array().unwrap().iter().find(|one| one["id"] == *source).unwrap();
    assert_eq!(here["status"], "running");
    let accepted = world.ledger().iter().filter(|entry| entry.status < 300 && entry.target == source);
    let accepted = accepted.filter_map(|entry| entry.path.rsplit('/').next().map(str::to_owned)).collect();
    (accepted, job.bodies())
}

fn outcomes(bodies: &[Body]) -> Vec<Outcome> {
    let settled = bodies.iter().filter_map(|body| match body {
        Body::CallSettled(settled) => Some(settled.outcome),
        _ => None,
    });
    settled.collect()
}

fn fault(call: &str, kind: &str, arg: u64) -> Value {
    json!({"match": {"method": "POST", "path": format!("/v1/instances/*/{call}")}, "kind": kind, "arg": arg})
}

#[test]
fn an_instance_is_paused_and_resumed() {
    let (accepted, bodies) = run(&[]);
    assert_eq!(accepted, ["pause", "resume"]);
    assert_eq!(outcomes(&bodies), [Outcome::Accepted, Outcome::Accepted]);
}

#[test]
fn a_lost_response_is_settled_by_the_status() {
    let (accepted, bodies) = run(&[fault("pause", "drop_response", 0), fault("resume", "truncate", 9)]);
    assert_eq!(accepted, ["pause", "resume"]);
    assert_eq!(outcomes(&bodies), [Outcome::Unknown, Outcome::Unknown]);
}

#[test]
fn a_request_that_never_arrives_is_sent_again() {
    let (accepted, bodies) = run(&[fault("pause", "drop_request", 0), fault("resume", "reset", 0)]);
    assert_eq!(accepted, ["pause", "resume"]);
    assert_eq!(outcomes(&bodies).iter().filter(|outcome| **outcome == Outcome::Unknown).count(), 2);
}

#[test]
fn a_request_that_arrives_late_is_waited_for() {
    let (accepted, bodies) = run(&[fault("pause", "late", 100), fault("resume", "late", 170)]);
    assert_eq!(accepted, ["pause", "resume"]);
    assert_eq!(outcomes(&bodies), [Outcome::Unknown, Outcome::Unknown]);
}
