//! `twin`: a world for other programs, and `run --twin`.

use super::case::{BINARY, Case, SMALL};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

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
