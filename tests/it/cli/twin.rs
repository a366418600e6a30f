//! `twin`: a world for other programs, and `run --twin`.

use super::case::{ASKING, BINARY, Case, Ran, SMALL};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use surefoot::twin::{Scenario, World};

#[test]
fn a_twin_prints_its_ready_line_and_ends_at_a_signal() {
    let case = Case::new().file("a.yaml", SMALL);
    let mut child = Command::new(BINARY).arg("twin").current_dir(case.path("")).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert!(ready["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    std::fs::write(case.path("ready.json"), &line).unwrap();
    let mut case = case;
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(0);
    case.then(["run", "a.yaml", "--twin=ready.json", "--speed", "2"]).exit(2).stderr("has its own speed");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A twin that writes its ready line into this file.
fn twin_into(case: &Case, file: &str) -> Child {
    let out = std::fs::File::create(case.path(file)).unwrap();
    Command::new(BINARY).arg("twin").current_dir(case.path("")).stdout(out).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
fn end(mut child: Child) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_twin_that_is_just_being_started_is_waited_for() {
    let case = Case::new().file("a.yaml", SMALL).file("ready.json", "");
    let run = case.args(["run", "a.yaml", "--twin=ready.json"]);
    let child = run.spawn();
    std::thread::sleep(Duration::from_millis(700));
    let twin = twin_into(&run, "ready.json");
    Ran::of(child.wait_with_output().unwrap()).exit(0);
    end(twin);
}

#[test]
fn a_run_whose_twin_is_gone_is_told_of_all_the_same() {
    let mut case = Case::new().file("a.yaml", SMALL).file("b.yaml", ASKING);
    let twin = twin_into(&case, "ready.json");
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(0);
    case.then(["run", "b.yaml", "--twin=ready.json", "--ask"]).exit(4);
    end(twin);
    std::fs::remove_file(case.path("ready.json")).unwrap();
    let runs = case.then(["runs"]).exit(0).stdout("small").stdout("asking").stdout("1/1").stdout("0/2");
    assert!(!runs.out.contains("unreadable") && runs.out.matches("  twin").count() == 2, "{}", runs.out);
    case.then(["status"]).exit(0).stdout("asking").stdout("Put the kettle on.");
    // Only the one that is not closed is resumed, and for that its twin is needed.
    case.then(["resume"]).exit(2).stderr("ready.json");
    let document = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let run = document["run"].as_str().unwrap().to_owned();
    case.then(["answer", &run, "ready", "done"]).exit(0);
    case.then(["cancel", &run]).exit(0).stdout("cancelling is recorded");
}

#[test]
fn a_question_that_needs_the_console_says_where_that_runs() {
    let mut case = Case::new();
    case.then(["run", super::case::MAIN, "--twin", "--ask", "--speed", "3000"]).exit(4);
    let run = case.run_id();
    case.then(["answer", &run, "writers_stopped", "done"]).exit(0);
    let ran = case.then(["resume"]).exit(4).stdout("The twin lives in the process that drives the run");
    let (_, next) = ran.out.split_once("\nNext\n").unwrap();
    assert!(next.starts_with(&format!("  surefoot resume {run}\n")), "{next}");
    assert!(next.contains("the twin and its console run while it does"), "{next}");
    case.then(["status"]).exit(0).stdout("The twin lives in the process").stdout("where it was made before");
}

#[test]
fn an_instance_that_is_only_looked_at_is_not_what_a_run_has_made() {
    let overwrite = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/overwrite.yaml");
    let scenario = Scenario::default();
    let start = scenario.start();
    let state = World::new(1, scenario, start).unwrap().state(start);
    let other = state["instances"].as_array().unwrap().iter().find(|one| one["name"] == "payments-reporting").unwrap();
    let source = format!("source_instance_id={}", other["id"].as_str().unwrap());
    let ran = Case::new().args(["run", overwrite, "--twin", "--ask", "-i", &source]).run().exit(4);
    let ran = ran.stdout("writers_stopped");
    assert!(!ran.out.contains("Before and after"), "{}", ran.out);
}

#[test]
fn choices_that_make_no_world() {
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin", "--speed", "0"]).run().exit(2).stderr("above 0");
    Case::new().args(["twin", "--speed", "nan"]).run().exit(2).stderr("above 0");
    Case::new().args(["twin", "--speed", "1e9"]).run().exit(2).stderr("up to 100000");
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin", "--speed", "inf"]).run().exit(2);
    Case::new().args(["twin", "--listen", "nowhere"]).run().exit(2).stderr("--listen");
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin=none.json"]).run().exit(2).stderr("none.json");
    Case::new().file("a.yaml", SMALL).file("r.json", "{}").args(["run", "a.yaml", "--twin=r.json"]).run().exit(2);
}
