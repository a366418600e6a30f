//! `cancel`: what it does not do any more, and what it leaves in place.

use super::case::Case;
use serde_json::json;

/// Creates an instance under a name.
const NAMING: &str = r#"
runbook: naming
version: 1.0.0
inputs: {instance_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
defaults: {timeout: 12h}
steps:
  - id: look
    uses: aura.instance.get
    with: {instance_id: "{{ inputs.instance_id }}"}
  - id: make
    uses: aura.instance.create
    with:
      tenant_id: "{{ steps.look.tenant_id }}"
      type: enterprise-db
      cloud_provider: "{{ steps.look.cloud_provider }}"
      region: "{{ steps.look.region }}"
      memory: 8GB
      name: orders
      password_file: new.env
"#;

/// The service does not let anything be renamed.
const REFUSING: &str = "\
faults:
  - match: {method: PATCH, path: /v1/instances/}
    kind: status
    count: 1
    arg: {status: 400, body: {errors: [{message: not this one, reason: bad-request}]}}
";

#[test]
fn a_new_instance_is_named_while_it_is_being_created() {
    let mut case = Case::new().file("a.yaml", NAMING);
    case.then(["run", "a.yaml", "--twin"]).exit(0);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let effects = status["steps"][1]["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 2, "one request to create and one to rename: {effects:#?}");
}

#[test]
fn a_cancelled_run_renames_nothing_and_says_before_what_it_leaves() {
    let mut case = Case::new().file("a.yaml", NAMING).file("s.yaml", REFUSING);
    let ran = case.then(["run", "a.yaml", "--twin", "--scenario", "s.yaml"]).exit(4);
    let ran = ran.stdout("not this one");
    let run = case.run_id();
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let id = status["steps"][1]["created"]["id"].as_str().unwrap().to_owned();
    // Whoever decides about it is told before: where the command is offered, and by the command itself.
    let told = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("it leaves in place: instance {id}")), "{}", ran.out);
    let ran = case.then(["cancel", &run]).exit(0);
    let ran = ran.stderr("cancelling leaves 1 thing in place").stderr(&format!("instance {id}"));
    ran.stdout("Left in place").stdout(&format!("in the console, instance {id}"));
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["phase"], json!("cancelled"), "nothing is left to be done: {status:#}");
    let effects = status["steps"][1]["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 2, "nothing was sent after the cancel: {effects:#?}");
    case.then(["resume", &run]).exit(2).stderr("is closed");
    case.then(["audit", "verify", &run]).exit(0).stdout("CONSISTENT");
}

#[test]
fn an_instance_that_stays_paused_is_named_with_what_resumes_it() {
    let runbook = r#"
runbook: resting
version: 1.0.0
inputs: {instance_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
defaults: {timeout: 12h}
steps:
  - {id: rest, uses: aura.instance.pause, with: {instance_id: "{{ inputs.instance_id }}"}}
  - {id: ask, uses: manual, needs: [rest], with: {instructions: Look at it.}}
  - {id: wake, uses: aura.instance.resume, needs: [ask], with: {instance_id: "{{ inputs.instance_id }}"}}
"#;
    let mut case = Case::new().file("a.yaml", runbook);
    let ran = case.then(["run", "a.yaml", "--twin", "--ask"]).exit(4);
    let told = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(", paused"), "{}", ran.out);
    let run = case.run_id();
    let ran = case.then(["cancel", &run]).exit(0).stderr(", paused").stdout("resume it in the console");
    let (_, step) = ran.out.split_once("`{id: resume, ").expect(&ran.out);
    let (step, _) = step.split_once('`').unwrap();
    // The step that is told is one.
    let steps = format!("steps:\n  - {{id: resume, {step}\n");
    let again = "runbook: again\nversion: 1.0.0\nsecrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}\n";
    case = case.file("again.yaml", format!("{again}{steps}"));
    case.then(["check", "again.yaml"]).exit(0);
}

#[test]
fn an_instance_that_was_paused_and_runs_again_is_not_left_paused() {
    let runbook = r#"
runbook: resting
version: 1.0.0
inputs: {instance_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
defaults: {timeout: 12h}
steps:
  - {id: rest, uses: aura.instance.pause, with: {instance_id: "{{ inputs.instance_id }}"}}
  - {id: wake, uses: aura.instance.resume, needs: [rest], with: {instance_id: "{{ inputs.instance_id }}"}}
  - {id: ask, uses: manual, needs: [wake], with: {instructions: Look at it.}}
"#;
    let mut case = Case::new().file("a.yaml", runbook);
    let ran = case.then(["run", "a.yaml", "--twin", "--ask"]).exit(4);
    assert!(!ran.out.contains(", paused"), "{}", ran.out);
}
