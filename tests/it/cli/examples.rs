//! The example on the page of a kind is one that runs.

use super::case::{Case, Ran};
use serde_json::Value;

/// The example of a kind as a runbook, with these lines before its steps.
fn runbook(kind: &str, before: &str) -> String {
    let kind = surefoot::kinds::find(kind).unwrap();
    let steps = kind.example.lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!("runbook: example\nversion: 1.0.0\n{before}steps:\n{steps}")
}

/// What a step came to, as the trail has it.
fn output(case: &mut Case, step: &str) -> Value {
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let run = status["run"].as_str().unwrap().to_owned();
    let trail = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
    let records = trail.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut done = records.filter(|one| one["type"] == "step.succeeded" && one["data"]["step"] == step);
    done.next_back().unwrap_or_else(|| panic!("{step} has not succeeded\n{trail}"))["data"]["output"].clone()
}

fn run(case: &mut Case) -> Ran {
    case.then(["check", "a.yaml"]).exit(0);
    case.then(["run", "a.yaml"]).exit(0)
}

#[test]
fn file_read() {
    let hosts = r#"{"hosts": ["a", "b"], "seen_at": "22:14"}"#;
    let mut case = Case::new().file("a.yaml", runbook("file.read", "")).file("inventory.json", hosts);
    run(&mut case).stdout("config by inventory");
    assert_eq!(output(&mut case, "inventory")["json"]["hosts"], serde_json::json!(["a", "b"]));
    case.then(["status"]).stdout("41 B, sha256 ");
}
