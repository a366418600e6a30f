//! `resolve`: a person records the outcome of an effect, may be wrong, and says it again.

use super::case::{BINARY, Case};
use super::doubt::{CREATING, waiting_to_create};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Three requests to create are answered by nothing that can be understood.
const DEAF: &str = "faults:\n  - {match: {method: POST, path: /v1/instances}, kind: status, arg: 503, count: 3}\n";

/// A twin in a process of its own, ended when it is dropped.
struct Twin(Child);

impl Drop for Twin {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The request to create never arrives, and then nobody can look for a while.
const BLIND: &str = "faults:\n  - {match: {method: POST, path: /v1/instances}, kind: drop_request}\n  \
                     - {match: {method: GET, path: /v1/instances}, kind: status, arg: 503, after: 2, count: 6}\n";

/// A run that is held because nobody knows whether something was created; its twin.
fn in_doubt() -> (Case, String, Twin) {
    held(DEAF, 9)
}

/// A run that creates an instance in a world like this and ends with this code; its twin.
fn held(scenario: &str, exit: i32) -> (Case, String, Twin) {
    let creating = CREATING.replace("    retry:", "    timeout: 10m\n    retry:");
    let mut case = Case::new().file("c.yaml", creating).file("s.yaml", scenario);
    let args = ["twin", "--scenario", "s.yaml", "--speed", "800"];
    let mut twin = Command::new(BINARY).args(args).current_dir(case.path("")).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(twin.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    std::fs::write(case.path("ready.json"), ready).unwrap();
    let twin = Twin(twin);
    let ran = case.then(["run", "c.yaml", "--twin=ready.json"]).exit(exit).stdout("resolve ");
    let run = case.run_id();
    let told = |verdict: &str| format!("`surefoot resolve {run} recreate {verdict} --because TEXT`");
    let command = format!("{} or {}", told("applied"), told("not-applied"));
    assert!(ran.out.contains(&told("applied")) && ran.err.contains(&command), "{}{}", ran.out, ran.err);
    (case, run, twin)
}

fn resolve(case: &mut Case, run: &str, verdict: &str) -> String {
    let ran = case.then(["resolve", run, "recreate", verdict, "--because", "looked in the console"]);
    let ran = ran.exit(0).stdout("is resolved as").stdout(&format!("surefoot resume {run}"));
    assert!(!ran.out.contains("surefoot resolve"), "it was resolved just now:\n{}", ran.out);
    ran.out
}

#[test]
fn the_commands_of_a_remedy_can_be_typed_as_they_stand() {
    let (mut case, run, _twin) = in_doubt();
    std::fs::rename(case.path(".surefoot"), case.path("a state")).unwrap();
    let told =
        |verdict: &str| format!("`surefoot resolve {run} recreate {verdict} --because TEXT --state-dir 'a state'`");
    let command = format!("{} or {}", told("applied"), told("not-applied"));
    let resume = format!("`surefoot resume {run} --state-dir 'a state'`");
    let ran = case.then(["status", "--state-dir", "a state"]).exit(0);
    for command in [told("applied"), told("not-applied"), resume.clone()] {
        assert!(ran.out.contains(&command), "{command} on one line:\n{}", ran.out);
    }
    let status = case.then(["status", "--state-dir", "a state", "--output", "json"]).exit(0);
    let remedy = status.json("surefoot.status.v1")["steps"][1]["remedy"].as_str().unwrap().to_owned();
    assert!(remedy.ends_with(&format!("{command}, and {resume}")), "{remedy}");
}

#[test]
fn the_wrong_word_can_be_taken_back() {
    let (mut case, run, _twin) = in_doubt();
    resolve(&mut case, &run, "applied");
    resolve(&mut case, &run, "not-applied");
    case.then(["resume"]).exit(0);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["steps"][1]["output"]["attempts"], 4, "{status:#}");
    case.then(["resolve", &run, "recreate", "applied", "--because", "too late for that"]).exit(2).stderr("is closed");
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
}

#[test]
fn the_wrong_word_can_be_taken_back_after_it_was_acted_upon() {
    let (mut case, run, _twin) = in_doubt();
    for verdict in ["applied", "applied", "not-applied", "applied"] {
        resolve(&mut case, &run, verdict);
    }
    case.then(["resume"]).exit(9).stdout("not done after 10m").stdout("surefoot resolve");
    resolve(&mut case, &run, "not-applied");
    case.then(["resume"]).exit(0);
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
}

#[test]
fn what_nobody_can_look_at_is_resolved_too() {
    let (mut case, run, _twin) = held(BLIND, 6);
    resolve(&mut case, &run, "not-applied");
    case.then(["resume"]).exit(0);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["steps"][1]["output"]["attempts"], 2, "{status:#}");
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
}

#[test]
fn only_what_is_in_doubt_is_resolved_and_only_with_a_reason() {
    let (mut case, run, _twin) = in_doubt();
    let mut refused =
        |step: &str, because: &str| case.then(["resolve", &run, step, "applied", "--because", because]).exit(2);
    refused("capture", "looked in the console").stderr("has no request to resolve");
    refused("recreated", "looked in the console").stderr("did you mean `recreate`?");
    refused("recreate", "x").stderr("`--because` is too short");
}

#[test]
fn an_input_is_changed_once_what_was_sent_is_settled() {
    let (mut case, run, _twin) = in_doubt();
    resolve(&mut case, &run, "not-applied");
    case.then(["resume", "--set", "recreate.memory=4GB"]).exit(0);
    let journal = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
    let changed = journal.find(r#""type":"step.changed""#).unwrap();
    assert!(journal.rfind(r#""type":"call.intended""#).unwrap() > changed, "it is sent with the new value");
}

#[test]
fn an_input_of_a_step_that_has_not_begun_is_not_changed() {
    let (mut case, run) = waiting_to_create();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let before = std::fs::read(&journal).unwrap();
    let refused = case.then(["resume", "--set", "recreate.memory=4GB"]).exit(2);
    refused.stderr("`memory` of `recreate` cannot be changed now").stderr("it has not started");
    assert!(std::fs::read(&journal).unwrap() == before, "nothing is recorded");
}
