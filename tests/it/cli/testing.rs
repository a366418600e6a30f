//! `surefoot test`: cases of runbooks on the twin.

use super::case::Case;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Asks a service, waits for a person, sends one request, and ends with what it has read.
const BOOK: &str = "\
runbook: switch
version: 1.0.0
inputs: {change: {type: string}, notify: {type: boolean, default: false}}
steps:
  - id: before
    uses: http.request
    with: {url: \"https://lb.internal/pools\"}
    provide: {evidence: config, subject: \"lb:orders\"}
  - id: expected
    uses: assert
    on_failure: stop
    with: {that: \"{{ steps.before.json.old == 'active' }}\", message: \"the pool is {{ steps.before.json.old }}\"}
  - id: ready
    uses: manual
    needs: [expected]
    when: \"{{ inputs.notify }}\"
    with: {instructions: Tell everybody.}
  - {id: entry, uses: audit.entry, needs: [ready], with: {subject: \"lb:orders\", title: Drain, fields: {c: \"{{ inputs.change }}\"}}}
  - {id: confirm, uses: confirm, needs: [entry], with: {subject: \"lb:orders\", type: \"lb:orders\"}}
  - id: drain
    uses: http.request
    needs: [confirm]
    subject: \"lb:orders\"
    with: {method: POST, url: \"https://lb.internal/pools/drain\", json: {}}
outputs: {old: \"{{ steps.before.json.old }}\"}
";

/// A world for it.
const HEAD: &str = "\
runbook: book.yaml
inputs: {change: CHG1}
scenario:
  services:
    - host: lb.internal
      state: {old: active}
      routes:
        - {request: GET /pools, json: {old: \"{old}\"}}
        - {request: POST /pools/drain, set: {old: drained}}
cases:
";

fn case(cases: &str) -> Case {
    Case::new().file("book.yaml", BOOK).file("book.test.yaml", format!("{HEAD}{cases}"))
}

/// Plays the cases; the document.
#[track_caller]
fn played(cases: &str, code: i32) -> Value {
    let ran = case(cases).args(["test", "book.test.yaml", "--output", "json"]).run().exit(code);
    ran.json("surefoot.test.v1")
}

/// Everything that is not as expected in the only case, as text.
#[track_caller]
fn mismatches(case: &str) -> String {
    let document = played(case, 1);
    let all = document["files"][0]["cases"][0]["mismatches"].as_array().unwrap();
    all.iter().map(|one| format!("{one}\n")).collect()
}

fn shipped(end: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.to_str().unwrap().ends_with(end)).collect();
    files.sort();
    files
}

#[test]
fn every_runbook_that_is_shipped_has_cases_and_all_of_them_pass() {
    let files = shipped(".test.yaml");
    let ran = Case::new().command().arg("test").args(&files).args(["--output", "json"]).output().unwrap();
    let document = super::case::Ran::of(ran).exit(0).json("surefoot.test.v1");
    assert_eq!(document["files"].as_array().unwrap().len(), files.len());
    for file in document["files"].as_array().unwrap() {
        assert!(file["cases"].as_array().unwrap().len() >= 3, "{file}");
    }
    let elapsed = document["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed < 20_000, "it took {elapsed} ms");
    for runbook in shipped(".yaml") {
        let text = runbook.to_str().unwrap();
        let is_beside = text.ends_with(".test.yaml") || text.ends_with(".scenario.yaml");
        let tests = PathBuf::from(text.replace(".yaml", ".test.yaml"));
        assert!(is_beside || tests.exists(), "{text} has no cases");
    }
}

#[test]
fn a_case_that_is_as_expected_passes() {
    let cases = "  - case: it drains
    expect: {end: done, exit: 0, outputs: {old: active}, skipped: [ready], refused: [],
      effects: [drain: POST /pools/drain]}
  - case: by its kind
    expect: {effects: [drain: http.request]}
  - case: by a pattern
    expect: {effects: [drain: \"POST https://*/drain\"]}
  - case: by its step
    inputs: {notify: true}
    expect: {effects: [drain], skipped: []}
";
    let document = played(cases, 0);
    assert_eq!((&document["passed"], &document["failed"]), (&4.into(), &0.into()), "{document}");
    let again = played(cases, 0);
    let simulated = |document: &Value| document["files"][0]["cases"][0]["simulated_seconds"].clone();
    assert_eq!(simulated(&document), simulated(&again));
    case(cases).args(["test", "book.test.yaml"]).run().exit(0).silent().stdout("ok: 4 cases, 4 passed, 0 failed");
}

#[test]
fn what_is_not_as_expected_is_shown_beside_what_was_found() {
    let cases = "  - case: all is wrong
    expect: {end: failed, exit: 1, outputs: {old: idle}, skipped: [entry], because: no reason, refused: [expected],
      effects: [before, drain: GET /pools]}
";
    let ran = case(cases).args(["test", "book.test.yaml", "--junit", "report.xml"]).run().exit(1);
    for part in [
        "book.test.yaml:11: all is wrong\n",
        "  end\n    - failed\n    + done\n",
        "  exit\n    - 1\n    + 0\n",
        "  because\n    - no reason\n    + nothing stopped it\n",
        "  outputs\n    - old: idle\n    + old: active\n",
        "  effects\n    - before\n    - drain: GET /pools\n    + drain: POST https://lb.internal/pools/drain\n",
        "  refused\n    - expected\n",
        "  skipped\n    - entry\n    + ready\n",
        "FAILED: 1 case, 0 passed, 1 failed",
    ] {
        assert!(ran.out.contains(part), "no {part:?} in\n{}", ran.out);
    }
    let mut case = case(cases);
    case.then(["test", "book.test.yaml", "--junit", "report.xml"]).exit(1);
    let report = std::fs::read_to_string(case.path("report.xml")).unwrap();
    for part in ["<testsuite name=\"book.test.yaml\" tests=\"1\"", "failures=\"1\"", "all is wrong", "+ old: active"] {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
    case.then(["test", "book.test.yaml", "--junit", "book.yaml/report.xml"]).exit(10).stderr("book.yaml/report.xml");
}

#[test]
fn what_no_twin_answers_is_an_error_and_is_not_executed() {
    let route = "scenario: {services: [{host: lb.internal, routes: [{request: GET /pools, json: {old: active}}]}]}";
    let tests = format!(
        "runbook: book.yaml\ninputs: {{change: C}}\n{route}\ncases: [{{case: no route, expect: {{end: held}}}}]\n"
    );
    let mut case = Case::new().file("book.yaml", BOOK).file("book.test.yaml", tests);
    let ran = case.then(["test", "book.test.yaml"]).exit(1);
    ran.stdout("the service lb.internal of the scenario has no route `POST /pools/drain`; add it under `routes`");
    let case = case.file("book.test.yaml", "runbook: book.yaml\ninputs: {change: C}\ncases: [{case: no host}]\n");
    let ran = case.args(["test", "book.test.yaml"]).run().exit(1);
    ran.stdout("the scenario names no service lb.internal; add it under `services`");
    let book = "runbook: run\nversion: 1.0.0\nsteps:\n  - id: touch\n    uses: command\n    effect: undoable\n    \
                subject: \"file:here\"\n    with: {argv: [touch, executed]}\n";
    let mut case = Case::new()
        .file("book.yaml", book)
        .file("book.test.yaml", "runbook: book.yaml\ncases: [{case: it touches, expect: {end: failed}}]\n");
    let ran = case.then(["test", "book.test.yaml"]).exit(1);
    ran.stdout("the scenario does not say what it does; add `- argv: [\"touch\",\"executed\"]` under `commands`");
    assert!(!case.path("executed").exists() && !case.path(".surefoot").exists());
}

#[test]
fn the_operator_answers_what_a_case_says() {
    let cases = "  - case: another text first
    answers: {confirm: [orders, lb:orders]}
    expect: {end: done, refused: [confirm: \"`orders` was typed and not `lb:orders`\"]}
  - case: nobody
    answers: nobody
    expect: {end: waiting, exit: 4, effects: []}
  - case: nobody but for one
    answers: nobody
    inputs: {notify: true}
    expect: {end: waiting, refused: []}
  - case: always wrong
    answers: {confirm: orders}
    expect: {end: held, because: was not typed in}
  - case: nobody, then somebody
    answers: {confirm: [null, lb:orders]}
    then: [{wait: 1h}, resume]
    expect: {end: done, effects: [drain]}
  - case: nobody, and it is given up
    answers: {confirm: null}
    then: [cancel]
    expect: {end: cancelled, exit: 5, effects: []}
";
    assert_eq!(played(cases, 0)["passed"], 6);
}

#[test]
fn what_goes_wrong_at_a_step_goes_wrong_there() {
    let cases = "  - case: refused, and sent again
    faults: [{step: drain, kind: refused}]
    then: [resume]
    expect: {end: done, effects: [drain: POST /pools/drain], refused: []}
  - case: nobody can tell
    faults: [{step: drain, kind: drop_response}]
    expect: {end: in doubt, exit: 9, effects: [drain]}
  - case: somebody can
    faults: [{step: drain, kind: drop_response}]
    then: [resolve: {drain: applied}, resume]
    expect: {end: done, effects: [drain: POST *]}
  - case: a read that is answered late
    faults: [{step: before, kind: delay, arg: 20}, {step: before, kind: status, arg: 503, after: 1}]
    expect: {end: done}
  - case: the process dies before the drain
    faults: [{step: drain, kind: crash_before}]
    expect: {end: in doubt}
  - case: the machine dies while somebody is asked
    faults: [{step: confirm, kind: power_after}]
    expect: {end: done, effects: [drain]}
";
    let document = played(cases, 1);
    let failed: Vec<_> =
        document["files"][0]["cases"].as_array().unwrap().iter().filter(|one| one["passed"] == false).collect();
    // Of the read nothing is asked for a second time.
    assert_eq!(failed.len(), 1, "{document}");
    let told = failed[0]["mismatches"].to_string();
    assert!(told.contains("no call met the fault status at `before`"), "{told}");
}

#[test]
fn the_items_of_a_step_are_told_apart_or_taken_together() {
    let book = "runbook: pools\nversion: 1.0.0\nsteps:\n  - id: drain\n    uses: http.request\n    effect: undoable\n    \
                for_each: {items: [a, b], concurrency: 1}\n    \
                with: {method: POST, url: \"https://lb.internal/drain/{{ each.key }}\", json: {}}\n";
    let routes = "{request: POST /drain/a, set: {x: 1}}, {request: POST /drain/b, set: {x: 2}}";
    let tests = format!(
        "runbook: book.yaml\nscenario: {{services: [{{host: lb.internal, state: {{x: 0}}, routes: [{routes}]}}]}}\ncases:
  - case: in order
    expect: {{effects: [\"drain[a]\", \"drain[b]\": POST /drain/b]}}
  - case: together
    expect: {{effects: [drain]}}
  - case: one is lost
    faults: [{{step: \"drain[b]\", kind: drop_response}}]
    expect: {{end: in doubt, effects: [drain]}}
  - case: any is refused
    faults: [{{step: drain, kind: refused, count: 2}}]
    expect: {{end: held, effects: []}}
"
    );
    let mut case = Case::new().file("book.yaml", book).file("book.test.yaml", tests);
    case.then(["test", "book.test.yaml"]).exit(0).stdout("4 passed");
}

#[test]
fn a_run_that_is_cancelled_undoes_what_it_did() {
    let send = |path: &str| format!("with: {{method: POST, url: \"https://lb.internal/{path}\", json: {{}}}}");
    let book = format!(
        "runbook: pools\nversion: 1.0.0\nsteps:\n  - id: drain\n    uses: http.request\n    effect: undoable\n    {}\n    \
         undo: {{uses: http.request, effect: undoable, {}}}\n  - id: look\n    uses: manual\n    needs: [drain]\n    \
         with: {{instructions: look at it}}\n",
        send("drain"),
        send("fill")
    );
    let tests = "runbook: book.yaml
scenario:
  services:
    - {host: lb.internal, state: {x: 0}, routes: [{request: POST /drain, set: {x: 1}}, {request: POST /fill, set: {x: 0}}]}
answers: nobody
cases:
  - case: it is undone
    then: [cancel]
    expect: {end: cancelled, effects: [drain, drain/undo: POST /fill]}
  - case: it waits
    expect: {end: waiting, effects: [drain]}
";
    let mut case = Case::new().file("book.yaml", book).file("book.test.yaml", tests);
    case.then(["test", "book.test.yaml"]).exit(0).stdout("2 passed");
    let mut case = case.file("s.yaml", tests.lines().skip(2).take(2).collect::<Vec<_>>().join("\n"));
    case.then(["rehearse", "book.yaml", "--scenario", "s.yaml", "--seeds", "100"])
        .exit(0)
        .stdout("0 of 100 with a violation");
}

#[test]
fn an_operator_cannot_do_what_cannot_be_done() {
    let told = mismatches("  - case: too late\n    then: [cancel]\n");
    assert!(told.contains("the run cannot be cancelled any more"), "{told}");
    let told = mismatches(
        "  - case: no doubt\n    answers: nobody\n    then: [resolve: {drain: applied}]\n    expect: {end: waiting}\n",
    );
    assert!(told.contains("no effect of `drain` is in doubt"), "{told}");
}

#[test]
fn cases_are_chosen_by_their_names() {
    let cases = "  - case: one is done\n  - case: two is done\n  - case: three fails\n    expect: {end: failed}\n";
    let mut case = case(cases);
    case.then(["test", "book.test.yaml", "-k", "done"]).exit(0).stdout("2 passed, 0 failed, 1 filtered out");
    case.then(["test", "book.test.yaml", "--filter", "four"]).exit(2).stderr("none of 3 has \"four\" in its name");
}

#[test]
fn a_mistake_in_a_test_file_is_told_with_its_place() {
    let cases = [
        ("  - caze: x\n", "SF009", 11, 5, "did you mean `case`?"),
        ("  - case: x\n    expect: {ends: done}\n", "SF009", 12, 14, "did you mean `end`?"),
        ("  - case: x\n    expect: {end: finished}\n", "SF019", 12, 19, "ends: done, failed, held"),
        ("  - case: x\n    expect: {effects: [drian]}\n", "SF023", 12, 24, "did you mean `drain`?"),
        ("  - case: x\n    expect: {skipped: [redy]}\n", "SF023", 12, 24, "did you mean `ready`?"),
        ("  - case: x\n    expect: {outputs: {odl: x}}\n", "SF024", 12, 24, "did you mean"),
        ("  - case: x\n    answers: {confrim: x}\n", "SF023", 12, 15, "did you mean `confirm`?"),
        ("  - case: x\n    inputs: {chnage: x}\n", "SF043", 12, 14, "did you mean `change`?"),
        ("  - case: x\n    inputs: {notify: perhaps}\n", "SF042", 12, 14, "notify"),
        ("  - case: x\n    faults: [{step: drain, kind: drop_answer}]\n", "SF019", 12, 34, "kinds of faults"),
        ("  - case: x\n    faults: [{step: drain, kind: status}]\n", "SF011", 12, 34, "arg: 503"),
        ("  - case: x\n    faults: [{step: before, kind: reset, at: effect}]\n", "SF019", 12, 14, "at: look"),
        ("  - case: x\n    faults: [{match: {methud: GET}, kind: reset}]\n", "SF009", 12, 23, "did you mean `method`?"),
        ("  - case: x\n    faults: [{match: {}, kind: refused}]\n", "SF019", 12, 14, "unknown variant"),
        ("  - case: x\n    scenario: {servces: []}\n", "SF009", 12, 16, "did you mean `services`?"),
        ("  - case: x\n    scenario: {list_lag: soon}\n", "SF012", 12, 16, "not a duration"),
        ("  - case: x\n    scenario: {durations: {create: [1]}}\n", "SF012", 12, 28, "`create`"),
        ("  - case: x\n    scenario: nowhere.yaml\n", "SF019", 12, 15, "nowhere.yaml"),
        ("  - case: x\n    then: [abort]\n", "SF012", 12, 12, "`cancel`"),
        ("  - case: x\n  - case: x\n", "SF008", 12, 11, "a name of its own"),
        ("  - case: x\n    case: x\n", "SF008", 12, 5, "written twice"),
    ];
    for (text, code, line, column, part) in cases {
        let mut case = case(text);
        let ran = case.then(["test", "book.test.yaml", "--output", "json"]).exit(3);
        let document = ran.json("surefoot.error.v1");
        let found = document["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == code);
        let found = found.unwrap_or_else(|| panic!("no {code} for {text}: {document}"));
        assert_eq!((&found["line"], &found["column"]), (&line.into(), &column.into()), "{text}: {found}");
        assert_eq!(found["file"], "book.test.yaml");
        assert!(ran.err.contains(part), "no {part:?} for {text}:\n{}", ran.err);
    }
    let mut case =
        Case::new().file("a.test.yaml", "runbook: none.yaml\ncases: [{case: x}]\n").file("b.test.yaml", "- x\n");
    let ran = case.then(["test", "a.test.yaml", "b.test.yaml"]).exit(3);
    ran.stderr("--> a.test.yaml:1:10")
        .stderr("none.yaml")
        .stderr("--> b.test.yaml:1:1")
        .stderr("a test file must be a map");
    case.then(["test", "none.test.yaml"]).exit(2).stderr("none.test.yaml");
}

#[test]
fn a_runbook_that_is_not_valid_is_told_as_check_tells_it() {
    let mut case = case("  - case: x\n").file("book.yaml", BOOK.replace("uses: manual", "uses: manul"));
    case.then(["test", "book.test.yaml"])
        .exit(3)
        .stderr("SF016")
        .stderr("did you mean `manual`?")
        .stderr("--> book.yaml");
}

#[test]
fn the_page_has_every_key() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/testing.md")).unwrap();
    for (section, keys) in surefoot::runbook::case::KEYS {
        let part = page.split(&format!("\n## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        let rows: Vec<&str> = part.lines().collect();
        for key in keys {
            let row = format!("| `{}` | {} | {} | {} |", key.name, key.value, key.without, key.doc);
            assert!(rows.contains(&row.as_str()), "docs/testing.md, \"{section}\" lacks\n{row}");
        }
    }
}
