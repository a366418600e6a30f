//! Inputs: declared, given, missing, malformed.

use super::{given, mistakes, mistakes_in};
use serde_json::json;
use surefoot::base::Map;
use surefoot::runbook::{Inputs, compile};

const RUNBOOK: &str = r#"
runbook: case
version: 1.0.0
inputs:
  id: {type: string, pattern: "^[0-9a-f]{8}$", description: the instance}
  mode: {type: string, enum: [fresh, latest], default: fresh}
  days: {type: integer, optional: true}
  dry: {type: boolean, default: false}
  wait: {type: duration, default: 10m}
  limit: {type: size, default: 4GB}
  at: {type: time, optional: true}
  file: {type: path, default: a.txt}
steps:
  - id: note
    uses: file.write
    with:
      path: "{{ inputs.file }}"
      content: ["{{ inputs.id }}", "{{ inputs.mode }}", "{{ inputs.days }}", "{{ inputs.dry }}", "{{ inputs.wait }}", "{{ inputs.limit }}", "{{ inputs.at }}"]
"#;

fn values(inputs: &Map) -> Map {
    compile(surefoot::kinds::catalog(), "case.yaml", RUNBOOK.as_bytes(), Inputs::Given(inputs))
        .unwrap_or_else(|found| panic!("{found}"))
        .inputs
}

#[test]
fn text_from_the_command_line_is_read_as_the_declared_type() {
    let values =
        values(&given(&[("id", "12345678"), ("days", "14"), ("dry", "true"), ("wait", "1h"), ("mode", "latest")]));
    let expected = json!({
        "id": "12345678", "mode": "latest", "days": 14, "dry": true, "wait": "1h", "limit": "4GB", "at": null, "file": "a.txt",
    });
    assert_eq!(serde_json::Value::Object(values), expected);
}

#[test]
fn values_of_a_file_are_taken_by_their_type() {
    let mut inputs = Map::new();
    inputs.insert("id".to_owned(), json!(12_345_678));
    inputs.insert("days".to_owned(), json!(14));
    inputs.insert("at".to_owned(), json!(null));
    let values = values(&inputs);
    assert_eq!(
        (values.get("id"), values.get("days"), values.get("at")),
        (Some(&json!("12345678")), Some(&json!(14)), Some(&json!(null)))
    );
}

#[test]
fn everything_wrong_with_the_inputs_is_said_at_once_and_says_what_was_expected() {
    let inputs = given(&[
        ("days", "soon"),
        ("mode", "old"),
        ("dry", "yes"),
        ("wait", "5"),
        ("limit", "big"),
        ("at", "noon"),
        ("dayz", "1"),
    ]);
    let found =
        compile(surefoot::kinds::catalog(), "case.yaml", RUNBOOK.as_bytes(), Inputs::Given(&inputs)).unwrap_err();
    assert!(found.only_inputs());
    let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the runbook has no input `dayz`",
            "the input `id` was not given: expected text that matches ^[0-9a-f]{8}$",
            "the input `mode` does not fit: expected one of fresh, latest, found the text \"old\"",
            "the input `days` does not fit: expected a whole number, found the text \"soon\"",
            "the input `dry` does not fit: expected true or false, found the text \"yes\"",
            "the input `wait` does not fit: expected a duration like 90s, 10m or 4h, found the text \"5\"",
            "the input `limit` does not fit: expected a size like 512MiB or 16GiB, found the text \"big\"",
            "the input `at` does not fit: expected a time like 2026-01-31T22:00:00Z, found the text \"noon\"",
        ]
    );
}

#[test]
fn hostile_values_are_refused_by_the_pattern_and_shown_safely() {
    let inputs = given(&[("id", "0a1b2c3\u{1b}[2J\u{202e}")]);
    let found =
        compile(surefoot::kinds::catalog(), "case.yaml", RUNBOOK.as_bytes(), Inputs::Given(&inputs)).unwrap_err();
    let shown = found.render(false);
    assert!(shown.contains("0a1b2c3\\u{1b}[2J\\u{202e}"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
}

#[test]
fn without_inputs_the_file_is_checked_alone() {
    assert_eq!(mistakes(RUNBOOK), Vec::<String>::new());
    assert_eq!(mistakes_in(RUNBOOK.as_bytes(), Inputs::Given(&Map::new())), ["SF041@5:3"]);
}

#[test]
fn declarations_are_checked() {
    let case = |declaration: &str| {
        mistakes(&format!(
            "runbook: case\nversion: 1.0.0\ninputs:\n  a: {declaration}\nsteps:\n  - id: one\n    uses: assert\n    \
             with: {{that: \"{{{{ inputs.a == 'x' }}}}\"}}\n"
        ))
    };
    assert_eq!(case("{type: string}"), Vec::<String>::new());
    assert_eq!(case("string"), ["SF012@4:6"]);
    assert_eq!(case("{type: text}"), ["SF040@4:13"]);
    assert_eq!(case("{pattern: \"(\"}"), ["SF040@4:16"]);
    assert_eq!(case("{default: b, enum: [a]}"), ["SF040@4:16"]);
    assert_eq!(case("{default: b, pattern: \"^a$\"}"), ["SF040@4:16"]);
    assert_eq!(case("{default: \"{{ run.id }}\"}"), ["SF040@4:16"]);
    assert_eq!(case("{default: b, optional: true}"), ["SF040@4:3"]);
    assert_eq!(case("{type: integer, default: 9007199254740992}"), ["SF040@4:31"]);
    assert_eq!(case("{enum: []}"), ["SF040@4:13"]);
    assert_eq!(case("{optional: maybe}"), ["SF012@4:17"]);
}
