//! A mistake between two places names both.

use super::planned;
use surefoot::runbook::{Diagnostics, Inputs, compile};

const TWO_PLACES: &str = "\
runbook: related
version: 1.0.0
inputs:
  bucket: {type: string}
  bucket: {type: string}
steps:
  - id: alpha
    uses: assert
    needs: [gamma]
    save: a.json
    with: {that: \"{{ inputs.buckte == 'x' }}\"}
  - id: beta
    uses: assert
    save: A.json
    with: {that: \"{{ steps.alpha.held }}\"}
  - id: gamma
    uses: assert
    with: {that: \"{{ steps.beta.that or steps.alpha_2.that }}\"}
  - id: beta
    uses: assert
    needs: [gama]
    with: {that: true}
";

const MAIN: &str = include_str!("../../../runbooks/migrate-to-vdc.yaml");

fn mistakes(text: &str) -> Diagnostics {
    compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err()
}

/// Each mistake that has related places, as `SF015@19:9`, with those as `12:9 first used here`.
fn related(text: &str) -> Vec<(String, Vec<String>)> {
    let found = mistakes(text);
    let place = |line: usize, column: usize| format!("{line}:{column}");
    let all = found.iter().filter(|mistake| !mistake.related.is_empty()).map(|mistake| {
        let own = found.position(mistake).unwrap();
        let others = mistake.related.iter().map(|one| {
            let (start, end) = found.range(one.span);
            assert!(start < end, "{one:?}");
            format!("{} {}", place(start.line, start.column), one.message)
        });
        (format!("{}@{}", mistake.code.name(), place(own.line, own.column)), others.collect())
    });
    all.collect()
}

#[test]
fn what_is_said_twice_waits_in_a_ring_or_is_mistyped_has_its_other_places() {
    let told: Vec<String> =
        related(TWO_PLACES).into_iter().map(|(own, others)| format!("{own}: {}", others.join(", "))).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    SF008@5:3: 4:3 first written here
    SF030@7:9: 15:18 `beta` waits for `alpha`, 18:18 `gamma` waits for `beta`, 9:13 `alpha` waits for `gamma`
    SF022@11:22: 4:3 a similar name
    SF032@14:11: 10:11 first saved here
    SF024@15:22: 7:9 the step uses assert
    SF023@18:41: 7:9 a similar name
    SF015@19:9: 12:9 first used here
    SF023@21:13: 16:9 a similar name
    ");
}

#[test]
fn both_places_are_underlined_in_the_order_of_the_file() {
    let found = mistakes(
        "runbook: a\nversion: 1\nsteps:\n  - {id: x, uses: sleep, with: {for: 1m}}\n  \
         - {id: y, uses: sleep, with: {for: 1m}}\n  - {id: x, uses: sleep, with: {for: 1m}}\n",
    );
    insta::assert_snapshot!(found.render(false), @"
    error[SF015]: the step id `x` is taken
     --> case.yaml:6:10
      |
    4 |   - {id: x, uses: sleep, with: {for: 1m}}
      |          - first used here
    ...
    6 |   - {id: x, uses: sleep, with: {for: 1m}}
      |          ^
      = help: every step has an id of its own

    case.yaml: 1 error; see `surefoot explain SF015`
    ");
    let coloured = found.render(true);
    assert!(coloured.contains("\u{1b}[1;34m- first used here\u{1b}[0m"), "{coloured:?}");
    // Two places of one line stand beneath it, and it is shown once.
    let found = mistakes("runbook: a\nversion: 1\nsteps: [{id: x, uses: sleep, id: y, with: {for: 1m}}]\n");
    insta::assert_snapshot!(found.render(false), @"
    error[SF008]: the key `id` is written twice
     --> case.yaml:3:30
      |
    3 | steps: [{id: x, uses: sleep, id: y, with: {for: 1m}}]
      |          -- first written here
      |                              ^^
      = help: remove one of the two

    case.yaml: 1 error; see `surefoot explain SF008`
    ");
}

#[test]
fn missing_evidence_points_to_what_comes_nearest() {
    planned(MAIN);
    let near = |text: &str| related(text).into_iter().find(|(own, _)| own.starts_with("SF044")).unwrap().1;
    let line = |text: &str, what: &str| text.lines().position(|line| line.contains(what)).unwrap() + 1;
    let skipped = MAIN.replace("  - id: verify\n", "  - id: verify\n    when: \"{{ inputs.rotate }}\"\n");
    let at = line(&skipped, "when: \"{{ inputs.rotate }}\"");
    assert_eq!(near(&skipped), [format!("{at}:11 `backup` is missing where this is false")]);
    let (before, rest) = MAIN.split_once("  - id: verify\n").unwrap();
    let (verify, after) = rest.split_once("  - id: ").unwrap();
    let without = format!("{before}  - id: {after}").replace("[verify]", "[upload]");
    assert!(verify.contains("backup.verify"));
    let told = mistakes(&without);
    assert!(told.iter().any(|mistake| mistake.code.name() == "SF044"), "{told}");
    let start = line(&without, "- id: capture");
    assert_eq!(near(&without), [format!("{start}:9 the path begins here")]);
}

#[test]
fn a_long_ring_names_a_few_of_its_steps() {
    let step = |number: usize| {
        format!("  - {{id: s_{number}, uses: sleep, needs: [s_{}], with: {{for: 1m}}}}\n", (number + 1) % 500)
    };
    let text = format!("runbook: ring\nversion: 1\nsteps:\n{}", (0..500).map(step).collect::<String>());
    let (_, others) = related(&text).into_iter().next().unwrap();
    assert_eq!(others.len(), 8, "{others:?}");
}
