//! What is in doubt is told by `status`, and by `resume` before it does anything about it.

use super::case::Case;
use surefoot::ops::{Paths, status};
use surefoot::report::{self, StatusPage, Style};

/// Creates an instance like the one that is there.
pub(super) const CREATING: &str = r#"
runbook: creating
version: 1.0.0
description: Creates an instance like another one.
inputs: {instance_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
steps:
  - id: capture
    uses: aura.instance.get
    with: {instance_id: "{{ inputs.instance_id }}"}
  - id: recreate
    uses: aura.instance.create
    with:
      tenant_id: "{{ steps.capture.tenant_id }}"
      type: "{{ steps.capture.type }}"
      cloud_provider: "{{ steps.capture.cloud_provider }}"
      region: "{{ steps.capture.region }}"
      memory: "{{ steps.capture.memory }}"
      password_file: new.env
    retry: {max: 1, backoff: 1s..1s}
"#;

/// A run that waits for a person before it creates anything, and its id.
pub(super) fn waiting_to_create() -> (Case, String) {
    let waiting = CREATING.replace(
        "  - id: recreate\n",
        "  - {id: wait, uses: manual, with: {instructions: Wait.}}\n  - id: recreate\n    needs: [wait]\n",
    );
    let mut case = Case::new().file("c.yaml", waiting);
    case.then(["run", "c.yaml", "--twin", "--ask"]).exit(4);
    let run = case.run_id();
    (case, run)
}

/// The request to create never arrives, and every read fails after the first list.
const SILENT: &str = r"
faults:
  - {match: {method: POST, path: /v1/instances}, kind: drop_request}
  - {match: {method: GET, path: /v1/instances}, kind: status, arg: 503, after: 2, count: 100}
";

/// The text without what differs from run to run.
fn constant(text: &str, case: &Case, run: &str) -> String {
    let folder = std::fs::canonicalize(case.path("")).unwrap().to_string_lossy().into_owned();
    let text = text.replace(folder.trim_end_matches('/'), "/folder").replace(run, "RUN");
    let text = without_times(&text);
    text.replace(&derived(&text), "sf-NAME")
}

/// Times of day and dates as letters.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(place);
        out.push_str(before);
        let end =
            from.find(|letter: char| !(letter.is_ascii_digit() || "-:TZ.".contains(letter))).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        out.push_str(if number.matches(':').count() > 1 { "TIME" } else { number });
        if number.ends_with(':') {
            out.push(':');
        }
        rest = after;
    }
    out + rest
}

/// The derived name in the text.
fn derived(text: &str) -> String {
    let place = text.find(" sf-").map_or(0, |place| place + 1);
    text[place..].chars().take(19).collect()
}

#[test]
fn a_creation_in_doubt_is_told_before_anything_is_done_about_it() {
    let mut case = Case::new().file("c.yaml", CREATING).file("s.yaml", SILENT);
    case.then(["run", "c.yaml", "--twin", "--scenario", "s.yaml"]).exit(6).stdout("`recreate` is in doubt");
    let run = case.run_id();

    let place = Paths { state_dir: case.path(".surefoot"), audit_dir: Some(case.path("audit")) };
    let mut stands = status(&place, None).unwrap();
    // How a connection ends is told in the words of the HTTP library.
    let why = std::mem::replace(&mut stands.view.in_doubt[0].sent[0].why, "no answer: connection closed".to_owned());
    assert!(why.starts_with("POST /v1/instances: no answer: "), "{why}");
    let (run_dir, audit_dir) = (stands.run_dir.to_string_lossy(), stands.audit_dir.to_string_lossy());
    let page = StatusPage {
        view: &stands.view,
        run_dir: &run_dir,
        audit_dir: &audit_dir,
        options: "",
        held_by: None,
        opened_at: None,
        last_at: None,
    };
    for columns in [100, 40] {
        let text = report::status(&page, Style { columns, colour: false });
        let (_, doubt) = text.split_once("`recreate` is in doubt").unwrap();
        let (doubt, _) = doubt.split_once("`recreate` is held").unwrap();
        assert!(columns == 100 || doubt.lines().all(|line| line.chars().count() <= 40), "{doubt}");
        insta::assert_snapshot!(format!("in_doubt_{columns}"), constant(doubt, &case, &run));
    }

    let document = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let doubt = &document["in_doubt"][0];
    assert_eq!((doubt["step"].as_str(), doubt["sent"][0]["attempt"].as_u64()), (Some("recreate"), Some(1)));
    assert_eq!(doubt["sent"][0]["request"], "POST /v1/instances");
    assert_eq!(doubt["next"]["what"], "the instances are listed");
    assert_eq!(doubt["next"]["every_s"], 15.0);
    assert_eq!(doubt["next"]["then"][1]["found"], "not found");
    assert_eq!(doubt["next"]["then"][1]["then"], "the creation is sent again, attempt 2 of at most 3");

    let ran = case.then(["resume", "--output", "json"]);
    let ended = ran.json("surefoot.ended.v1");
    assert_eq!(ended["met_in_doubt"][0]["step"], "recreate");
    let lines: Vec<&str> = ran.err.lines().collect();
    let at =
        |part: &str| lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {lines:#?}"));
    let told = at("recreate: in doubt: POST /v1/instances for sf-");
    assert!(at("resumed by") < told && told < at("recreate: next: the instances are listed every 15s"));
    assert!(at("recreate: not found: the creation is sent again, attempt 2 of at most 3") < told + 8);
}

#[test]
fn quiet_hides_everything_but_what_is_in_doubt() {
    let mut case = Case::new().file("c.yaml", CREATING).file("s.yaml", SILENT);
    case.then(["run", "c.yaml", "--twin", "--scenario", "s.yaml", "-q"]).exit(6).silent();
    let ran = case.then(["resume", "-q"]).exit(6).stdout("`recreate` is in doubt");
    let lines: Vec<&str> = ran.err.lines().map(|line| line.split_once("Z recreate: ").unwrap().1).collect();
    let [sent, next, found, missing] = lines[..] else { panic!("{lines:#?}") };
    assert!(sent.starts_with("in doubt: POST /v1/instances for sf-"), "{sent}");
    assert!(next.starts_with("next: the instances are listed every 15s"), "{next}");
    assert!(found.starts_with("found: its password is lost with the answer"), "{found}");
    assert_eq!(missing, "not found: the creation is sent again, attempt 2 of at most 3");
    // Without it the same is said, between what it hides.
    let loud = case.then(["resume"]).exit(6).stderr("resumed by").stderr("recreate: in doubt: POST /v1/instances");
    assert!([found, missing].iter().all(|line| loud.err.contains(line)), "{}", loud.err);
}
