//! How mistakes are shown to people and to programs.

use surefoot::runbook::kind::Idempotency;
use surefoot::runbook::{Diagnostics, Inputs, compile};

fn found(text: &str) -> Diagnostics {
    compile(surefoot::kinds::catalog(), "dir/case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err()
}

const TYPO: &str = "runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: asert\n    with: {that: true}\n";

#[test]
fn a_mistake_is_shown_with_place_line_and_help() {
    insta::assert_snapshot!(found(TYPO).render(false), @r##"
    error[SF016]: there is no step kind `asert`
     --> dir/case.yaml:5:11
      |
    5 |     uses: asert
      |           ^^^^^
      = help: did you mean `assert`?

    dir/case.yaml: 1 error; see `surefoot explain SF016`
    "##);
}

#[test]
fn a_mistake_without_a_place_is_shown_without_one() {
    insta::assert_snapshot!(found("").render(false), @r##"
    error[SF002]: there is nothing in the file
      --> dir/case.yaml
      = help: a runbook begins with `runbook: its-name`

    dir/case.yaml: 1 error; see `surefoot explain SF002`
    "##);
}

#[test]
fn wide_and_invisible_characters_keep_the_underline_in_place() {
    let text = TYPO.replace("asert", "assert").replace("true", "\"{{ '日本\u{200b}e\u{301}' ~ nope }}\"");
    insta::assert_snapshot!(found(&text).render(false), @r##"
    error[SF028]: `that` must be true or false, this is text
     --> dir/case.yaml:6:18
      |
    6 |     with: {that: "{{ '日本\u{200b}é' ~ nope }}"}
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error[SF021]: `nope` is not a name that expressions know
     --> dir/case.yaml:6:32
      |
    6 |     with: {that: "{{ '日本\u{200b}é' ~ nope }}"}
      |                                        ^^^^
      = help: there are: inputs, secrets, steps, discover, each, run

    dir/case.yaml: 2 errors; see `surefoot explain SF028`
    "##);
}

#[test]
fn a_narrow_terminal_shows_a_window_around_the_mistake() {
    let text = TYPO
        .replace(
            "{that: true}",
            "{that: true, message: \"a long text before it, and then {{ inputs.missing }} and a long text after it\"}",
        )
        .replace("asert", "assert");
    let shown = found(&text).render_within(false, 40);
    assert!(shown.lines().filter(|line| line.contains('|')).all(|line| line.chars().count() <= 40), "{shown}");
    insta::assert_snapshot!(shown, @r##"
    error[SF022]: the runbook has no input `missing`
     --> dir/case.yaml:6:69
      |
    6 | …nd then {{ inputs.missing }} and a…
      |             ^^^^^^^^^^^^^^
      = help: declare it under `inputs`

    dir/case.yaml: 1 error; see `surefoot explain SF022`
    "##);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let found = found(TYPO);
    let coloured = found.render(true);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_ne!(coloured, plain);
    assert_eq!(plain, found.render(false));
}

#[test]
fn programs_get_the_same_as_data() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&found(TYPO).to_json()).unwrap(), @r#"
    [
      {
        "code": "SF016",
        "column": 11,
        "end_column": 16,
        "end_line": 5,
        "file": "dir/case.yaml",
        "help": "did you mean `assert`?",
        "line": 5,
        "message": "there is no step kind `asert`",
        "related": [],
        "severity": "error",
        "title": "there is no such step kind"
      }
    ]
    "#);
}

/// The one mistake of a runbook whose step of this kind asks to be tried again in doubt, and its help.
fn retried_on(kind: &str) -> String {
    let text = format!(
        "runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: {kind}\n    with: {{}}\n    retry: {{on: [unknown]}}\n"
    );
    let found = found(&text);
    let mistake = found.iter().find(|mistake| mistake.code.name() == "SF038").unwrap();
    assert_eq!(found.position(mistake).map(|place| (place.line, place.column)), Some((7, 18)));
    format!("{}\n{}", mistake.message, mistake.hint.as_deref().unwrap())
}

#[test]
fn what_is_in_doubt_is_looked_at_and_not_tried_again() {
    insta::assert_snapshot!(retried_on("aura.instance.delete"), @r"
    what `aura.instance.delete` asks for is never sent again while nobody knows whether it took place; the step looks at the world instead
    remove `unknown`: a doubt is settled by looking, or by an operator with `surefoot resolve`
    ");
    for kind in surefoot::kinds::catalog().iter() {
        let (told, name) = (retried_on(kind.name), format!("`{}`", kind.name));
        let is_settled = matches!(kind.repeat, Idempotency::Reconcilable | Idempotency::Opaque);
        assert_eq!(told.contains(&name) && told.contains("surefoot resolve"), is_settled, "{told}");
    }
}

#[test]
fn a_read_is_never_in_doubt() {
    insta::assert_snapshot!(retried_on("aura.instance.get"), @r"
    `retry` is about reads that failed and requests that were refused or never left, not about what is unknown
    remove `unknown`: what is in doubt is not repeated because of `retry`
    ");
    assert_eq!(retried_on("s3.put"), retried_on("aura.instance.get"));
}
