//! What strangers and bad days bring: every one ends with a clear word, and with nothing lost.

use super::job::{Job, deletions, new_instances};
use serde_json::json;
use surefoot::engine::call::Outcome;
use surefoot::engine::event::Body;
use surefoot::ops::{Ended, Failure, FailureKind, RunError};

/// Why the run failed or is held: the words of the last such record.
fn reason(job: &Job) -> String {
    let bodies = job.bodies();
    let words = bodies.iter().rev().find_map(|body| match body {
        Body::StepFailed { step, error } => Some(format!("{step}: {} | {}", error.message, error.remedy)),
        Body::StepHeld { step, reason, remedy, .. } => Some(format!("{step}: {reason} | {remedy}")),
        _ => None,
    });
    words.unwrap_or_default()
}

/// The run ended before anything was deleted.
fn nothing_was_deleted(job: &Job, ended: &Ended) {
    let world = job.world(ended);
    assert!(!world.ledger().iter().any(|entry| entry.method == "DELETE" && entry.path.starts_with("/v1")));
}

/// The run closes as failed, and its reason has all these words.
fn fails(job: &Job, words: &[&str]) {
    stops(job, 1, words);
}

/// The run is held before anything happened, and the reason has all these words.
fn holds(job: &Job, words: &[&str]) {
    stops(job, 4, words);
}

fn stops(job: &Job, exit: u8, words: &[&str]) {
    let ended = job.run().unwrap();
    let reason = reason(job);
    assert_eq!(ended.exit, exit, "{reason}");
    for word in words {
        assert!(reason.contains(word), "{word:?} is missing: {reason}");
    }
    nothing_was_deleted(job, &ended);
}

#[test]
fn an_instance_that_is_not_there_or_not_ours_to_see() {
    fails(&Job::new().input("instance_id", "00000000"), &["capture", "00000000"]);
    let other = Job::new().scenario(r#"{"credentials": [{"tenants": ["Fraud Research"]}]}"#);
    let ended = other.run().unwrap();
    assert_eq!(ended.exit, 1, "{}", reason(&other));
}

#[test]
fn a_paused_instance_is_refused_before_anything_is_done() {
    let job = Job::new().scenario(r#"{"instances": [{"name": "sleeper", "paused": true}]}"#);
    holds(&job, &["must be running", "paused"]);
}

#[test]
fn an_instance_of_version_4_is_refused_before_the_writers_are_stopped() {
    let job = Job::new().scenario(r#"{"instances": [{"name": "old", "version": "4"}]}"#).input("version", "5");
    holds(&job, &["version 4.4", "cannot be migrated"]);
    assert!(job.bodies().iter().all(|body| !matches!(body, Body::QuestionAsked { .. })));
}

#[test]
fn an_instance_with_a_customer_managed_key_is_refused() {
    let key = "0f6e1b2a-3c4d-4e5f-8a9b-0c1d2e3f4a5b";
    let scenario = json!({
        "keys": [{"id": key, "name": "ours", "tenant": "Payments Production", "key_id": "arn:aws:kms:eu-west-1:1:key/1",
            "cloud_provider": "aws", "region": "eu-west-1", "instance_type": "enterprise-db"}],
        "instances": [{"name": "sealed", "type": "enterprise-db", "customer_managed_key_id": key}],
    });
    let job = Job::new().scenario(&scenario.to_string());
    match job.run() {
        Ok(ended) => assert_eq!(ended.exit, 4, "{}", reason(&job)),
        Err(error) => panic!("{error:?}"),
    }
    assert!(reason(&job).contains("customer managed key"), "{}", reason(&job));
}

#[test]
fn an_instance_that_somebody_is_deleting_is_refused() {
    let body = json!({"data": {
        "cloud_provider": "aws", "connection_url": null, "created_at": "2025-03-11T09:47:32Z", "id": "aaaa1111",
        "name": "going", "region": "eu-west-1", "status": "destroying",
        "tenant_id": "6981ace7-efe8-4f5c-b7c5-267b5162ce91", "type": "business-critical"
    }});
    let fault = json!({"match": {"method": "GET", "path": "/v1/instances/aaaa1111"}, "kind": "status",
        "arg": {"status": 200, "body": body}, "count": 50});
    let scenario = json!({"instances": [{"id": "aaaa1111", "name": "going"}], "faults": [fault]});
    holds(&Job::new().scenario(&scenario.to_string()), &["must be running", "destroying"]);
}

#[test]
fn wrong_credentials_say_which_variables_to_mend() {
    holds(&Job::new().scenario(r#"{"credentials": [{"revoked": true}]}"#), &["AURA_CLIENT_ID"]);
}

/// From its sixth use on the token is refused.
const REVOKED: &str = r#"{"faults": [{"match": {"method": "GET", "path": "/v1/instances/*"}, "kind": "status",
    "arg": {"status": 403, "body": {"error": "access token revoked"}}, "after": AFTER, "count": 100000}]}"#;

#[test]
fn credentials_revoked_before_the_point_of_no_return_close_the_run() {
    let job = Job::new().scenario(&REVOKED.replace("AFTER", "5"));
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 1, "{}", reason(&job));
    nothing_was_deleted(&job, &ended);
}

#[test]
fn credentials_revoked_after_the_deletion_hold_the_run_and_resume_goes_on() {
    let refused = json!({"match": {"method": "POST", "path": "/v1/instances"}, "kind": "status",
        "arg": {"status": 403, "body": {"errors": [{"message": "Insufficient permissions", "reason": "unauthorized"}]}},
        "count": 4});
    let job = Job::new().scenario(&json!({"faults": [refused]}).to_string()).lasting();
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 4, "{}", reason(&job));
    assert!(reason(&job).starts_with("recreate"), "{}", reason(&job));
    assert_eq!(new_instances(&mut job.world(&ended)).len(), 0);
    // Each session tries with the token it has and with a fresh one; the third finds the credentials good again.
    assert_eq!(job.resume().unwrap().exit, 4, "{}", reason(&job));
    assert_eq!(new_instances(&mut job.world(&ended)).len(), 0);
    let done = job.resume().unwrap();
    assert_eq!(done.exit, 0, "{}", reason(&job));
    let mut world = job.world(&done);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    assert_eq!(deletions(&world, &source), 1);
    let new = new_instances(&mut world);
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0]["id"], done.summary["outputs"]["new_instance_id"]);
}

#[test]
fn names_that_could_deceive_are_confirmed_by_id() {
    for name in ["pay\u{202e}ments", "💥 graph", "tab\there"] {
        let scenario = json!({"instances": [{"id": "aaaa1111", "name": name}]});
        let job = Job::new().scenario(&scenario.to_string());
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{name:?}: {}", reason(&job));
        let typed = job.bodies().iter().find_map(|body| match body {
            Body::StepSucceeded { step, output, .. } if step == "confirm" => Some(output["typed"].clone()),
            _ => None,
        });
        assert_eq!(typed, Some(json!("aaaa1111")), "{name:?}");
        let summary = std::fs::read_to_string(ended.audit_dir.join("summary.txt")).unwrap();
        assert!(!summary.contains('\u{202e}') && !summary.contains('\t'), "{name:?} reached the summary");
    }
}

#[test]
fn a_bucket_that_cannot_be_used_is_found_out_first() {
    holds(&Job::new().input("bucket", "no-such-bucket"), &["upload", "no-such-bucket"]);
    let denied = json!({"bucket": "vault", "buckets": [{"name": "vault", "region": "eu-west-1", "access": "denied"}]});
    holds(&Job::new().scenario(&denied.to_string()), &["upload", "vault"]);
    let only_read =
        json!({"bucket": "vault", "buckets": [{"name": "vault", "region": "eu-west-1", "access": "read-only"}]});
    holds(&Job::new().scenario(&only_read.to_string()), &["upload", "vault"]);
    let far = json!({"buckets": [{"name": "far", "region": "us-west-2"}]});
    holds(&Job::new().scenario(&far.to_string()).input("bucket", "far"), &["upload", "us-west-2"]);
}

#[test]
fn the_completion_of_an_upload_that_is_answered_with_an_error_is_looked_after() {
    // S3 begins its answer with 200 and may end it with an error all the same; and it may be overloaded.
    let xml = json!({"content-type": "application/xml"});
    let faults: Vec<_> = [(200, "InternalError"), (503, "SlowDown")]
        .into_iter()
        .map(|(status, code)| {
            let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m</Message></Error>");
            // The first `POST` begins the upload.
            json!({"match": {"method": "POST", "path": "/surefoot-backups/*"}, "kind": "status", "after": 1,
                "arg": {"status": status, "body": body, "headers": xml}})
        })
        .collect();
    for fault in faults {
        let scenario = json!({"instances": [{"name": "large", "archive_size": "17MiB"}], "faults": [fault]});
        let job = Job::new().scenario(&scenario.to_string());
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{}", reason(&job));
        let doubts = job.bodies().into_iter().filter(
            |body| matches!(body, Body::CallSettled(told) if told.step == "upload" && told.outcome == Outcome::Unknown),
        );
        assert_eq!(doubts.count(), 1);
    }
}

#[test]
fn a_password_file_that_cannot_be_written_is_found_out_first() {
    for (path, folder) in [("/proc/surefoot/password", "/proc/surefoot"), ("/nowhere/at/all/password", "/nowhere")] {
        holds(&Job::new().input("password_file", path), &["recreate", folder]);
    }
}

#[test]
fn writers_that_were_not_stopped_are_noticed() {
    let job = Job::new().scenario(r#"{"instances": [{"name": "busy", "writes_per_minute": 30}]}"#);
    holds(&job, &["still_after"]);
}

#[test]
fn a_path_with_spaces_and_letters_of_the_world_serves() {
    let job = Job::within("zwölf état 状態");
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 0, "{}", reason(&job));
}

#[test]
fn a_state_directory_that_cannot_be_one_is_said_to_be_so() {
    let job = Job::new();
    std::fs::write(job.path("state"), "a file").unwrap();
    let Err(RunError::Failure(Failure { kind, message, causes, .. })) = job.run() else { panic!("it ran") };
    assert_eq!(kind, FailureKind::Storage);
    assert!(message.contains("state") && !causes.is_empty(), "{message}: {causes:?}");
}

#[test]
fn a_second_process_is_turned_away() {
    let refused = r#"{"faults": [{"match": {"method": "DELETE", "path": "/v1/instances/"}, "kind": "status", "arg": 403,
        "count": 2}]}"#;
    let job = Job::new().scenario(refused).lasting();
    let ended = job.run().unwrap();
    assert_eq!(ended.exit, 4, "{}", reason(&job));
    let lock = std::fs::File::options().write(true).open(ended.run_dir.join("LOCK")).unwrap();
    lock.try_lock().unwrap();
    let failure = job.resume().unwrap_err();
    assert_eq!(failure.kind.exit_code(), 7, "{failure:?}");
    drop(lock);
    assert_eq!(job.resume().unwrap().exit, 0, "{}", reason(&job));
    let world = job.world(&ended);
    let source = world.inputs()["instance_id"].as_str().unwrap().to_owned();
    assert_eq!(deletions(&world, &source), 1);
}
