//! What stands in a run, or is given to one, and cannot be read or recorded: told as such, and never as a bug.

use super::case::{ASKING, Case, SMALL};
use surefoot::base::Digest;

/// The same journal with another beginning of the world in its first record, and a chain that holds again.
fn in_another_world(journal: &str) -> String {
    let mut prev = "0".repeat(64);
    let mut chained = String::new();
    for line in journal.lines() {
        let line = line.replace(r#""scenario":{"#, r#""scenario":{"moons":2,"#);
        let (body, _) = line.rsplit_once(r#","h":""#).unwrap();
        let (body, _) = body.rsplit_once(r#""prev":""#).unwrap();
        let body = format!(r#"{body}"prev":"{prev}""#);
        prev = Digest::of(format!("surefoot/v1\n{body}").as_bytes()).to_string();
        chained.push_str(&format!("{body},\"h\":\"{prev}\"}}\n"));
    }
    chained
}

#[test]
fn a_scenario_in_a_run_that_cannot_be_read_is_no_bug() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml", "--twin", "--ask"]).exit(4);
    let run = case.run_id();
    let dir = case.path(&format!(".surefoot/runs/{run}"));
    let path = dir.join("journal.000001.jsonl");
    let journal = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, in_another_world(&journal)).unwrap();
    std::fs::remove_file(dir.join("journal.head")).unwrap();
    for args in [["status", &run], ["resume", &run], ["cancel", &run], ["pause", &run]] {
        let ran = case.then(args).exit(8).stderr("the scenario in the first record of the run cannot be read");
        let ran = ran.stderr("moons").stderr(&run);
        assert!(!ran.err.contains("bug"), "{}", ran.err);
    }
}

#[test]
fn a_scenario_that_is_too_long_to_be_recorded_is_no_bug() {
    let fault = "  - {match: {method: POST, path: /v1/instances/none}, kind: drop_response}\n";
    let scenario = format!("faults:\n{}", fault.repeat(4000));
    let mut case = Case::new().file("a.yaml", SMALL).file("s.yaml", scenario);
    let ran = case.then(["run", "a.yaml", "--twin", "--scenario", "s.yaml"]).exit(2);
    let ran = ran.stderr("the inputs and the scenario cannot be recorded").stderr("no run was started");
    assert!(!ran.err.contains("bug"), "{}", ran.err);
    case.then(["status"]).exit(2).stderr("there is no run");
}

#[test]
fn a_text_that_is_too_long_to_be_recorded_is_told_by_its_length() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let (run, long) = (case.run_id(), "x".repeat(100_000));
    let ran = case.then(["answer", &run, "ready", "done", "--note", &long]).exit(2);
    let ran = ran.stderr("the note is too long: 100000 bytes").stderr("nothing was recorded");
    assert!(ran.err.len() < 1000, "{}", ran.err);
    case.then(["resolve", &run, "ready", "applied", "--because", &long]).exit(2).stderr("is too long");
    case.then(["answer", &run, "ready", "done"]).exit(0);
}
