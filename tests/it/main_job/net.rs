//! A service that repeats a secret in a field that is recorded: the record is refused, and the process ends.

use super::files;
use super::job::Job;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use surefoot::ops::{Failure, FailureKind, RunError};
use surefoot::twin::{Scenario, World};

/// A world in which every look at the source names it so.
fn scenario(id: &str, name: &str) -> String {
    let body = json!({"data": {
        "cloud_provider": "aws", "connection_url": format!("neo4j+s://{id}.databases.neo4j.io"), "id": id,
        "name": name, "region": "eu-west-1", "status": "running", "tenant_id": "t", "type": "enterprise-db",
    }});
    let fault = json!({"match": {"method": "GET", "path": format!("/v1/instances/{id}")}, "kind": "status",
        "arg": {"status": 200, "body": body}, "count": 100});
    json!({"faults": [fault]}).to_string()
}

#[track_caller]
fn caught(failure: &Failure, form: &str) {
    assert_eq!((failure.kind, failure.kind.exit_code()), (FailureKind::Person, 4), "{failure:?}");
    let told = failure.hints.join(" ");
    let place = format!("`name` of step.succeeded of step `capture` holds a secret as {form}");
    assert!(told.contains(&place), "{told}");
}

#[test]
fn a_secret_that_a_service_repeats_is_refused_by_the_journal() {
    let source = World::new(7, Scenario::default(), Scenario::default().start()).unwrap();
    let source = source.instances_with_passwords().remove(0);
    let password = source.password.expose();
    for (form, name) in
        [("plain text", format!("so {password}")), ("base64", STANDARD.encode(format!("neo4j:{password}")))]
    {
        // A twin that runs all the time keeps its scenario to itself.
        let job = Job::new().scenario(&scenario(&source.id, &name)).lasting();
        let Err(RunError::Failure(failure)) = job.run() else { panic!("it was recorded") };
        caught(&failure, form);
        assert!(!format!("{failure:?}").contains(password.as_str()) && !format!("{failure:?}").contains(&name));
        caught(&job.resume().unwrap_err(), form);
        for path in files(&job.path("state")).into_iter().chain(files(&job.path("audit"))) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(&name), "a secret stands in {}", path.display());
        }
    }
}
