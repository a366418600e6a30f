//! The JSON Schema of the language says of the form of a runbook what `check` says.

use super::words::{WRITE, runbook_with};
use super::{mistakes, mistakes_in};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use surefoot::kinds::catalog;
use surefoot::report::json::schema;
use surefoot::runbook::kind::{Field, Kind, Type};
use surefoot::runbook::language::KEYS;
use surefoot::runbook::{Code, Inputs};

/// The codes that are about the form of a file, which a schema can know.
const FORM: [&str; 9] = ["SF009", "SF011", "SF012", "SF014", "SF016", "SF017", "SF018", "SF019", "SF036"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The kinds that a runbook may name.
fn usable() -> impl Iterator<Item = &'static Kind> {
    catalog().iter().filter(|kind| !kind.is_internal())
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema(catalog())).unwrap()
}

/// A file as an editor reads it.
fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What the schema has against a file, one line each.
fn objections(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What `check` has against a document, where that is about its form.
fn refusals(document: &Value) -> Vec<String> {
    let all = mistakes_in(document.to_string().as_bytes(), Inputs::Unknown);
    all.into_iter().filter(|found| FORM.iter().any(|code| found.starts_with(code))).collect()
}

#[test]
fn the_schema_is_a_schema_and_the_file_is_current() {
    let document = schema(catalog());
    assert!(jsonschema::meta::is_valid(&document));
    let path = root().join("docs/runbook.schema.json");
    let page = format!("{document:#}\n");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/runbook.schema.json is not what is declared; write it with {WRITE}=1");
}

#[test]
fn every_key_and_kind_and_input_is_described_and_has_a_type() {
    let document = schema(catalog());
    for (of, keys) in KEYS {
        let map = if of == "runbook" { &document } else { &document["$defs"][of] };
        for key in keys {
            let value = &map["properties"][key.name];
            assert!(value["description"].as_str().unwrap().contains(key.example), "{of}.{}", key.name);
            let forms = ["type", "enum", "anyOf", "$ref"];
            let has_form = forms.iter().any(|form| !value[form].is_null());
            assert!(has_form, "{of}.{}: src/report/json/schema/values.rs knows no {:?}", key.name, key.value);
        }
    }
    let kinds = document["$defs"]["kind"]["oneOf"].as_array().unwrap();
    assert_eq!(kinds.len(), usable().count());
    for (kind, described) in usable().zip(kinds) {
        assert_eq!((&described["const"], &described["description"]), (&json!(kind.name), &json!(kind.summary)));
        for field in kind.inputs.iter().filter(|field| !field.beside) {
            let input = &document["$defs"][format!("with.{}", kind.name)]["properties"][field.name];
            assert_eq!(input["description"], json!(field.doc), "{}.{}", kind.name, field.name);
        }
    }
}

#[test]
fn what_check_accepts_the_schema_accepts() {
    let validator = validator();
    let mut texts: Vec<(String, String)> = Vec::new();
    for file in std::fs::read_dir(root().join("runbooks")).unwrap() {
        let path = file.unwrap().path();
        let is_other = [".scenario.", ".test."].iter().any(|other| path.to_string_lossy().contains(other));
        if path.extension().is_some_and(|end| end == "yaml") && !is_other {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(texts.len() >= 6);
    for (file, text) in &texts {
        let line = text.lines().next().unwrap();
        let named = line.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{file}: {line}"));
        assert!(Path::new(file).parent().unwrap().join(named).is_file(), "{file}: {named}");
    }
    texts.push(("init".to_owned(), include_str!("../../../src/ops/first.yaml").to_owned()));
    for (of, keys) in KEYS {
        texts.extend(keys.iter().map(|key| (format!("{of}.{}", key.name), runbook_with(of, key))));
    }
    for (name, text) in &texts {
        let found = objections(&validator, &read(text));
        assert!(found.is_empty(), "{name}: {found:#?}\n{text}");
    }
    for kind in usable() {
        let found = objections(&validator, &document_of(kind.name));
        assert!(found.is_empty(), "{}: {found:#?}", kind.name);
    }
}

/// The example of a kind as the only step of a runbook; what it refers to is not there, which is no matter of form.
fn document_of(kind: &str) -> Value {
    let example = catalog().find(kind).unwrap().example;
    let steps = read(example);
    let steps = if steps.is_array() { steps } else { json!([steps]) };
    let named = regex_lite::Regex::new(r"secrets\.([a-z0-9_]+)").unwrap();
    let secrets: serde_json::Map<String, Value> =
        named.captures_iter(example).map(|found| (found[1].to_owned(), json!({"env": ["A", "B"]}))).collect();
    json!({"runbook": "one", "version": "1.0.0", "secrets": secrets, "steps": steps})
}

/// The steps of a document that use a kind, as places in it.
fn step_of<'d>(document: &'d mut Value, kind: &str) -> &'d mut Value {
    let steps = document["steps"].as_array_mut().unwrap();
    steps.iter_mut().find(|step| step["uses"] == kind).unwrap_or_else(|| panic!("{kind}"))
}

/// A value that is none of that type, where there is one.
fn unfit(field: &Field) -> Option<Value> {
    Some(match field.ty {
        _ if field.secret => json!("in clear"),
        Type::Any => return None,
        Type::String | Type::Path => json!(["a", "list"]),
        Type::Integer => json!("three"),
        Type::Boolean => json!("yes"),
        Type::List | Type::Steps => json!({"a": "map"}),
        Type::Map => json!(["a", "list"]),
        Type::Duration | Type::Time => json!("soon"),
        Type::Size => json!("large"),
        Type::InstanceId | Type::Subject => json!("orders"),
        Type::Word(_) => json!("none of the words"),
    })
}

/// Both refuse it, `check` for more than what it has against the document that it was made of.
#[track_caller]
fn refused(validator: &Validator, sound: &Value, document: &Value, what: &str) {
    let code = |found: String| found.split('@').next().unwrap().to_owned();
    let mut more: Vec<String> = refusals(document).into_iter().map(code).collect();
    for known in refusals(sound).into_iter().map(code) {
        more.extract_if(.., |found| *found == known).next();
    }
    assert!(!more.is_empty(), "`check` accepts {what}:\n{document:#}");
    assert!(!validator.is_valid(document), "the schema accepts {what}:\n{document:#}");
}

#[test]
fn a_step_that_is_broken_in_its_form_is_refused_by_both() {
    let validator = validator();
    let mut tried = 0;
    for kind in usable() {
        let sound = document_of(kind.name);
        let mut broken = |what: &str, change: &dyn Fn(&mut Value)| {
            let mut document = sound.clone();
            change(step_of(&mut document, kind.name));
            refused(&validator, &sound, &document, &format!("{} {what}", kind.name));
            tried += 1;
        };
        broken("with an unknown key", &|step| step["unheard"] = json!(1));
        broken("with an unknown input", &|step| step["with"]["unheard"] = json!(1));
        broken("without an id", &|step| drop(step.as_object_mut().unwrap().remove("id")));
        broken("of an unknown kind", &|step| step["uses"] = json!("unheard"));
        broken("with inputs that are a list", &|step| step["with"] = json!([1]));
        broken("with a time-out in words", &|step| step["timeout"] = json!("soon"));
        for field in kind.inputs.iter().filter(|field| !field.beside) {
            if field.required {
                broken(&format!("without {}", field.name), &|step| {
                    step["with"].as_object_mut().unwrap().remove(field.name);
                });
            }
            if field.required && !field.secret {
                broken(&format!("with {} null", field.name), &|step| step["with"][field.name] = Value::Null);
            }
            if let Some(value) = unfit(field) {
                broken(&format!("with another {}", field.name), &|step| step["with"][field.name] = value.clone());
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn what_is_broken_in_its_form_is_refused_by_both() {
    let validator = validator();
    let sound = read(
        "runbook: all\nversion: 1\ninputs: {x: {type: integer, default: 1}}\nsecrets: {s: {env: [A, B]}}\n\
         defaults: {timeout: 1h, retry: {max: 3, backoff: 2s..60s}, concurrency: 4}\nsteps:\n  - id: a\n    \
         uses: http.request\n    with: {method: POST, url: \"https://db.internal/{{ inputs.x }}\"}\n    \
         effect: undoable\n    probe: {uses: command, with: {argv: [id]}, applied: true, settle: 60s}\n    \
         needs: []\n    retry: {max: 2}\n    on_failure: hold\n    save: a.json\noutputs: {y: 1}\n",
    );
    assert_eq!(refusals(&sound), Vec::<String>::new());
    assert_eq!(objections(&validator, &sound), Vec::<String>::new());
    let places: [(&str, Value); 33] = [
        ("/unheard", json!(1)),
        ("/runbook", json!("Capital")),
        ("/runbook", json!(["a"])),
        ("/version", json!(null)),
        ("/inputs", json!([])),
        ("/inputs/x", json!("integer")),
        ("/inputs/x/unheard", json!(1)),
        ("/inputs/x/optional", json!("yes")),
        ("/inputs/Large", json!({"type": "string"})),
        ("/secrets/s/unheard", json!(1)),
        ("/secrets/s", json!({})),
        ("/secrets/s/env", json!("A")),
        ("/secrets/s/env", json!(["lower"])),
        ("/defaults/unheard", json!(1)),
        ("/defaults/timeout", json!("soon")),
        ("/defaults/concurrency", json!("many")),
        ("/defaults/retry", json!(3)),
        ("/defaults/retry/unheard", json!(1)),
        ("/defaults/retry/max", json!("three")),
        ("/defaults/retry/backoff", json!("2s to 60s")),
        ("/steps", json!({"a": 1})),
        ("/steps", json!([])),
        ("/steps/0", json!("a")),
        ("/steps/0/id", json!("Large")),
        ("/steps/0/needs", json!("a")),
        ("/steps/0/on_failure", json!("panic")),
        ("/steps/0/effect", json!("small")),
        ("/steps/0/requires", json!(["trust"])),
        ("/steps/0/probe/unheard", json!(1)),
        ("/steps/0/probe/uses", json!("unheard")),
        ("/steps/0/probe/with/unheard", json!(1)),
        ("/steps/0/provide", json!({"evidence": "config"})),
        ("/outputs", json!(["y"])),
    ];
    for (place, value) in places {
        let (above, key) = place.rsplit_once('/').unwrap();
        let mut document = sound.clone();
        let above = document.pointer_mut(above).unwrap();
        match above.as_array_mut().and_then(|items| items.get_mut(key.parse::<usize>().ok()?)) {
            Some(item) => *item = value.clone(),
            None => above[key] = value.clone(),
        }
        refused(&validator, &sound, &document, &format!("{place} = {value}"));
    }
    for missing in ["/runbook", "/version", "/steps", "/steps/0/uses", "/steps/0/probe/applied", "/steps/0/probe/uses"]
    {
        let (above, key) = missing.rsplit_once('/').unwrap();
        let mut document = sound.clone();
        document.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(key);
        refused(&validator, &sound, &document, &format!("no {missing}"));
    }
}

#[test]
fn the_examples_of_the_codes_about_form_are_refused_by_the_schema() {
    let validator = validator();
    for code in
        Code::ALL.iter().filter(|code| ["SF009", "SF011", "SF012", "SF016", "SF017", "SF018"].contains(&code.name()))
    {
        let (_, rest) = code.page().split_once("```yaml\n").unwrap();
        let text = rest.split("```").next().unwrap();
        assert!(!mistakes(text).is_empty());
        assert!(!validator.is_valid(&read(text)), "{}:\n{text}", code.name());
    }
}
