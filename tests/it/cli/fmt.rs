//! `fmt` changes how a runbook is laid out, and nothing else.

use super::case::{Case, SMALL};
use std::os::unix::fs::PermissionsExt as _;
use surefoot::runbook::{Content, Inputs, compile};

const UNTIDY: &str = "\
# what it is for
runbook:   untidy   # its name
version: '1.0.0'


secrets: { aura: {env: [ A,B ]} }
steps:
# the first one
- id: capture
  uses:   aura.instance.get
  with: { instance_id: '0a1b2c3d' }   # an id
- {id: wait, uses: sleep, needs: [capture], with: {for: 1m}}
- id: note
  uses: file.write
  with:
      path: note.txt
      content: |
        # no comment
          indented
        It's \"{{ steps.capture.name }}\".
# the end
";

/// How many changed runbooks are tried.
const ROUNDS: u64 = 120;

/// What a plan says but for the digests of the file.
fn plan(text: &str) -> serde_json::Value {
    let plan = compile(surefoot::kinds::catalog(), "a.yaml", text.as_bytes(), Inputs::Unknown).unwrap();
    let mut document = surefoot::report::json::plan(&plan);
    for key in ["digest", "source_digest"] {
        document.as_object_mut().unwrap().remove(key);
    }
    for step in document["steps"].as_array_mut().unwrap() {
        step.as_object_mut().unwrap().remove("line");
    }
    document
}

#[test]
fn an_untidy_runbook_is_laid_out_and_says_the_same() {
    let mut case = Case::new().file("a.yaml", UNTIDY);
    std::fs::set_permissions(case.path("a.yaml"), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(case.then(["fmt", "--check", "a.yaml"]).exit(3).silent().out, "a.yaml\n");
    assert_eq!(std::fs::read_to_string(case.path("a.yaml")).unwrap(), UNTIDY);
    assert_eq!(case.then(["fmt", "a.yaml"]).exit(0).silent().out, "a.yaml\n");
    let tidy = std::fs::read_to_string(case.path("a.yaml")).unwrap();
    insta::assert_snapshot!(tidy, @r#"
    # what it is for
    runbook: untidy # its name
    version: "1.0.0"

    secrets: {aura: {env: [A, B]}}
    steps:
      # the first one
      - id: capture
        uses: aura.instance.get
        with: {instance_id: "0a1b2c3d"} # an id
      - {id: wait, uses: sleep, needs: [capture], with: {for: 1m}}
      - id: note
        uses: file.write
        with:
          path: note.txt
          content: |
            # no comment
              indented
            It's "{{ steps.capture.name }}".
      # the end
    "#);
    assert_eq!(plan(&tidy), plan(UNTIDY));
    assert_eq!(Content::of("a", tidy.as_bytes()).unwrap(), Content::of("b", UNTIDY.as_bytes()).unwrap());
    assert_eq!(std::fs::metadata(case.path("a.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(case.path("")).unwrap().count(), 1, "nothing is left beside it");
    // It is settled.
    assert_eq!(case.then(["fmt", "--check", "a.yaml"]).exit(0).silent().out, "");
    assert_eq!(case.then(["fmt", "a.yaml"]).exit(0).silent().out, "");
}

#[test]
fn content_is_values_and_comments_and_not_their_layout() {
    let of = |text: &str| Content::of("a.yaml", text.as_bytes()).unwrap();
    let content = of("a: [1, \"2\"] # why\n");
    assert_eq!(content, of("a:\n  - 1\n  - '2'\n  # why\n"));
    for other in
        ["a: [1, 2] # why\n", "a: [1, \"2\"]\n", "a: [1, \"2\"] # who\n", "b: [1, \"2\"] # why\n", "a: [1] # why\n"]
    {
        assert_ne!(content, of(other), "{other}");
    }
}

#[test]
fn shipped_runbooks_are_laid_out_and_a_link_stays_one() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut case = Case::new();
    for file in std::fs::read_dir(format!("{root}/runbooks")).unwrap() {
        let path = file.unwrap().path().display().to_string();
        if ![".scenario.", ".test."].iter().any(|other| path.contains(other)) {
            case.then(["fmt", "--check", &path]).exit(0).silent();
        }
    }
    case.then(["fmt", "--check", &format!("{root}/src/ops/first.yaml")]).exit(0).silent();
    let mut case = Case::new().file("real.yaml", SMALL.replace("{that: true}", "{ that: true }"));
    std::os::unix::fs::symlink("real.yaml", case.path("a.yaml")).unwrap();
    case.then(["fmt", "a.yaml"]).exit(0).stdout("a.yaml");
    assert!(std::fs::symlink_metadata(case.path("a.yaml")).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(case.path("real.yaml")).unwrap(), SMALL);
}

#[test]
fn what_is_no_yaml_is_left_as_it_is_and_told() {
    let mut case =
        Case::new().file("a.yaml", "runbook: [a\n").file("b.yaml", SMALL.replace("{that: true}", "{ that: true }"));
    case.then(["fmt", "a.yaml", "b.yaml"]).exit(3).stderr("SF004").stdout("b.yaml");
    assert_eq!(std::fs::read_to_string(case.path("a.yaml")).unwrap(), "runbook: [a\n");
    assert_eq!(std::fs::read_to_string(case.path("b.yaml")).unwrap(), SMALL);
    case.then(["fmt", "none.yaml"]).exit(2).stderr("none.yaml");
    case.then(["fmt"]).exit(2).stderr("<FILE>");
    // What only `check` knows to be wrong can be laid out all the same.
    let wrong = SMALL.replace("assert", "asert");
    let mut case = Case::new().file("a.yaml", wrong.replace("{that: true}", "{ that: true }"));
    case.then(["fmt", "a.yaml"]).exit(0);
    assert_eq!(std::fs::read_to_string(case.path("a.yaml")).unwrap(), wrong);
}

#[test]
fn whatever_is_changed_in_a_runbook_it_says_the_same_afterwards_or_is_left_as_it_is() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("a.yaml");
    let mut formatted = 0;
    for seed in 0..ROUNDS {
        let before = crate::language::fuzz::nearly_sound(seed);
        std::fs::write(&path, &before).unwrap();
        let outcome = surefoot::ops::format(&path, true);
        let after = std::fs::read_to_string(&path).unwrap();
        match outcome {
            Ok(Ok(_)) => {
                formatted += 1;
                let content = |text: &str| Content::of("a.yaml", text.as_bytes()).unwrap();
                assert!(content(&before) == content(&after), "seed {seed}");
                let again = surefoot::ops::format(&path, true).unwrap().unwrap_or(true);
                assert!(!again, "seed {seed}");
            }
            Ok(Err(_)) => assert!(before == after, "seed {seed}"),
            // A change may make the file larger than any that is read.
            Err(failure) => assert!(before == after && before.len() > 16 << 20, "seed {seed}: {failure}"),
        }
    }
    assert!(formatted > ROUNDS / 4, "{formatted}");
}
