//! Backups that are none, before the point of no return; and the file that is gone after it.

use super::job::{self, Job, deletions, new_instances};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use surefoot::engine::event::Body;
use surefoot::ops::Ended;

/// A world whose console hands out files with something wrong with them.
fn world(export: &str) -> String {
    format!("{{instances: [{{name: payments-graph, archive_size: 100KiB}}], export: {export}}}")
}

/// Where the run is held: step, reason and remedy.
fn held(job: &Job) -> String {
    let bodies = job.bodies();
    let words = bodies.iter().rev().find_map(|body| match body {
        Body::StepHeld { step, reason, remedy, .. } => Some(format!("{step}: {reason} | {remedy}")),
        _ => None,
    });
    words.unwrap_or_default()
}

fn deleted(job: &Job, ended: &Ended) -> usize {
    let world = job.world(ended);
    deletions(&world, world.inputs()["instance_id"].as_str().unwrap())
}

/// A file and what was in it.
type Kept = Arc<Mutex<Option<(PathBuf, Vec<u8>)>>>;

#[test]
fn a_file_that_cannot_be_the_backup_of_the_source_stops_the_run_before_anything_is_lost() {
    for (export, words) in [
        ("other-store", "the file is of another store"),
        ("small", "take at least"),
        ("truncated", "the file is truncated"),
    ] {
        let job = Job::new().scenario(&world(export));
        let ended = job.run().unwrap();
        let held = held(&job);
        assert_eq!(ended.exit, 4, "{held}");
        assert!(held.starts_with("export: no file so far can be used") && held.contains(words), "{export}: {held}");
        assert_eq!(deleted(&job, &ended), 0);
    }
}

#[test]
fn a_backup_on_the_word_of_a_person_is_confirmed_as_such_or_refused() {
    let job = Job::new().scenario(&world("dump"));
    assert_eq!(job.run().unwrap().exit, 0);
    let bodies = job.bodies();
    let asked = bodies.iter().find_map(|body| match body {
        Body::QuestionAsked { step, question } if step == "confirm" => Some(question.text.clone()),
        _ => None,
    });
    let asked = asked.unwrap();
    let first: Vec<&str> = asked.lines().take(3).collect();
    assert!(first.iter().any(|line| line.starts_with("PROVENANCE: only a person says")), "{asked}");
    let strict = Job::new().scenario(&world("dump")).input("provenance", "header");
    let ended = strict.run().unwrap();
    assert_eq!((ended.exit, deleted(&strict, &ended)), (4, 0));
    assert!(held(&strict).contains("does not say which database it is of"), "{}", held(&strict));
}

/// The main runbook without the password of the database.
fn without_password(job: &Job) -> PathBuf {
    let text = std::fs::read_to_string(job::RUNBOOK).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.contains("source_db")).collect();
    let runbook = job.path("without-password.yaml");
    std::fs::write(&runbook, lines.join("\n")).unwrap();
    runbook
}

#[test]
fn a_backup_of_another_store_is_no_proof_where_nobody_knows_the_store() {
    let job = Job::new().scenario(&world("other-store")).input("accept_uncounted", "true");
    assert_eq!(job.run_book(&without_password(&job)).unwrap().exit, 0, "{}", held(&job));
    let bodies = job.bodies();
    let provenance = bodies.iter().find_map(|body| match body {
        Body::StepSucceeded { step, output, .. } if step == "export" => output["provenance"].as_str(),
        _ => None,
    });
    assert_eq!(provenance, Some("attested"));
    let is_told = |body: &Body| {
        matches!(body, Body::QuestionAsked { step, question }
            if step == "confirm" && question.text.contains("PROVENANCE: only a person says"))
    };
    assert!(bodies.iter().any(is_told), "the confirmation does not say it");
    let strict = Job::new().scenario(&world("other-store")).input("accept_uncounted", "true");
    let strict = strict.input("provenance", "header");
    let ended = strict.run_book(&without_password(&strict)).unwrap();
    assert_eq!((ended.exit, deleted(&strict, &ended)), (4, 0));
    let held = held(&strict);
    assert!(held.contains("nobody knows when the store of") && held.contains("`provenance: attested`"), "{held}");
}

#[test]
fn a_file_that_changes_after_the_deletion_is_not_imported_and_the_copy_is_named() {
    let kept: Kept = Arc::default();
    let (file, spoil) = (Arc::clone(&kept), Arc::clone(&kept));
    let job = Job::new().scenario(&world("none")).lasting().meanwhile(move |body| match body {
        Body::StepSucceeded { step, output, .. } if step == "export" => {
            let path = PathBuf::from(output["path"].as_str().unwrap());
            let bytes = std::fs::read(&path).unwrap();
            *file.lock().unwrap() = Some((path, bytes));
        }
        Body::StepSucceeded { step, .. } if step == "gone" => {
            let kept = spoil.lock().unwrap();
            let (path, bytes) = kept.as_ref().unwrap();
            std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
        }
        _ => {}
    });
    let ended = job.run().unwrap();
    let told = held(&job);
    assert_eq!((ended.exit, deleted(&job, &ended)), (4, 1), "{told}");
    let bodies = job.bodies();
    let upload = bodies.iter().find_map(|body| match body {
        Body::StepSucceeded { step, output, .. } if step == "upload" => Some(output.clone()),
        _ => None,
    });
    let upload = upload.unwrap();
    assert!(told.starts_with("restore_console: the file to give in is not the one that was verified"), "{told}");
    for name in ["uri", "version_id", "bucket", "key"] {
        assert!(told.contains(upload[name].as_str().unwrap()), "{name}: {told}");
    }
    assert!(told.contains("aws s3api get-object --bucket") && told.contains("--version-id"), "{told}");
    let (path, bytes) = kept.lock().unwrap().clone().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let done = job.resume().unwrap();
    assert_eq!(done.exit, 0, "{}", held(&job));
    assert_eq!(new_instances(&mut job.world(&done)).len(), 1);
}
