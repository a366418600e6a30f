//! The migration with another password at its end: the one that came with the instance opens nothing any more.

use super::files;
use super::job::{Job, new_instances};
use base64::Engine as _;
use serde_json::{Value, json};
use surefoot::base::Digest;
use surefoot::engine::call::{Call, Outcome};
use surefoot::engine::event::Body;
use surefoot::ops::Ended;
use surefoot::twin::{Request, World};

/// The request that changes the password meets this.
fn rotating(kind: &str, arg: &Value) -> Job {
    // The first request to `system` asks which databases there are; where they are named, nobody asks again.
    let fault =
        json!({"match": {"method": "POST", "path": "*/db/system/query/v2"}, "kind": kind, "arg": arg, "after": 1});
    let job = Job::new().input("database", "neo4j").input("target_database", "neo4j");
    job.input("rotate", "true").scenario(&json!({"faults": [fault]}).to_string())
}

/// The password in the file.
fn written(ended: &Ended) -> String {
    let text = std::fs::read_to_string(ended.run_dir.join("new-instance.env")).unwrap();
    text.lines().find_map(|line| line.strip_prefix("NEO4J_PASSWORD=")).unwrap().to_owned()
}

fn opens(world: &mut World, id: &str, password: &str) -> bool {
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("neo4j:{password}"));
    let request = Request::new("POST", &format!("/{id}/db/neo4j/query/v2"))
        .with_header("Authorization", &format!("Basic {pair}"))
        .with_json(&json!({"statement": "RETURN 1 AS one"}));
    let now = world.latest();
    world.handle(&request, now).response.status == 202
}

/// The file holds what opens the new instance, the first password does not, and neither stands anywhere else.
#[track_caller]
fn assert_rotated(job: &Job, ended: &Ended) {
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let mut world = job.world(ended);
    let new = new_instances(&mut world);
    let id = new[0]["id"].as_str().unwrap();
    let first = world.instances_with_passwords().into_iter().find(|one| one.id == id).unwrap().password;
    let password = written(ended);
    assert_eq!(new[0]["password_sha256"], Digest::of(password.as_bytes()).to_string());
    assert!(opens(&mut world, id, &password) && !opens(&mut world, id, first.expose()));
    for folder in [&ended.run_dir, &ended.audit_dir] {
        for path in files(folder).into_iter().filter(|path| !path.ends_with("new-instance.env")) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(&password) && !text.contains(first.expose()), "in clear in {}", path.display());
        }
    }
    let rotated = job.bodies().iter().filter(|body| matches!(body, Body::SecretRotated { .. })).count();
    assert_eq!(rotated, 1);
}

/// The attempts at changing the password: what each announced, and its outcomes.
fn attempts(job: &Job) -> (Vec<Digest>, Vec<Outcome>) {
    let (mut sealed, mut outcomes) = (Vec::new(), Vec::new());
    for body in job.bodies() {
        match body {
            Body::CallIntended(intent) if intent.call == Call::Rotate => sealed.push(intent.sealed.unwrap().sha256),
            Body::CallSettled(settled) if settled.call == Call::Rotate => outcomes.push(settled.outcome),
            _ => {}
        }
    }
    (sealed, outcomes)
}

#[test]
fn the_password_that_came_with_the_instance_opens_nothing_any_more() {
    let job = Job::new().input("rotate", "true");
    let ended = job.run().unwrap();
    assert_rotated(&job, &ended);
    let records = job.records();
    let place = |name: &str| records.iter().rposition(|record| *record == name).unwrap();
    assert!(place("secret.delivered") < place("secret.rotated"), "it is in its file before it counts");
    let summary = std::fs::read_to_string(ended.audit_dir.join("summary.txt")).unwrap();
    assert!(summary.contains("Password rotated:"), "{summary}");
}

#[test]
fn a_lost_answer_is_settled_by_trying_both_passwords() {
    let job = rotating("drop_response", &Value::Null);
    let ended = job.run().unwrap();
    assert_rotated(&job, &ended);
    assert_eq!(attempts(&job).1, [Outcome::Unknown], "what was applied is not sent again");
    let found = job.bodies().into_iter().rev().find_map(|body| match body {
        Body::CallProbed { step, found, .. } if step == "rotate" => Some(found),
        _ => None,
    });
    assert_eq!(found, Some(json!({"new": true, "old": false})));
}

#[test]
fn a_request_that_never_arrives_or_arrives_late_is_sent_again_with_the_same_password() {
    for (kind, arg) in [("drop_request", Value::Null), ("late", json!(20)), ("status", json!(503))] {
        let job = rotating(kind, &arg);
        let ended = job.run().unwrap();
        assert_rotated(&job, &ended);
        let (sealed, outcomes) = attempts(&job);
        assert_eq!(outcomes[0], Outcome::Unknown, "{kind}");
        assert!(sealed.len() > 1 || kind == "late", "{kind}: {outcomes:?}");
        assert!(sealed.iter().all(|one| *one == sealed[0]), "{kind} led to several passwords");
    }
}

#[test]
fn where_it_is_not_asked_for_nothing_is_changed() {
    let job = Job::new();
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0);
    let skipped = job.bodies().iter().any(|body| matches!(body, Body::StepSkipped { step, .. } if step == "rotate"));
    assert!(skipped && !job.records().contains(&"secret.rotated"));
}

#[test]
fn the_password_that_is_delivered_again_is_the_new_one() {
    let job = Job::new().input("rotate", "true");
    let ended = job.run().unwrap();
    let password = written(&ended);
    let file = ended.run_dir.join("new-instance.env");
    std::fs::remove_file(&file).unwrap();
    let run = ended.run_dir.file_name().unwrap().to_str().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let delivered = runtime.block_on(surefoot::ops::secret_deliver(&job.place(), run, None)).unwrap();
    assert_eq!(delivered, [("rotate".to_owned(), file)]);
    assert_eq!(written(&ended), password);
}
