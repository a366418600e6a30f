//! The file for the one-time password is lost when it is needed: the change goes on, with another file.

use super::job::{Job, new_instances};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use surefoot::adapter::age::AgeSealer;
use surefoot::base::{Digest, Secret};
use surefoot::engine::call::Sealed;
use surefoot::engine::event::Body;
use surefoot::ops::{Change, FailureKind, RunError, status};
use surefoot::port::Sealer as _;
use surefoot::report::{self, StatusPage, Style};

/// A run whose password file's folder becomes a file as soon as the source is being deleted.
fn losing_its_folder(name: &str) -> Job {
    let job = Job::within(name).input("rotate", "true");
    let folder = job.path("d");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("pw.env");
    job.input("password_file", file.to_str().unwrap()).meanwhile(move |body| {
        if matches!(body, Body::CallIntended(intent) if intent.step == "delete") {
            std::fs::remove_dir(&folder).unwrap();
            std::fs::write(&folder, "a file").unwrap();
        }
    })
}

fn to(file: &Path) -> [Change; 1] {
    let value = file.to_str().unwrap().to_owned();
    [Change { step: "recreate".to_owned(), field: "password_file".to_owned(), value }]
}

#[test]
fn a_run_whose_password_file_is_lost_goes_on_with_another() {
    let job = losing_its_folder("lost");
    let held = job.run().unwrap();
    assert_eq!(held.exit, 4, "{:?}", job.bodies().last());
    let new = new_instances(&mut job.world(&held)).remove(0);
    let id = new["id"].as_str().unwrap();
    let stands = status(&job.place(), None).unwrap();
    let page = StatusPage {
        view: &stands.view,
        run_dir: "",
        audit_dir: "",
        options: "",
        held_by: None,
        opened_at: None,
        last_at: None,
    };
    let text = report::status(&page, Style { columns: 400, colour: false });
    let created = format!("`recreate` created {id} as sf-");
    assert!(text.contains(&created) && text.contains("sealed in the journal, not delivered"), "{text}");
    let command = format!("`surefoot resume {} --set recreate.password_file=FILE`", stands.view.run);
    assert!(text.contains(&command), "{text}");
    assert_eq!(
        report::json::status(&page)["steps"].as_array().unwrap().iter().find(|step| step["id"] == "recreate").unwrap()
            ["created"]["id"],
        id
    );
    let summary = std::fs::read_to_string(held.audit_dir.join("summary.txt")).unwrap();
    assert!(summary.contains(&created), "{summary}");

    assert_eq!(job.deliver(&held, None).unwrap_err().kind, FailureKind::Storage);
    let again = job.resume().unwrap();
    assert_eq!(again.exit, 4);
    let file = job.path("other.env");
    let done = job.resume_with(&to(&file)).unwrap();
    assert_eq!(done.exit, 0, "{:?}", job.bodies().last());
    assert_eq!(new_instances(&mut job.world(&done)).len(), 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("AURA_INSTANCEID={id}")) && text.contains("step rotate"), "{text}");
    assert_eq!(std::fs::read_to_string(job.path("d")).unwrap(), "a file");
    assert_eq!(done.summary["outputs"]["password_file"], file.to_str().unwrap());
}

#[test]
fn a_password_is_delivered_to_another_file_on_demand() {
    let job = losing_its_folder("demanded");
    let held = job.run().unwrap();
    let file = job.path("copy.env");
    let delivered = job.deliver(&held, Some(&file)).unwrap();
    assert_eq!(delivered, [("recreate".to_owned(), file.clone())]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("NEO4J_PASSWORD="));
    // The run itself has the password delivered where it is told to, and takes the copy for its own.
    assert_eq!(job.resume_with(&to(&file)).unwrap().exit, 0, "{:?}", job.bodies().last());
}

/// Creates an instance like the one it is given, and keeps it where its password is lost.
const ADOPTING: &str = "\
runbook: adopting
version: 1.0.0
description: Creates an instance, and keeps it where its password is lost.
inputs:
  instance_id: {type: string, description: The instance that it is to be like.}
  password_file: {type: path, description: The file for the password.}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
steps:
  - {id: capture, uses: aura.instance.get, with: {instance_id: \"{{ inputs.instance_id }}\"}}
  - id: recreate
    uses: aura.instance.create
    with:
      tenant_id: \"{{ steps.capture.tenant_id }}\"
      type: enterprise-db
      cloud_provider: \"{{ steps.capture.cloud_provider }}\"
      region: \"{{ steps.capture.region }}\"
      memory: \"{{ steps.capture.memory }}\"
      password_file: \"{{ inputs.password_file }}\"
      on_lost_secret: adopt
";

#[test]
fn a_password_that_was_set_by_hand_is_delivered_again_as_any_other() {
    let job = Job::within("adopted")
        .scenario(r#"{"faults": [{"match": {"method": "POST", "path": "/v1/instances"}, "kind": "drop_response"}]}"#);
    let (book, file) = (job.path("adopting.yaml"), job.path("new.env"));
    std::fs::write(&book, ADOPTING).unwrap();
    let written = file.clone();
    let job = job.input("password_file", file.to_str().unwrap()).meanwhile(move |body| {
        if matches!(body, Body::QuestionAsked { question, .. } if question.task["task"] == "adopt") {
            std::fs::write(&written, "NEO4J_PASSWORD='set by hand'\n").unwrap();
            std::fs::set_permissions(&written, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    });
    let done = job.run_book(&book).unwrap();
    assert_eq!(done.exit, 0, "{:?}", job.bodies().last());
    let id = new_instances(&mut job.world(&done)).remove(0)["id"].as_str().unwrap().to_owned();
    let expected = [("recreate".to_owned(), file.clone())];
    // What the person wrote stands there; it is no other's file, and it is not replaced.
    assert_eq!(job.deliver(&done, None).unwrap(), expected);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "NEO4J_PASSWORD='set by hand'\n");
    // A file with another password is not taken for it.
    std::fs::write(&file, "NEO4J_PASSWORD='another'\n").unwrap();
    assert_eq!(job.deliver(&done, None).unwrap_err().kind, FailureKind::Storage);

    std::fs::remove_file(&file).unwrap();
    assert_eq!(job.deliver(&done, None).unwrap(), expected);
    let copy = job.path("copy.env");
    assert_eq!(job.deliver(&done, Some(&copy)).unwrap(), [("recreate".to_owned(), copy.clone())]);
    for path in [file, copy] {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("NEO4J_PASSWORD='set by hand'\n"), "{text}");
        assert!(text.contains(&format!("AURA_INSTANCEID={id}\n")) && text.contains(" attempt 1\n"), "{text}");
    }
}

#[test]
fn a_password_that_could_not_be_recorded_is_told_sealed_with_what_opens_it() {
    let job = Job::within("it's full");
    let runs = job.path("state").join("runs");
    let job = job.meanwhile(move |body| {
        if matches!(body, Body::CallIntended(intent) if intent.step == "recreate") {
            let run = std::fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
            let journal = std::fs::File::options().append(true).open(run.join("journal.000001.jsonl"));
            journal.unwrap().write_all(b"what another process writes").unwrap();
        }
    });
    let Err(RunError::Failure(failure)) = job.run() else { panic!("the journal took it") };
    assert_eq!((failure.kind, failure.kind.exit_code()), (FailureKind::Storage, 10), "{failure:?}");
    let told = failure.hints.iter().find(|hint| hint.contains("`recreate`")).unwrap();
    assert!(told.contains("attempt 1") && told.contains("nobody is told it again"), "{told}");
    let identity = job.path("state").join("keys/identity.txt");
    let (_, command) = told.split_once('\n').unwrap();
    let sealed = command.strip_prefix("echo ").unwrap().split_once(" | base64 -d | age -d -i ").unwrap();
    assert_eq!(sealed.1, format!("'{}'", identity.display().to_string().replace('\'', "'\\''")));
    let key = Secret::new(std::fs::read_to_string(identity).unwrap());
    let bytes = STANDARD.decode(sealed.0).unwrap();
    let blob =
        Sealed { alg: "age".to_owned(), b64: sealed.0.to_owned(), recipients: Vec::new(), sha256: Digest::of(&bytes) };
    let plain = AgeSealer::new("", Some(&key)).unwrap().open(&blob).unwrap();
    let plain: serde_json::Value = serde_json::from_slice(plain.expose()).unwrap();
    assert_eq!((&plain["step"], &plain["attempt"]), (&"recreate".into(), &1.into()));
    let password = plain["password"].as_str().unwrap();
    assert!(password.len() > 8 && !format!("{failure:?}").contains(password), "never in clear");
}
