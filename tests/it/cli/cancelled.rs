//! `cancel`: what it does not do any more, and what it leaves in place.

use super::case::{BINARY, Case, Ran};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

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
    assert!(told.contains(&format!("these remain: instance {id}")), "{}", ran.out);
    let ran = case.then(["cancel", &run]).exit(0);
    let ran = ran.stderr("cancelling leaves 1 thing in place").stderr(&format!("instance {id}"));
    ran.stdout("Left in place").stdout("it is in the run's own twin and costs nothing");
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["phase"], json!("cancelled"), "nothing is left to be done: {status:#}");
    let effects = status["steps"][1]["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 2, "nothing was sent after the cancel: {effects:#?}");
    case.then(["resume", &run]).exit(2).stderr("is closed");
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
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

/// A twin that runs on its own, until this is dropped.
struct Twin(Child, Value);

impl Twin {
    /// Starts one and writes its ready line into `ready.json`.
    fn start(case: &Case) -> Self {
        let mut twin = Command::new(BINARY);
        twin.args(["twin", "--scenario", "s.yaml", "--speed", "600"]).current_dir(case.path("")).stdout(Stdio::piped());
        let mut child = twin.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        std::fs::write(case.path("ready.json"), &line).unwrap();
        Self(child, serde_json::from_str(&line).unwrap())
    }

    fn says(&self, name: &str) -> &str {
        self.1[name].as_str().unwrap()
    }

    /// The environment in which it is the service.
    fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("AURA_BASE_URL", self.says("base_url")),
            ("AURA_AUTH_URL", self.says("auth_url")),
            ("AURA_CLIENT_ID", self.says("client_id")),
            ("AURA_CLIENT_SECRET", self.says("client_secret")),
        ]
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Cancels the only run, whose instance stays, and types the command that is said to remove it.
fn removed(case: &mut Case, twin: &Twin) -> String {
    let run = case.run_id();
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let id = status["steps"][1]["created"]["id"].as_str().unwrap().to_owned();
    let told = case.then(["cancel", &run]).exit(0).stdout("Left in place");
    let command = told.out.split('`').find(|part| part.contains("curl")).expect(&told.out).to_owned();
    assert!(command.contains(&id) && !command.contains(twin.says("client_secret")), "{command}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).envs(twin.environment()).stdin(Stdio::null());
    Ran::of(shell.output().unwrap()).exit(0);
    let state = format!("curl -fsS {}/_twin/state", twin.says("base_url"));
    let state: Value = serde_json::from_str(&case.typed(&state).exit(0).out).unwrap();
    let stays = state["instances"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str());
    assert!(stays.is_none_or(|one| one["status"] == "destroying"), "{stays:?}");
    command
}

#[test]
fn what_a_cancelled_run_leaves_is_removed_by_the_command_that_is_told() {
    // At a twin that runs on its own: its console.
    let mut case = Case::new().file("a.yaml", NAMING).file("s.yaml", REFUSING);
    let twin = Twin::start(&case);
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(4).stdout("not this one");
    let command = removed(&mut case, &twin);
    assert!(command.starts_with("curl -f -X POST ") && command.contains(twin.says("console_url")), "{command}");
    drop(twin);
    // In the real world: the API, with credentials that stand in no argument.
    let mut case = Case::new().file("a.yaml", NAMING).file("s.yaml", REFUSING);
    let twin = Twin::start(&case);
    case.then(["keys", "init"]).exit(0);
    let source = twin.1["instances"][0]["id"].as_str().unwrap();
    let run = case.args(["run", "a.yaml", "-i", &format!("instance_id={source}")]);
    Ran::of(run.command().envs(twin.environment()).output().unwrap()).exit(4).stdout("not this one");
    let mut case = run;
    let command = removed(&mut case, &twin);
    assert!(command.contains("-X DELETE") && command.contains(twin.says("base_url")), "{command}");
}
