//! Whether a run is real or against a twin, whose account, which instance and change: told wherever a run is.

use super::case::{Case, MAIN, SMALL};

/// A question first, so that nothing outside is reached.
const ON_ACCOUNT: &str = "\
runbook: looking
version: 1.0.0
inputs:
  instance_id: {type: string}
  change_id: {type: string}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
steps:
  - id: ready
    uses: manual
    with: {instructions: \"Ready for {{ inputs.change_id }}?\"}
  - id: capture
    uses: aura.instance.get
    needs: [ready]
    with: {instance_id: \"{{ inputs.instance_id }}\"}
";

#[test]
fn a_real_run_tells_account_instance_and_change() {
    let case = Case::new().file("a.yaml", ON_ACCOUNT);
    let mut command = case.command();
    command.args(["run", "a.yaml", "-i", "instance_id=2f49c2b3", "-i", "change_id=CHG7"]);
    command.env("AURA_CLIENT_ID", "abcdefghijklmnop").env("AURA_CLIENT_SECRET", "canary-secret-of-aura");
    let ran = super::case::Ran::of(command.output().unwrap()).exit(4);
    let about = "REAL account ijklmnop (https://api.neo4j.io), instance 2f49c2b3, change CHG7";
    assert!(ran.err.lines().next().unwrap().contains(about), "{}", ran.err);
    assert!(ran.out.contains(about), "{}", ran.out);
    assert!(!ran.err.contains("abcdefgh"), "{}", ran.err);
    let mut case = case;
    let run = case.run_id();
    case.then(["status"]).exit(0).stdout(about);
    case.then(["runs"]).exit(0).stdout("REAL ijklmnop 2f49c2b3 CHG7");
    let status = case.then(["status", &run, "--output", "json"]).exit(0).json("surefoot.status.v1");
    let runs = case.then(["runs", "--output", "json"]).exit(0).json("surefoot.runs.v1");
    for told in [&status["about"], &runs["runs"][0]["about"]] {
        assert_eq!(told["twin"], false);
        assert_eq!(told["account"], "ijklmnop");
        assert_eq!(told["api"], "https://api.neo4j.io");
        assert_eq!(told["instance"], "2f49c2b3");
        assert_eq!(told["change"], "CHG7");
    }
}

#[test]
fn a_run_against_a_twin_says_so() {
    let mut case = Case::new().file("a.yaml", SMALL);
    let ran = case.then(["run", MAIN, "--twin", "--speed", "1500"]).exit(0);
    assert!(ran.err.lines().next().unwrap().contains("; TWIN (simulated), instance "), "{}", ran.err);
    ran.stdout("  TWIN (simulated), instance ");
    case.then(["status"]).exit(0).stdout("TWIN (simulated)");
    case.then(["runs"]).exit(0).stdout("twin ");
    let told = case.then(["runs", "--output", "json"]).exit(0).json("surefoot.runs.v1");
    assert_eq!(told["runs"][0]["about"]["twin"], true);
    let ran = case.then(["run", "a.yaml"]).exit(0);
    assert!(ran.err.lines().next().unwrap().ends_with("small 1.0.0, 1 step; REAL"), "{}", ran.err);
}

#[test]
fn the_log_says_what_requests_are_for_and_cuts_nothing() {
    let ran = Case::new().args(["run", MAIN, "--twin", "--speed", "1500"]).run().exit(0);
    let sent: Vec<&str> = ran.err.lines().filter(|line| line.contains(": sending ")).collect();
    assert!(sent.len() > 5);
    for line in &sent {
        assert!(!line.contains('…') && line.contains(" to "), "{line}");
    }
    let aborting = sent.iter().find(|line| line.contains("sending DELETE s3://")).unwrap();
    assert!(aborting.ends_with("?uploadId to abort unfinished uploads of that key; the object stays"), "{aborting}");
}
