//! A run that goes back: what is said of it, and of what it has made.

use super::case::Case;
use surefoot::base::Digest;

/// Takes a snapshot, stores a file and asks for a confirmation; then a check fails that goes back to the beginning.
const RUNBOOK: &str = r#"
runbook: again
version: 1.0.0
inputs: {instance_id: {type: string}, bucket: {type: string}, change_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
defaults: {timeout: 12h}
steps:
  - {id: look, uses: aura.instance.get, with: {instance_id: "{{ inputs.instance_id }}"}}
  - {id: ready, uses: manual, needs: [look], with: {instructions: Stop the writers.}}
  - {id: snap, uses: aura.snapshot.create, needs: [ready], with: {instance_id: "{{ inputs.instance_id }}"}}
  - id: put
    uses: s3.put
    needs: [snap]
    with: {path: notes.txt, sha256: SHA256, bucket: "{{ inputs.bucket }}"}
  - id: confirm
    uses: confirm
    needs: [put]
    with: {subject: "{{ inputs.instance_id }}", type: "{{ steps.look.name }}"}
  - id: same
    uses: assert
    needs: [confirm]
    retry_from: ready
    with: {that: "{{ steps.look.name == 'another' }}", message: the counts differ}
"#;

/// A run that was confirmed once, and asks its first question again.
fn gone_back() -> (Case, String) {
    let notes = "what is to be kept";
    let runbook = RUNBOOK.replace("SHA256", &Digest::of(notes.as_bytes()).to_string());
    let mut case = Case::new().file("a.yaml", runbook).file("notes.txt", notes);
    case.then(["run", "a.yaml", "--twin", "--ask"]).exit(4).stdout("Stop the writers.");
    let run = case.run_id();
    confirmed(&mut case, &run);
    case.then(["resume"]).exit(4);
    (case, run)
}

/// Answers both questions; the check does not hold.
fn confirmed(case: &mut Case, run: &str) {
    case.then(["answer", run, "ready", "done"]).exit(0);
    case.then(["resume"]).exit(4).stdout("Type payments-graph to continue.");
    case.then(["answer", run, "confirm", "payments-graph"]).exit(0);
    case.then(["resume"]).exit(4).stdout("the counts differ");
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn summary(case: &Case, run: &str) -> String {
    std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap()
}

#[test]
fn whoever_looks_is_told_that_the_run_has_gone_back_and_why() {
    let (mut case, run) = gone_back();
    let why = "the check by `same` did not hold: the counts differ";
    let status = case.then(["status"]).exit(0);
    let text = flat(&status.out);
    assert!(text.contains("The run went back Once in record "), "{}", status.out);
    assert!(text.contains(&format!(", from `same`: {why}.")), "{}", status.out);
    assert!(text.contains("Repeated steps: ready, snap, put, confirm, same."), "{}", status.out);
    assert!(text.contains(&format!("Asked again, because {why}. Stop the writers.")), "{}", status.out);
    let ended = case.then(["resume"]).exit(4);
    assert!(flat(&ended.out).contains("The run went back Once in record "), "{}", ended.out);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["went_back"]["times"], 1);
    assert_eq!(status["went_back"]["reason"], why);
    // The next confirmation says it as well.
    case.then(["answer", &run, "ready", "done"]).exit(0);
    let ended = case.then(["resume"]).exit(4);
    assert!(flat(&ended.out).contains(&format!("Asked again, because {why}. TWIN")), "{}", ended.out);
}

#[test]
fn a_cancelled_run_leaves_what_each_of_its_rounds_has_made() {
    let (mut case, run) = gone_back();
    let made = |case: &mut Case| {
        let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
        let effects = |step: usize| status["steps"][step]["effects"].as_array().unwrap().clone();
        let effects = effects(2).into_iter().chain(effects(3));
        // While the service is busy a request is refused, and made again.
        let made = effects.filter(|one| one["outcome"] != "rejected");
        made.map(|one| one["named"]["id"].as_str().unwrap_or_else(|| panic!("{one}")).to_owned()).collect::<Vec<_>>()
    };
    let first = made(&mut case);
    let [snapshot, version] = first.as_slice() else { panic!("{first:?}") };
    let told = flat(&case.then(["status"]).exit(0).out);
    assert!(told.contains("these remain: snapshot "), "{told}");
    assert!(!told.contains("delete-object"), "nothing is to be removed yet: {told}");
    confirmed(&mut case, &run);
    // The object of the first round was found again, and nothing put in its place.
    let both = made(&mut case);
    assert_eq!(both.len(), 3, "{both:?}");
    let ran = case.then(["cancel", &run]).exit(0).stderr("cancelling leaves 3 things in place");
    let (_, left) = ran.out.split_once("Left in place\n").expect(&ran.out);
    let object = version.clone();
    for told in [snapshot, &both[1], &object, "it ends with the twin"] {
        assert!(left.contains(told), "{told} is not in:\n{left}");
    }
    let pages = [case.then(["status"]).exit(0).out, summary(&case, &run)];
    for page in pages.map(|page| page.split_once("Left in place\n").expect(&page).1.to_owned()) {
        assert!(page.contains(snapshot.as_str()) && page.contains(&both[1]), "{page}");
        assert!(page.contains(&object), "{page}");
    }
}

#[test]
fn the_summary_counts_no_evidence_that_was_made_void() {
    let (mut case, run) = gone_back();
    let reset = |case: &mut Case| {
        let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
        status["went_back"]["record"].as_u64().unwrap()
    };
    let (by, text) = (reset(&mut case), summary(&case, &run));
    let line = |text: &str, start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let void = line(&text, "Confirmed:");
    assert!(void.contains(" NO, record ") && void.ends_with(&format!(" is void since record {by}")), "{void}");
    assert!(line(&text, "Config captured:").contains(" YES, record "), "{text}");
    let (_, table) = text.split_once("\nEvidence\n").unwrap();
    let first = line(table, "confirmed");
    assert!(first.contains(&format!(", void since record {by} ")), "{first}");
    let (_, said) = text.split_once("\nWho said what\n").unwrap();
    let (said, _) = said.split_once("\n\n").unwrap();
    assert_eq!(said.matches(&format!(", void since record {by} ")).count(), 2, "{said}");
    let (_, steps) = text.split_once("\nSteps\n").unwrap();
    let step = line(steps, "confirm ");
    assert_eq!(step.split_whitespace().collect::<Vec<_>>(), ["confirm", "pending"], "{step}");
    // What is confirmed anew counts.
    confirmed(&mut case, &run);
    let text = summary(&case, &run);
    let counted = line(&text, "Confirmed:");
    let (_, table) = text.split_once("\nEvidence\n").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("confirmed")).collect();
    assert!(rows.len() == 2 && rows[0].contains("void since record") && !rows[1].contains("void"), "{table}");
    let record = rows[1].split_whitespace().nth(2).unwrap();
    assert!(counted.contains(&format!(" YES, record {record}, ")), "{counted}");
}
