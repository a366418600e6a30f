//! What is counted is what is lost, and not only said to be.

use super::job::{self, Job, deletions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use surefoot::adapter::clock::SystemClock;
use surefoot::adapter::disk::RealDisk;
use surefoot::base::Digest;
use surefoot::engine::event::{Body, Event};
use surefoot::journal::{Birth, Holder, Journal};
use surefoot::ops::RunError;
use surefoot::port::{Clock, Disk};
use surefoot::runbook::{Inputs, recompile};

/// The main runbook with its countings changed.
fn edited(job: &Job, edit: impl Fn(&str) -> Option<String>) -> PathBuf {
    let text = std::fs::read_to_string(job::RUNBOOK).unwrap();
    let (mut kind, mut lines) = ("", Vec::new());
    for line in text.lines() {
        kind = line.trim().strip_prefix("uses: ").unwrap_or(kind);
        lines.extend(if kind == "neo4j.counts" { edit(line) } else { Some(line.to_owned()) });
    }
    let runbook = job.path("edited.yaml");
    std::fs::write(&runbook, lines.join("\n")).unwrap();
    runbook
}

/// The main runbook as it once was: its countings say nothing of an instance.
fn unnamed(job: &Job) -> PathBuf {
    edited(job, |line| (!line.trim().starts_with("instance_id: ")).then(|| line.to_owned()))
}

/// What is wrong with a runbook that is not begun.
#[track_caller]
fn refused(job: &Job, runbook: &Path) -> String {
    let Err(RunError::Diagnostics(found)) = job.run_book(runbook) else { panic!("it began") };
    assert!(!job.path("state").join("runs").exists());
    found.render(false)
}

#[test]
fn a_counting_that_names_nothing_begins_no_run() {
    let job = Job::new();
    let told = refused(&job, &unnamed(&job));
    assert!(told.contains("error[SF048]") && told.contains("instance_id: \"{{ inputs.instance_id }}\""), "{told}");
}

#[test]
fn a_counting_at_the_address_of_another_instance_begins_no_run() {
    let job = Job::new();
    let there = "      url: \"neo4j+s://7637eb4b.databases.neo4j.io\"";
    let is_url = |line: &str| line.trim().starts_with("url: ");
    let runbook = edited(&job, |line| Some(if is_url(line) { there.to_owned() } else { line.to_owned() }));
    let told = refused(&job, &runbook);
    assert!(told.contains("error[SF045]: `counts_a` counts at 7637eb4b.databases.neo4j.io"), "{told}");
}

#[test]
fn a_run_that_began_by_older_rules_goes_on() {
    let job = Job::new();
    job.run().unwrap();
    let Some(Body::RunOpened(opened)) = job.bodies().into_iter().next() else { panic!("no run") };
    let bytes = std::fs::read(unnamed(&job)).unwrap();
    let plan = recompile(surefoot::kinds::catalog(), "plan.yaml", &bytes, Inputs::Given(&opened.inputs)).unwrap();
    let run = format!("{}-older", opened.run);
    let runbooks = vec![("edited.yaml".to_owned(), Digest::of(&bytes))];
    let opened = surefoot::engine::event::RunOpened { run: run.clone(), runbooks, plan_digest: plan.digest, ..opened };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let at = clock.now();
    let genesis = Event { at, mono_ms: 0, actor: surefoot::ops::actor(), body: Body::RunOpened(opened) };
    let holder = Holder {
        pid: 1,
        boot_id: "b".to_owned(),
        since: at,
        user: "alice".to_owned(),
        host: "host1".to_owned(),
        argv: vec!["surefoot".to_owned()],
    };
    let files: &[(&str, &[u8])] = &[("plan.yaml", &bytes)];
    let state_dir = job.path("state");
    let birth = Birth { state_dir: &state_dir, run: &run, files, holder: &holder, genesis: &genesis };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    drop(Journal::create(&disk, &clock, &birth).unwrap());
    let ended = job.resume().unwrap();
    assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
    assert!(ended.run_dir.ends_with(&run));
    let world = job.world(&ended);
    assert_eq!(deletions(&world, world.inputs()["instance_id"].as_str().unwrap()), 1);
}

#[test]
fn an_address_that_a_person_has_named_is_told_as_a_person_s_word() {
    let job = Job::new().lasting();
    let query_url = job.ready().query_url;
    for (job, is_named) in [(job.input("query_url", &query_url), true), (Job::new(), false)] {
        let ended = job.run().unwrap();
        assert_eq!(ended.exit, 0, "{:?}", job.bodies().last());
        let shown = job.bodies().into_iter().find_map(|body| match body {
            Body::QuestionAsked { step, question } if step == "confirm" => Some(question.show),
            _ => None,
        });
        let shown = shown.unwrap();
        let (_, row) = shown.iter().find(|(label, _)| label.starts_with("counted, ")).unwrap();
        let row = row.as_str().unwrap();
        assert!(row.contains("nodes ") && row.contains("a person's word") == is_named, "{row}");
        let verifiers: Vec<String> = job
            .bodies()
            .into_iter()
            .filter_map(|body| match body {
                Body::StepSucceeded { step, evidence, .. } if step == "counts_c" => Some(evidence[0].verifier.clone()),
                _ => None,
            })
            .collect();
        let expected = if is_named { "query-api, at an address that the runbook names" } else { "query-api" };
        assert_eq!(verifiers, [expected]);
    }
}
