//! `check --output sarif`: what code hosts and editors read.

use super::case::{Case, MAIN, SMALL, UNUSED};
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../fixtures/sarif-2.1.0.schema.json");

/// Standard output, which must be what the schema of SARIF allows.
#[track_caller]
fn sarif(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    // One of its regular expressions has a bracket too many, and cannot be read.
    let schema: Value = serde_json::from_str(&SCHEMA.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
    document
}

#[test]
fn every_mistake_is_a_result_with_its_rule_its_place_and_related_places() {
    let twice = SMALL.replace("  - id: holds", "  - {id: holds, uses: asert}\n  - id: holds");
    let mut case = Case::new().file("a b.yaml", &twice).file("unused.yaml", UNUSED).file("a.yaml", SMALL);
    let ran = case.then(["check", "a b.yaml", "unused.yaml", "a.yaml", "--output", "sarif"]).exit(3);
    let document = sarif(&ran.out);
    let run = &document["runs"][0];
    assert_eq!((&document["version"], &run["columnKind"]), (&json!("2.1.0"), &json!("unicodeCodePoints")));
    let results = run["results"].as_array().unwrap();
    let told: Vec<Value> = results.iter().map(|one| json!([one["ruleId"], one["level"]])).collect();
    assert_eq!(told, [json!(["SF016", "error"]), json!(["SF015", "error"]), json!(["SF033", "warning"])]);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let place = |value: &Value| value["physicalLocation"].clone();
    let region = |line: usize, from: usize, to: usize| json!({"startLine": line, "startColumn": from, "endLine": line, "endColumn": to});
    let file = json!({"uri": "a%20b.yaml"});
    assert_eq!(place(&results[0]["locations"][0]), json!({"artifactLocation": file, "region": region(5, 23, 28)}));
    assert!(results[0]["message"]["text"].as_str().unwrap().ends_with("\nHelp: did you mean `assert`?"));
    let first = &results[1]["relatedLocations"][0];
    assert_eq!(place(first), json!({"artifactLocation": file, "region": region(5, 10, 15)}));
    assert_eq!(first["message"]["text"], "first used here");
    assert_eq!(place(&results[2]["locations"][0])["artifactLocation"]["uri"], "unused.yaml");
}

#[test]
fn a_sound_runbook_gives_a_run_without_results_and_a_file_without_text_has_no_place() {
    let document = sarif(&Case::new().args(["check", MAIN, "--output", "sarif"]).run().exit(0).silent().out);
    assert_eq!(document["runs"][0]["results"], json!([]));
    let case = Case::new().file("a.yaml", [0xff, 0xfe]).args(["check", "a.yaml", "--output=sarif"]);
    let document = sarif(&case.run().exit(3).out);
    let location = &document["runs"][0]["results"][0]["locations"][0];
    assert_eq!(location, &json!({"physicalLocation": {"artifactLocation": {"uri": "a.yaml"}}}));
}

#[test]
fn no_other_command_has_it() {
    let ran = Case::new().args(["kinds", "--output", "sarif"]).run().exit(2).stderr("only `check` has");
    assert_eq!(ran.json("surefoot.error.v1")["exit"], 2);
}
