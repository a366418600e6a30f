//! The migration where an instance names its user and its database by its id, as new ones do since early 2026.

use super::job::{Job, deletions, last_page, new_instances};
use serde_json::json;
use surefoot::engine::event::Body;
use surefoot::ops::Change;

const BY_ID: &str =
    r#"{"instances": [{"id": "63211822", "name": "payments-graph", "username": "63211822", "database": "63211822"}]}"#;

/// The outputs of a step that has succeeded.
fn outputs(job: &Job, id: &str) -> serde_json::Value {
    let of = |body: Body| match body {
        Body::StepSucceeded { step, output, .. } if step == id => Some(json!(output)),
        _ => None,
    };
    job.bodies().into_iter().rev().find_map(of).unwrap_or_else(|| panic!("`{id}` has not succeeded"))
}

/// Why a step was held or has failed.
fn told(job: &Job, id: &str) -> String {
    let of = |body: Body| match body {
        Body::StepFailed { step, error } if step == id => Some(error.message),
        Body::StepHeld { step, reason, remedy, .. } if step == id => Some(format!("{reason}; {remedy}")),
        _ => None,
    };
    job.bodies().into_iter().rev().find_map(of).unwrap_or_else(|| panic!("`{id}` is not in the way"))
}

#[test]
fn a_database_named_by_the_id_is_migrated_to_the_end() {
    let by_id = BY_ID.replace(r#"{"instances""#, r#"{"new_named_by_id": true, "instances""#);
    for (scenario, source, target) in [
        (BY_ID.to_owned(), Some("63211822"), "neo4j"),
        (r#"{"new_named_by_id": true}"#.to_owned(), Some("neo4j"), "the id"),
        (by_id, Some("63211822"), "the id"),
    ] {
        let job = Job::new().scenario(&scenario).input("rotate", "true");
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{scenario}: {:?}", job.bodies().last());
        let new = new_instances(&mut job.world(&ended)).remove(0);
        let target = if target == "the id" { new["id"].as_str().unwrap() } else { target };
        assert_eq!(outputs(&job, "database")["database"].as_str(), source, "{scenario}");
        assert_eq!(outputs(&job, "recreate")["username"], target);
        let compared = outputs(&job, "compare");
        assert_eq!((&compared["database"], &compared["username"]), (&json!(target), &json!(target)));
        let env = std::fs::read_to_string(ended.run_dir.join("new-instance.env")).unwrap();
        assert!(env.contains(&format!("NEO4J_USERNAME={target}\n")), "another user is in the file");
    }
}

#[test]
fn a_name_that_the_source_does_not_have_is_noticed_before_anything_is_done() {
    let job = Job::new().scenario(BY_ID).input("database", "neo4j");
    let ended = job.run().unwrap();
    assert_ne!(ended.exit, 0);
    assert!(told(&job, "database").contains("has no database neo4j; it has: 63211822"), "{}", told(&job, "database"));
    let world = job.world(&ended);
    assert_eq!(deletions(&world, "63211822"), 0);
    assert!(world.ledger().iter().all(|entry| !entry.path.starts_with("/v1/")), "something was written");
}

#[test]
fn a_name_that_no_instance_can_have_is_noticed_before_the_deletion() {
    let scenario = r#"{"instances": [{"id": "63211822", "name": "payments of all our branches, 2019 to 2026"}]}"#;
    let job = Job::new().scenario(scenario);
    let ended = job.run().unwrap();
    assert_ne!(ended.exit, 0);
    assert!(told(&job, "target").contains("at most 30 are allowed"), "{}", told(&job, "target"));
    assert_eq!(deletions(&job.world(&ended), "63211822"), 0);
    let job = Job::new().scenario(scenario).input("target_name", "payments");
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(new_instances(&mut job.world(&ended)).remove(0)["name"], "payments");
}

#[test]
fn what_the_deletion_breaks_elsewhere_is_told_before_and_after_it() {
    let job = Job::new().scenario(
        r#"{"instances": [{"name": "payments-graph", "cdc_enrichment_mode": "FULL", "secondaries_count": 1}]}"#,
    );
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    let asked = job.bodies().into_iter().find_map(|body| match body {
        Body::QuestionAsked { step, question } if step == "confirm" => Some(question.text),
        _ => None,
    });
    let asked = asked.unwrap();
    for words in
        ["CDC is on (FULL): the cursor of every consumer becomes invalid", "metrics", "address changes", "roles"]
    {
        assert!(asked.contains(words), "{words} is not in:\n{asked}");
    }
    let closing = outputs(&job, "audit_after")["fields"].clone();
    assert!(closing["consequences"][0].as_str().unwrap().contains("cursor"), "{closing}");
    assert_ne!(closing["old_connection_url"], closing["connection_url"]);
    let page = last_page(&ended);
    let text = surefoot::report::ending(&page, surefoot::report::Style { columns: 400, colour: false });
    let last: Vec<&str> = text.trim_end().lines().rev().take(3).collect();
    let new = closing["connection_url"].as_str().unwrap();
    assert!(last[0].contains("now") && last[0].contains(new) && last[1].contains("before"), "{last:?}");
    // What nobody else tells those concerned stands right before it, and in the summary.
    let (_, broken) = text.split_once("\nBroken elsewhere by the deletion\n").expect(&text);
    let (broken, _) = broken.split_once("\n\nThe address has changed\n").unwrap();
    let summary = std::fs::read_to_string(ended.audit_dir.join("summary.txt")).unwrap();
    let (_, kept) = summary.split_once("\nBroken elsewhere by the deletion\n").expect(&summary);
    let (kept, _) = kept.split_once("\n\nThe address has changed\n").unwrap();
    let document = surefoot::report::json::ended(&page, 0);
    let consequences = closing["consequences"].as_array().unwrap();
    assert_eq!(document["broken_elsewhere"].as_array().unwrap(), consequences);
    assert_eq!((broken.lines().count(), kept.lines().count()), (consequences.len(), consequences.len() + 1));
    for one in consequences {
        let line = format!("- {}", one.as_str().unwrap());
        assert!(broken.contains(&line) && kept.contains(&line), "{line} is not in:\n{broken}\n{kept}");
    }
    assert_eq!(document["address_changed"]["after"], closing["connection_url"]);
    assert_eq!(document["address_changed"]["before"], closing["old_connection_url"]);
}

#[test]
fn a_name_that_the_new_instance_does_not_have_is_changed_on_the_way() {
    let job = Job::new().lasting().input("target_database", "movies");
    let ended = job.run().unwrap();
    assert_ne!(ended.exit, 0);
    let told = told(&job, "compare");
    assert!(told.contains("has no database movies; it has: neo4j"), "{told}");
    assert!(told.contains("--set compare.database=NAME"), "{told}");
    drop(ended);
    let change = |value: &str| Change { step: "compare".into(), field: "database".into(), value: value.into() };
    let ended = job.resume_with(&[change("")]).unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(outputs(&job, "compare")["database"], "neo4j");
}
