//! `run --twin`: services that the scenario names are answered by the twin, and no request leaves it.

use super::book::{DRAIN, PROBE, drain, folder, service, step};
use serde_json::json;

const SCENARIO: &str = r#"
services:
  - host: lb.internal
    state: {state: active}
    routes:
      - {request: GET /pools/old, json: {state: "{state}"}}
      - {request: POST /pools/old/drain, meanwhile: {state: draining}, after: 1m, set: {state: drained}, status: 202}
"#;

const ARGS: [&str; 6] =
    ["run", "book.yaml", "--twin", "--scenario", "scenario.yaml", "--input=base=https://lb.internal"];

/// Simulated time goes on while a busy machine does something else.
fn patient() -> String {
    drain(PROBE).replace("settle: 1s", "settle: 2m").replace("timeout: 1m", "timeout: 1d")
}

#[test]
fn a_lost_answer_is_settled_by_looking_at_the_twin() {
    for kind in ["drop_response", "drop_request"] {
        let fault = format!("faults: [{{match: {{method: POST, path: /pools/old/drain}}, kind: {kind}}}]\n");
        let until = "    until: \"{{ probe.json.state == 'drained' }}\"\n";
        let book =
            drain(&format!("{PROBE}{until}")).replace("settle: 1s", "settle: 2m").replace("timeout: 1m", "timeout: 2h");
        let folder = folder(&book).file("scenario.yaml", &format!("{SCENARIO}{fault}"));
        let ran = folder.call(&ARGS).exit(0);
        let output = step(&folder)["output"].clone();
        assert_eq!(output["probe"]["json"], json!({"state": "drained"}), "{kind}: {output}");
        let run = folder.run_id().unwrap();
        let world = std::fs::read_to_string(folder.path(&format!(".surefoot/runs/{run}/twin/world.jsonl"))).unwrap();
        assert_eq!(world.matches(r#""request":"POST /pools/old/drain""#).count(), 1, "{world}");
        folder.assert_secret_kept(&[&ran.out, &ran.err]);
    }
}

#[test]
fn what_the_scenario_does_not_name_is_not_reached() {
    let service = service();
    let folder = folder(&patient()).file("scenario.yaml", SCENARIO);
    for base in [service.url(), "https://lb.internal:8443".to_owned(), "https://lb.external".to_owned()] {
        let input = format!("--input=base={base}");
        let state = format!("state-{}", base.len());
        let args = [&ARGS[..5], &[&*input, "--state-dir", &*state]].concat();
        let ran = folder.call(&args);
        assert_ne!(ran.code, 0);
        ran.says("nothing leaves a twin: its scenario names no service");
    }
    assert!(service.seen().is_empty(), "{:?}", service.seen());
    assert_eq!(service.came(DRAIN), 0);
}

#[test]
fn a_twin_of_its_own_says_which_services_it_has() {
    let folder = folder(&patient()).file("scenario.yaml", SCENARIO);
    let mut twin = folder.spawn(&["twin", "--scenario", "scenario.yaml", "--speed", "600"]);
    let mut ready = String::new();
    let out = twin.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut ready).unwrap();
    std::fs::write(folder.path("ready.json"), &ready).unwrap();
    let told: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let args = ["run", "book.yaml", "--twin=ready.json", "--input=base=https://lb.internal"];
    let until = folder.call(&args);
    twin.kill().unwrap();
    twin.wait().unwrap();
    assert_eq!(told["services"], json!(["lb.internal"]));
    until.exit(0);
}
