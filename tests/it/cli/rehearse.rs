//! `rehearse`: trials of a runbook, as a process of its own.

use super::case::{Case, MAIN, SMALL};
use serde_json::{Value, json};

/// The evidence that a rehearsal has left in the directory.
fn evidence(case: &Case) -> Value {
    let files = std::fs::read_dir(case.path("audit/rehearsals")).unwrap().map(|one| one.unwrap().path());
    let documents: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert_eq!(documents.len(), 1, "{documents:?}");
    let document: Value = serde_json::from_slice(&std::fs::read(&documents[0]).unwrap()).unwrap();
    let name = documents[0].file_stem().unwrap().to_str().unwrap();
    assert!(name.starts_with(document["plan_digest"].as_str().unwrap()), "{name}");
    document
}

#[test]
fn a_rehearsal_is_evidence_for_its_plan() {
    let mut case = Case::new().file("a.yaml", SMALL);
    let ran = case.then(["rehearse", "a.yaml", "--seeds", "50"]).exit(0).silent();
    let ran = ran.stdout("holds: seeds 0 to 49, 0 of 50 with a violation");
    assert!(ran.out.contains("the change"), "{}", ran.out);
    let document = evidence(&case);
    assert_eq!((&document["trials"], &document["violations"]), (&50.into(), &0.into()));
    let told = case.then(["rehearse", "a.yaml", "--seeds", "50", "--output", "json"]).exit(0);
    let told = told.json("surefoot.rehearsal.v1");
    for name in ["plan_digest", "trials", "endings", "met", "crashes", "simulated_seconds", "estimate"] {
        assert_eq!(told[name], document[name], "{name}");
    }
}

#[test]
fn a_narrower_rehearsal_takes_nothing_from_a_wider_one() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["rehearse", "a.yaml", "--seeds", "20"]).exit(0);
    let wider = evidence(&case);
    assert_eq!((&wider["campaign"]["trials"], &wider["campaign"]["world"]), (&"seeds-0-19".into(), &1.into()));
    case.then(["rehearse", "a.yaml", "--crash", "before:3"]).exit(0);
    case.then(["rehearse", "a.yaml", "--seed", "3"]).exit(0);
    case.then(["rehearse", "a.yaml", "--seeds", "20", "--from", "5"]).exit(0);
    case.then(["rehearse", "a.yaml", "--seeds", "20", "--world", "2"]).exit(0);
    let files = std::fs::read_dir(case.path("audit/rehearsals")).unwrap().map(|one| one.unwrap().path());
    let documents: Vec<Value> =
        files.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect();
    assert_eq!(documents.len(), 5);
    assert!(documents.contains(&wider), "{wider} is not there any more");
}

#[test]
fn a_crash_at_every_call_of_a_small_runbook() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["rehearse", "a.yaml", "--crash", "all"]).exit(0).stdout("a crash before and after every call");
    let document = evidence(&case);
    assert!(document["trials"].as_u64().unwrap() >= 40, "{document}");
    assert_eq!(document["crashes"], document["trials"]);
    assert_eq!(document["endings"]["done"], document["trials"]);
}

#[test]
fn a_crash_is_where_it_is_said_to_be() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["rehearse", "a.yaml", "--crash", "before:3,after:9"]).exit(0).stdout("a crash at before:3,after:9");
    let document = evidence(&case);
    assert_eq!((&document["trials"], &document["crashes"]), (&1.into(), &2.into()));
    for wrong in ["before", "before:0", "during:3", "after:x", "all,before:1"] {
        case.then(["rehearse", "a.yaml", "--crash", wrong]).exit(2).stderr("before:CALL or after:CALL");
    }
}

#[test]
fn faults_of_a_file_meet_the_run() {
    let faults = "- {match: {method: POST, path: /v1/instances}, kind: drop_response}\n";
    let mut case = Case::new().file("faults.yaml", faults);
    case.then(["rehearse", MAIN, "--faults", "faults.yaml"]).exit(0);
    let document = evidence(&case);
    assert_eq!(document["met"]["response lost"], 1, "{document}");
    assert_eq!(document["endings"]["done"], 1, "{document}");
}

#[test]
fn faults_of_a_file_meet_the_object_store() {
    let faults = json!([
        {"match": {"method": "PUT", "path": "/surefoot-backups/*.backup"}, "kind": "late", "arg": 30},
        {"match": {"method": "POST", "path": "/surefoot-backups/*"}, "kind": "status", "arg": 503, "after": 1},
        {"match": {"method": "HEAD", "path": "/surefoot-backups/*"}, "kind": "delay", "arg": 20},
        {"match": {"method": "DELETE", "path": "/surefoot-backups/*"}, "kind": "drop_response"},
    ]);
    let mut case = Case::new().file("faults.yaml", faults.to_string());
    case.then(["rehearse", MAIN, "--faults", "faults.yaml"]).exit(0);
    let document = evidence(&case);
    for met in ["request late", "status 5xx", "request slow", "response lost"] {
        assert_eq!(document["met"][met], 1, "{met}: {document}");
    }
    assert_eq!(document["endings"]["done"], 1, "{document}");
}

/// Gives the source another name.
const RENAMING: &str = "\
runbook: renaming
version: 1.0.0
description: Gives an instance another name.
inputs:
  instance_id: {type: string, description: the instance}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
defaults: {retry: {max: 8, backoff: 2s..60s}}
steps:
  - id: rename
    uses: aura.instance.update
    with: {instance_id: \"{{ inputs.instance_id }}\", name: other}
";

/// What happens to [`RENAMING`] where its request meets this fault.
fn renamed(count: u32, arg: &Value) -> Value {
    let fault = json!([{"match": {"method": "PATCH", "path": "/v1/instances/"}, "kind": "status", "count": count,
        "arg": arg}]);
    let mut case = Case::new().file("a.yaml", RENAMING).file("faults.yaml", fault.to_string());
    case.then(["rehearse", "a.yaml", "--faults", "faults.yaml"]).exit(0);
    let document = evidence(&case);
    assert_eq!(document["endings"]["done"], 1, "{document}");
    document
}

/// The service refuses because it is at work on the instance, and says so with many words.
fn busy(words: usize) -> Value {
    json!({"errors": [{"message": "busy ".repeat(words), "reason": "ongoing-database-operation"}]})
}

#[test]
fn a_fault_of_a_file_answers_with_its_body_and_its_headers() {
    let document = renamed(2, &json!({"status": 409, "body": busy(1)}));
    assert_eq!(document["met"]["status 4xx"], 2, "{document}");
    let seconds = |headers: Value| {
        let document = renamed(1, &json!({"status": 429, "body": busy(1), "headers": headers}));
        document["simulated_seconds"].as_u64().unwrap()
    };
    let (at_once, later) = (seconds(json!({})), seconds(json!({"Retry-After": 55})));
    assert!(at_once + 45 < later, "{at_once} and {later}");
}

#[test]
fn a_fault_of_a_file_may_answer_with_more_than_anybody_reads() {
    // A refusal of 900 KiB is read to its end, and its reason with it.
    let document = renamed(2, &json!({"status": 409, "body": busy(180 << 10)}));
    assert_eq!(document["met"]["status 4xx"], 2, "{document}");
    // Of a longer one nobody knows that it is a refusal.
    let document = renamed(1, &json!({"status": 400, "body": "no ".repeat(500 << 10)}));
    assert_eq!(document["met"]["status 4xx"], 1, "{document}");
}

#[test]
fn what_cannot_be_rehearsed_is_said() {
    let mut case =
        Case::new().file("a.yaml", SMALL).file("b.yaml", "- {kind: nonsense}\n").file("c.yaml", "tenants: 1\n");
    case.then(["rehearse", "none.yaml"]).exit(2).stderr("none.yaml");
    case.then(["rehearse", "a.yaml", "--faults", "b.yaml"]).exit(2).stderr("b.yaml is not a list of faults");
    case.then(["rehearse", "a.yaml", "--scenario", "c.yaml"]).exit(2).stderr("c.yaml is not a scenario");
    case.then(["rehearse", "a.yaml", "--seeds", "5", "--crash", "all"]).exit(2).stderr("cannot be used with");
    case.then(["rehearse", "b.yaml"]).exit(3).stderr("SF");
    case.then(["rehearse", "a.yaml", "--seeds", "0"]).exit(2).stderr("--seeds");
}

#[test]
fn what_fails_by_itself_is_said_and_not_tried_a_thousand_times() {
    // A check that does not hold leaves the run open, and no other trial would say more.
    let (first, document) = held(&mut Case::new(), ["rehearse", MAIN, "-i", "target_region=mars-1"]);
    assert!(first.contains("a run without faults, 1 of 1 held: target: the region mars-1"), "{first}");
    assert_eq!(document["trials"], 1, "{document}");
    let mut case = Case::new().file("none.yaml", "instances: []\n");
    let ran = case.then(["rehearse", MAIN, "-i", "instance_id=00000000", "--scenario", "none.yaml"]).exit(3);
    ran.stderr("`migrate-to-vdc` does not complete even without faults: it failed")
        .stderr("00000000")
        .stderr("the inputs or the runbook");
    assert!(!case.path("audit/rehearsals").exists());
}

#[test]
fn what_was_to_happen_and_did_not_is_no_evidence() {
    let faults = "- {match: {method: POST, path: /v1/nowhere}, kind: drop_response}\n";
    let mut case = Case::new().file("a.yaml", SMALL).file("faults.yaml", faults);
    let ran = case.then(["rehearse", "a.yaml", "--faults", "faults.yaml"]).exit(2);
    ran.stderr("no request matched the fault").stderr("/v1/nowhere");
    case.then(["rehearse", "a.yaml", "--crash", "before:3,after:99999"]).exit(2).stderr("1 of 2 points were met");
    assert!(!case.path("audit/rehearsals").exists());
}

#[test]
fn the_evidence_of_somebodys_own_change_stands_under_its_digest() {
    let inputs = "instance_id: \"0badcafe\"\nbucket: our-backups\nchange_id: CHG7\n";
    let mut case = Case::new().file("in.yaml", inputs);
    case.then(["rehearse", MAIN, "--inputs", "in.yaml", "--seeds", "3"]).exit(0);
    let rehearsed = evidence(&case)["plan_digest"].clone();
    let planned = case.then(["plan", MAIN, "--inputs", "in.yaml", "--output", "json"]).exit(0).json("surefoot.plan.v1");
    assert_eq!(rehearsed, planned["digest"], "{planned}");
}

#[test]
fn a_deletion_that_is_answered_not_found_is_looked_after() {
    // The instance is there all the same, once, and whenever it is asked for.
    let once = "- {match: {method: DELETE, path: /v1/instances/}, kind: status, arg: 404, count: 1}\n";
    let mut case = Case::new().file("once.yaml", once);
    case.then(["rehearse", MAIN, "--faults", "once.yaml"]).exit(0).stdout("0 of 1 with a violation");
}

#[test]
fn the_last_seed_of_all_is_a_seed() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["rehearse", "a.yaml", "--from", "18446744073709551614", "--seeds", "2"]).exit(0);
    case.then(["rehearse", "a.yaml", "--from", "18446744073709551614", "--seeds", "3"]).exit(2).stderr("no 3 seeds");
}

/// The first line of a rehearsal, which ends with exit code 1 and says why its runs come to no end.
fn held<const N: usize>(case: &mut Case, args: [&str; N]) -> (String, Value) {
    let ran = case.then(args).exit(1);
    let first = ran.out.split_once("\n\n").map_or(ran.out.as_str(), |(first, _)| first);
    let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(first.contains("does not complete without a person") && !first.contains("holds"), "{first}");
    let document = evidence(case);
    assert_eq!(document["verdict"], "held", "{document}");
    (first, document)
}

#[test]
fn a_rehearsal_whose_runs_are_all_held_is_no_success() {
    let mut case = Case::new().file("a.yaml", RENAMING).file("faults.yaml", always("GET", 503));
    let (first, document) = held(&mut case, ["rehearse", "a.yaml", "--faults", "faults.yaml"]);
    assert!(first.contains("1 of 1 held") && first.contains("503"), "{first}");
    assert!(document["held"].as_str().unwrap().contains("503"), "{document}");
}

#[test]
fn a_run_that_is_held_with_nothing_in_its_way_is_not_tried_a_thousand_times() {
    let create = "  - id: make
    uses: aura.instance.create
    with: {tenant_id: \"{{ steps.look.tenant_id }}\", type: enterprise-db, memory: 8GB, password_file: new.env,
      cloud_provider: \"{{ steps.look.cloud_provider }}\", region: \"{{ steps.look.region }}\",
      name: a name that is longer than the service takes}
";
    let (head, _) = RENAMING.split_once("  - id: rename").unwrap();
    let look = "  - {id: look, uses: aura.instance.get, with: {instance_id: \"{{ inputs.instance_id }}\"}}\n";
    let mut case = Case::new().file("a.yaml", format!("{head}{look}{create}"));
    let (first, document) = held(&mut case, ["rehearse", "a.yaml", "--seeds", "500"]);
    assert!(first.contains("a run without faults, 1 of 1 held: make: "), "{first}");
    assert_eq!((&document["trials"], &document["violations"]), (&1.into(), &0.into()), "{document}");
}

/// Every such request about an instance is answered so, as often as it is sent.
fn always(method: &str, status: u16) -> String {
    json!([{"match": {"method": method, "path": "/v1/instances/"}, "kind": "status", "count": 100_000, "arg": status}])
        .to_string()
}

#[test]
fn a_rehearsal_of_which_a_part_is_cancelled_and_none_is_done_is_no_success() {
    let mut case = Case::new().file("a.yaml", RENAMING).file("faults.yaml", always("GET", 503));
    let (first, document) = held(&mut case, ["rehearse", "a.yaml", "--seeds", "60", "--faults", "faults.yaml"]);
    let [held, cancelled] = ["needs the operator", "cancelled"].map(|name| document["endings"][name].as_u64().unwrap());
    assert!(held > 0 && cancelled > 0 && document["endings"]["done"].is_null(), "{document}");
    assert!(first.contains(&format!("0 of 60 done, {held} held, ")), "{first}");
    assert!(first.contains(&format!(", {cancelled} cancelled: rename: ")), "{first}");
    assert!(document["held"].as_str().unwrap().starts_with("rename: "), "{document}");
    assert_eq!(document["failed"], Value::Null, "{document}");
}

#[test]
fn a_rehearsal_whose_runs_all_fail_is_no_success() {
    let mut case = Case::new().file("a.yaml", RENAMING).file("faults.yaml", always("PATCH", 403));
    let ran = case.then(["rehearse", "a.yaml", "--faults", "faults.yaml"]).exit(1);
    let first = ran.out.split_once("\n\n").map_or(ran.out.as_str(), |(first, _)| first);
    assert!(first.contains("1 of 1 failed before the point of no return") && !first.contains("holds"), "{first}");
    let document = evidence(&case);
    assert_eq!((&document["verdict"], &document["held"]), (&"failed".into(), &Value::Null), "{document}");
    assert!(document["failed"].as_str().unwrap().starts_with("rename: "), "{document}");
}

#[test]
fn an_assumption_that_is_not_so_ends_with_a_code_whose_meaning_is_told() {
    let make = "  - {id: look, uses: aura.instance.get, with: {instance_id: \"{{ inputs.instance_id }}\"}}
  - id: make
    uses: aura.instance.create
    timeout: 4h
    with: {tenant_id: \"{{ steps.look.tenant_id }}\", type: enterprise-db, memory: 8GB, password_file: new.env,
      cloud_provider: aws, region: eu-west-1, lag_max: 1m}
";
    let (head, _) = RENAMING.split_once("  - id: rename").unwrap();
    let mut case = Case::new().file("a.yaml", format!("{head}{make}")).file("s.yaml", "list_lag: 600s\n");
    let ran = case.then(["rehearse", "a.yaml", "--seeds", "60", "--scenario", "s.yaml"]).exit(3);
    ran.stdout("holds if its assumption does").stdout("the assumption is broken");
    assert_eq!(evidence(&case)["verdict"], "assumption-broken");
    let codes = case.then(["help", "exit-codes", "--output", "json"]).exit(0).json("surefoot.exit-codes.v1");
    let code = codes["codes"].as_array().unwrap().iter().find(|one| one["code"] == 3).unwrap().to_string();
    assert!(code.contains("a rehearsal shows that") && code.contains("rests on a wrong assumption"), "{code}");
}

/// A command with a probe, and one without.
const PROMOTING: &str = "\
runbook: promoting
version: 1.0.0
steps:
  - id: promote
    uses: command
    effect: undoable
    with: {argv: [promote, db]}
    probe:
      uses: command
      with: {argv: [promoted, db], expect: {exit_code: [0, 1]}}
      applied: \"{{ probe.exit_code == 0 }}\"
  - id: role
    uses: command
    needs: [promote]
    effect: none
    with: {argv: [role, db], parse: json}
  - {id: holds, uses: assert, with: {that: \"{{ steps.role.json.role == 'primary' }}\"}}
";

#[test]
fn a_scenario_says_what_commands_do() {
    let scenario = "commands:\n  - {argv: [promote, db], takes: 40s}\n  \
                    - {argv: [promoted, db], looks_for: [promote, db]}\n  \
                    - {argv: [role, db], stdout: '{\"role\": \"primary\"}'}\n";
    let mut case = Case::new().file("a.yaml", PROMOTING).file("s.yaml", scenario);
    case.then(["rehearse", "a.yaml", "--scenario", "s.yaml", "--seeds", "100"])
        .exit(0)
        .stdout("0 of 100 with a violation");
    let crashes = case.then(["rehearse", "a.yaml", "--scenario", "s.yaml", "--crash", "all"]);
    crashes.exit(0).stdout("a crash before and after every call");
    // What a probe finds is not guessed.
    let unlisted = "commands:\n  - {argv: [promote, db]}\n";
    let case = case.file("u.yaml", unlisted).args(["rehearse", "a.yaml", "--scenario", "u.yaml", "--seeds", "1"]);
    let ran = case.run().stderr("add `- argv: [\"promoted\",\"db\"]` under `commands`");
    assert_ne!(ran.code, 0);
}
