//! One unfinished run of a state directory for each instance that is changed irreversibly.

use super::job::{Job, RUNBOOK};
use surefoot::ops::{Failure, FailureKind, RunError, cancel};

/// The credentials may not delete, so the run is held before anything irreversible has happened.
const HELD: &str = r#"{"faults": [{"match": {"method": "DELETE", "path": "/v1/instances/"}, "kind": "status",
    "arg": {"status": 403, "body": {"errors": [{"message": "no", "reason": "forbidden"}]}}, "count": 1000}]}"#;

fn refused(job: &Job) -> Failure {
    match job.run() {
        Err(RunError::Failure(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_second_run_does_not_begin_while_the_first_is_unfinished() {
    let job = Job::new().scenario(HELD).lasting();
    let first = job.run().unwrap();
    assert_eq!(first.exit, 4, "{:?}", job.bodies().last());
    let run = first.run_dir.file_name().unwrap().to_str().unwrap().to_owned();
    // Whether or not a process works on it.
    let failure = refused(&job);
    assert_eq!((failure.kind, failure.kind.exit_code()), (FailureKind::Locked, 7));
    let text = format!("{failure}\n{}", failure.hints.join("\n"));
    for part in [format!("run {run} is unfinished"), format!("surefoot resume {run}"), format!("surefoot cancel {run}")]
    {
        assert!(text.contains(&part), "no {part:?} in\n{text}");
    }
    let runs = || std::fs::read_dir(job.path("state/runs")).unwrap().count();
    assert_eq!(runs(), 1, "nothing was started");
    // It goes on itself.
    assert_eq!(job.resume().unwrap().exit, 4);
    // One that is closed holds nothing.
    cancel(&job.place(), &run, |_| ()).unwrap();
    let second = job.run().unwrap();
    assert_eq!((second.exit, runs()), (4, 2));
    refused(&job);
    // One that is not there any more neither.
    std::fs::rename(&second.run_dir, job.path("aside")).unwrap();
    assert_eq!(job.run().unwrap().exit, 4);
}

/// The main runbook, where the instance is the first of a list and nobody knows it before.
fn found_out(job: &Job) -> std::path::PathBuf {
    let first = "{{ steps.all.instances[0].id }}";
    let list = format!(
        "steps:\n  - id: all\n    uses: aura.instance.list\n    with: {{tenant_id: \"{}\"}}\n",
        job.ready().tenant_id
    );
    let text = std::fs::read_to_string(RUNBOOK).unwrap().replace("{{ inputs.instance_id }}", first);
    let text = text.replacen("steps:\n", &list, 1);
    let path = job.path("list.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_is_found_out_on_the_way_is_held_by_one_run_too() {
    let job = Job::new().scenario(HELD).lasting();
    let book = found_out(&job);
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let first = job.run_book(&book).unwrap();
    assert_eq!(first.exit, 4, "{:?}", job.bodies().last());
    let (run, before) = (name(&first.run_dir), job.records().len());
    let Err(RunError::Failure(failure)) = job.run_book(&book) else { panic!("the second run goes on") };
    let told = |failure: &Failure| format!("{failure}\n{}", failure.hints.join("\n"));
    assert_eq!(failure.kind, FailureKind::Locked, "{}", told(&failure));
    let runs = std::fs::read_dir(job.path("state/runs")).unwrap().map(|one| name(&one.unwrap().path()));
    let second = runs.into_iter().find(|one| *one != run).unwrap();
    for part in [
        format!("run {run} is unfinished and would also change "),
        format!("surefoot cancel {run}"),
        format!("surefoot resume {second}"),
    ] {
        assert!(told(&failure).contains(&part), "no {part:?} in\n{}", told(&failure));
    }
    // It has looked at the list, and asked for nothing and nobody.
    let records = job.records().split_off(before);
    assert!(records.contains(&"step.succeeded"), "{records:?}");
    assert!(!records.contains(&"question.asked") && !records.contains(&"call.intended"), "{records:?}");
    // It may not go on while the other one is unfinished, and does afterwards; then it is the one that holds it.
    let place = job.place();
    let again = || job.resume_of(&second);
    assert_eq!(again().unwrap_err().kind, FailureKind::Locked);
    cancel(&place, &run, |_| ()).unwrap();
    assert_eq!(again().unwrap().exit, 4);
    assert_eq!(job.run_book(&book).map(|_| ()).map_err(|error| matches!(error, RunError::Failure(_))), Err(true));
}

#[test]
fn a_twin_in_the_process_of_a_run_is_a_world_of_its_own() {
    let job = Job::new().scenario(HELD);
    assert_eq!(job.run().unwrap().exit, 4);
    assert_eq!(job.run().unwrap().exit, 4);
    assert!(!job.path("state/subjects").exists());
}

#[test]
fn what_a_process_left_behind_that_began_no_run_holds_nothing() {
    let job = Job::new().scenario(HELD).lasting();
    assert_eq!(job.run().unwrap().exit, 4);
    let files: Vec<_> =
        std::fs::read_dir(job.path("state/subjects")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    for text in ["", "20260102-030405-abcdef\n", "\u{0}\u{0}", "../../etc"] {
        std::fs::write(file, text).unwrap();
        assert_eq!(job.run().unwrap().exit, 4, "{text:?}");
        assert_ne!(std::fs::read_to_string(file).unwrap(), text);
    }
}
