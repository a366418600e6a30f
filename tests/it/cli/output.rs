//! Where things are written: data on standard output, everything else on standard error.

use super::case::{Case, SMALL};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::process::Stdio;

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let case = Case::new().args(["kinds"]);
    let output = case.command().stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_reader_that_has_gone_does_not_change_the_exit_code() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let case =
        Case::new().file("a.yaml", SMALL.replace("assert", "asert")).args(["check", "a.yaml", "--output", "json"]);
    assert_eq!(case.command().stdout(writer).output().unwrap().status.code(), Some(3));
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_an_error() {
    // A twin whose ready line nobody can read is of no use either.
    for command in ["kinds", "twin"] {
        let case = Case::new().args([command]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = case.command().stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(10), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the result"));
    }
}

#[test]
fn colours_are_where_they_are_asked_for() {
    let bad = SMALL.replace("that: true", "that: false");
    let coloured = |args: [&str; 4]| {
        let ran = Case::new().file("a.yaml", &bad).args(args).run().exit(1);
        (ran.out.contains('\u{1b}'), ran.err.contains('\u{1b}'))
    };
    assert_eq!(coloured(["run", "a.yaml", "--color", "auto"]), (false, false));
    assert_eq!(coloured(["run", "a.yaml", "--color", "always"]), (true, true));
    assert_eq!(coloured(["run", "a.yaml", "--color", "never"]), (false, false));
}

#[test]
fn a_run_writes_its_progress_to_standard_error_and_its_end_to_standard_output() {
    let ran = Case::new().file("a.yaml", SMALL).args(["run", "a.yaml"]).run().exit(0);
    let ran = ran.stderr("holds: done").stderr("the run is done").stdout("Recorded").stdout("surefoot audit verify");
    assert!(!ran.out.contains("holds: done"));
    let first = ran.err.lines().next().unwrap();
    assert!(first.contains("Z run ") && first.contains("small 1.0.0"), "{first}");
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "-q"]).run().exit(0).silent().stdout("Recorded");
}

#[test]
fn one_json_document_whatever_happens() {
    let case = Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--output", "json"]);
    let ended = case.run().exit(0).json("surefoot.ended.v1");
    assert_eq!((&ended["phase"], &ended["exit"]), (&"done".into(), &0.into()));
    let failed = Case::new().file("a.yaml", SMALL.replace("that: true", "that: false"));
    let ended = failed.args(["run", "a.yaml", "--output", "json"]).run().exit(1).json("surefoot.ended.v1");
    assert_eq!(ended["steps"][0]["status"], "failed");
    let error = Case::new().args(["run", "none.yaml", "--output", "json"]).run().exit(2).json("surefoot.error.v1");
    assert_eq!(error["exit"], 2);
}

#[test]
fn standard_input_is_never_read() {
    let case = Case::new().file("a.yaml", super::case::ASKING).args(["run", "a.yaml"]);
    let mut answers = tempfile::tempfile().unwrap();
    answers.write_all(b"done\ndone\n").unwrap();
    answers.rewind().unwrap();
    let output = case.command().stdin(Stdio::from(answers.try_clone().unwrap())).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(answers.stream_position().unwrap(), 0, "the process shares the position and has not moved it");
}

#[test]
fn a_password_that_works_and_one_that_nobody_knows_are_told_apart() {
    let runbook = r#"
runbook: counting
version: 1.0.0
description: Looks at a database.
inputs: {instance_id: {type: string}}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
  source_db: {env: [SOURCE_NEO4J_USERNAME, SOURCE_NEO4J_PASSWORD]}
steps:
  - id: capture
    uses: aura.instance.get
    with: {instance_id: "{{ inputs.instance_id }}"}
  - id: password
    uses: neo4j.counts
    with: {url: "{{ steps.capture.connection_url }}", credentials: "{{ secrets.source_db }}", ping: true}
  - id: nothing
    uses: neo4j.counts
    with: {url: "{{ steps.capture.connection_url }}", accept_uncounted: true}
"#;
    let mut case = Case::new().file("a.yaml", runbook);
    let ran = case.then(["run", "a.yaml", "--twin"]).exit(0);
    let status = case.then(["status"]).exit(0).out;
    for (step, what) in [("password", "password works"), ("nothing", "NOT COUNTED, accepted")] {
        let told = |line: &str| line.contains(step) && line.ends_with(what);
        assert!(ran.err.lines().any(told) && status.lines().any(told), "{step}:\n{}{status}", ran.err);
    }
    // What counted nothing has proved nothing.
    assert!(ran.out.contains("config by capture") && !ran.out.contains("counted by"), "{}", ran.out);
}
