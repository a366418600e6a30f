//! What the language declares, what its page says and what it does are the same.

use super::{mistakes, mistakes_in};
use serde_json::{Value, json};
use std::path::Path;
use surefoot::base::Map;
use surefoot::report::{Style, language, language_markdown};
use surefoot::runbook::language::{KEYS, Key, WORDS, keys, words};
use surefoot::runbook::plan::{InputType, Template};
use surefoot::runbook::{Inputs, Renderer};

/// With this the page is written anew.
pub(super) const WRITE: &str = "SUREFOOT_WRITE_PAGES";

/// What the examples refer to.
fn scope() -> Value {
    let run = "20260131-220000-1f2e3d";
    json!({
        "inputs": {"wanted": true},
        "secrets": {"db": {"$secret": "secrets.db"}},
        "each": {"key": "web-1"},
        "discover": {"fleet": {"count": 3}},
        "steps": {"capture": {"name": "payments"}},
        "run": {
            "id": run, "dir": format!("/srv/.surefoot/runs/{run}"), "name": "nightly-copy",
            "plan_digest": "sha256:9f86",
        },
    })
}

#[test]
fn the_page_is_made_of_the_declarations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let page = language_markdown();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/language.md is not what is declared; write it with {WRITE}=1");
}

#[test]
fn the_page_names_every_word_and_fits_a_terminal() {
    let wide = language(Style { columns: 120, colour: false });
    let narrow = language(Style { columns: 60, colour: false });
    for page in [&wide, &narrow] {
        let all = KEYS.iter().flat_map(|(_, keys)| keys.iter().map(|key| key.name));
        for name in all.chain(WORDS.iter().flat_map(|of| words(of)).map(|word| word.name)) {
            assert!(page.contains(name), "{name} is not there:\n{page}");
        }
        assert!(!page.contains("\n@"), "a list is missing:\n{page}");
    }
    assert!(wide.lines().all(|line| line.chars().count() <= 120), "{wide}");
}

#[test]
fn every_example_gives_what_is_said() {
    for of in ["roots", "run", "operators", "filters", "tests"] {
        let all = words(of);
        assert!(!all.is_empty());
        for word in all {
            let rendered = Renderer::new().render(&Template::Expression(word.example.to_owned()), &(&scope()).into());
            let gives: Value = serde_json::from_str(word.gives).unwrap_or_else(|error| panic!("{word:?}: {error}"));
            assert_eq!(rendered, Ok(gives), "{}", word.name);
            // It is also part of the language, and not only of the machine beneath.
            if matches!(of, "operators" | "filters" | "tests") {
                let runbook = format!(
                    "{HEAD}  - id: a\n    uses: file.write\n    with: {{path: a, content: {}}}\n",
                    quoted(word.example)
                );
                let found = mistakes(&runbook);
                assert!(found.iter().all(|found| found.starts_with("SF028")), "{}: {found:?}", word.name);
            }
        }
    }
}

#[test]
fn types_are_those_that_are_declared() {
    let types = words("types");
    assert_eq!(types.iter().map(|word| word.name).collect::<Vec<_>>(), InputType::NAMES);
    for word in types {
        let text = format!(
            "runbook: a\nversion: 1\ninputs: {{x: {{type: {}, default: {}}}}}\n{STEP_ON_X}",
            word.name, word.example
        );
        let plan = super::planned(&text);
        assert_eq!(plan.inputs["x"].to_string(), serde_json::from_str::<Value>(word.gives).unwrap().to_string());
    }
}

const HEAD: &str = "runbook: a\nversion: 1\nsteps:\n";
const STEP_ON_X: &str = "steps: [{id: a, uses: assert, with: {that: true, message: \"{{ inputs.x | string }}\"}}]\n";

fn quoted(expression: &str) -> String {
    serde_json::to_string(&format!("{{{{ {expression} }}}}")).unwrap()
}

/// Every map of a runbook that has keys, with each of them written as in its example.
#[test]
fn every_key_can_be_written_as_its_example_shows() {
    for (of, keys) in KEYS {
        for key in keys {
            let text = runbook_with(of, key);
            let found = mistakes_in(text.as_bytes(), Inputs::Unknown);
            // Nothing refers to what an example declares, and a step's inputs are those of another kind.
            // No file can be read here.
            let about = |found: &String| !["SF033", "SF034", "SF054"].iter().any(|code| found.starts_with(code));
            assert!(!found.iter().any(about), "{of}.{}: {found:?}\n{text}", key.name);
        }
    }
    // The key that is written is one of the list, so a list that lacks a key has no example of it; a key that the
    // language does not have is refused with the list.
    assert_eq!(
        mistakes("runbook: a\nversion: 1\nsteps: [{id: a, uses: sleep, with: {for: 1m}, unheard: 1}]\n").len(),
        1
    );
}

const VERIFY_WITH: &str = "with: {instance_id: 0123abcd, bucket: b, key: k, sha256: s, size: 1}";

/// A window with this key.
fn window_with(key: &Key) -> String {
    let rest = ["timezone: UTC", "start: 2026-01-31T22:00", "duration: 4h"];
    let rest = rest.into_iter().filter(|one| !one.starts_with(key.name));
    format!("window: {{{}}}", [key.example].into_iter().chain(rest).collect::<Vec<_>>().join(", "))
}

/// A runbook with this key in a place of its map.
/// A step that can be undone, with this `undo`.
fn undone_by(undo: &str) -> String {
    format!("{{id: a, uses: command, effect: undoable, with: {{argv: [do]}}, {undo}}}")
}

/// A runbook with this key in a place of its map.
pub(super) fn runbook_with(of: &str, key: &Key) -> String {
    let mut top: Vec<String> = vec!["runbook: a".to_owned(), "version: 1".to_owned()];
    let mut step = "{id: a, uses: sleep, with: {for: 1m}}".to_owned();
    let mut inputs = "inputs: {wanted: {type: boolean}}".to_owned();
    match of {
        "runbook" => top.retain(|line| !line.starts_with(&format!("{}:", key.name))),
        "input" => inputs = format!("inputs:\n  wanted: {{type: boolean}}\n  x:\n    {}", typed(key)),
        "secret" if ["env", "file", "command"].contains(&key.name) => {
            top.push(format!("secrets: {{x: {{{}}}}}", key.example));
        }
        "secret" => top.push(format!("secrets: {{x: {{env: [A, B], {}}}}}", key.example)),
        "window" => top.push(window_with(key)),
        "defaults" => top.push(format!("defaults: {{{}}}", key.example)),
        "probe" => step = probed(&[probe_with(key)]),
        "provide" => step = providing(&format!("provide: {{{}}}", provide_with(key))),
        "step" if key.name == "provide" => step = providing(key.example),
        "step" if DECLARED.contains(&key.name) => step = probed(&declared_with(key)),
        "step" if key.name == "undo" => step = undone_by(key.example),
        "undo" => {
            let probe = "probe: {uses: command, with: {argv: [look]}, applied: \"{{ probe.exit_code == 0 }}\"}";
            let own = [("uses", "uses: command"), ("effect", "effect: undoable"), ("with", "with: {argv: [undo]}")];
            let mut all: Vec<&str> = own.iter().filter(|(name, _)| *name != key.name).map(|(_, text)| *text).collect();
            match key.name {
                // Such a header goes with a request.
                "idempotency_key" => {
                    all = vec!["uses: http.request", "effect: undoable", "with: {method: POST, url: \"https://x/y\"}"];
                }
                "until" => all.push(probe),
                _ => {}
            }
            all.push(key.example);
            step = undone_by(&format!("undo: {{{}}}", all.join(", ")));
        }
        "for_each" => {
            let items = match key.name {
                "items" | "file" => key.example.to_owned(),
                "key" => format!("items: [{{host: a}}, {{host: b}}], {}", key.example),
                _ => format!("items: [a, b], {}", key.example),
            };
            step = format!("{{id: a, uses: sleep, for_each: {{{items}}}, with: {{for: 1m}}}}");
        }
        "retry" => top.push(format!("defaults: {{retry: {{{}}}}}", key.example)),
        _ => {
            // A wait proves and judges nothing, and honours neither a time-out nor tries.
            let (uses, with) = match key.name {
                "timeout" | "retry" | "retry_from" | "max_age" => ("uses: backup.verify", VERIFY_WITH),
                "attempt_timeout" => ("uses: command", "with: {argv: [id]}, effect: none"),
                _ => ("uses: sleep", "with: {for: 1m}"),
            };
            let own = [("id", "id: a"), ("uses", uses), ("with", with)];
            let mut all: Vec<&str> = own.iter().filter(|(name, _)| *name != key.name).map(|(_, text)| *text).collect();
            all.push(key.example);
            if key.name == "retry_from" {
                all.push("needs: [first]");
            }
            step = format!("{{{}}}", all.join(", "));
        }
    }
    if !(of == "runbook" && key.name == "inputs") {
        top.push(inputs);
    }
    if of == "runbook" {
        top.push(key.example.to_owned());
    }
    if !(of == "runbook" && key.name == "steps") {
        top.push(format!("steps:\n  - {{id: first, uses: sleep, with: {{for: 1m}}}}\n  - {step}"));
    }
    if of == "runbook" && key.name == "steps" {
        // The example of `outputs` needs the step; that of `steps` stands alone.
        return top.join("\n") + "\n";
    }
    top.join("\n") + "\n"
}

/// The keys of a step that only a kind whose effect is declared honours.
const DECLARED: [&str; 6] = ["effect", "subject", "requires", "idempotency_key", "probe", "until"];

/// A request that changes something, with more keys.
fn probed(keys: &[String]) -> String {
    let request = "id: a, uses: http.request, with: {method: POST, url: \"https://db.internal/r/1\"}";
    format!("{{{request}, {}}}", keys.join(", "))
}

/// A command that proves something, with `provide`.
fn providing(provide: &str) -> String {
    format!("{{id: a, uses: command, effect: none, with: {{argv: [id]}}, {provide}}}")
}

/// The key of a step, with what it rests on.
fn declared_with(key: &Key) -> Vec<String> {
    let mut all = vec![key.example.to_owned()];
    if key.name != "effect" {
        all.push("effect: undoable".to_owned());
    }
    if key.name == "until" {
        all.push("probe: {uses: http.request, with: {url: \"https://db.internal/r/1\"}, applied: true}".to_owned());
    }
    all
}

/// A probe that has all it needs, and this key.
fn probe_with(key: &Key) -> String {
    let looks = [("uses", "uses: command"), ("with", "with: {argv: [id]}"), ("applied", "applied: true")];
    let mut all: Vec<&str> = looks.iter().filter(|(name, _)| *name != key.name).map(|(_, text)| *text).collect();
    all.push(key.example);
    format!("effect: undoable, probe: {{{}}}", all.join(", "))
}

/// The keys of `provide` that it needs, and this one.
fn provide_with(key: &Key) -> String {
    let needed = [("evidence", "evidence: config"), ("subject", "subject: \"postgres:orders\"")];
    let mut all: Vec<&str> = needed.iter().filter(|(name, _)| *name != key.name).map(|(_, text)| *text).collect();
    all.push(key.example);
    all.join(", ")
}

/// An example of a key of an input, with the type that its value is of.
fn typed(key: &Key) -> String {
    match key.name {
        "type" => key.example.to_owned(),
        "of" => format!("type: list\n    {}", key.example),
        "min" | "max" => format!("type: integer\n    {}", key.example),
        _ => format!("type: string\n    {}", key.example),
    }
}

#[test]
fn the_page_s_runbook_is_sound() {
    let page = language_markdown();
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(mistakes(example), Vec::<String>::new());
}

#[test]
fn a_list_that_is_cut_says_where_the_rest_stands() {
    let steps = "steps: [{id: a, uses: assert, with: {that: \"{{ 1 | frobnicate }}\"}}]";
    let found = surefoot::runbook::compile(
        surefoot::kinds::catalog(),
        "a.yaml",
        format!("runbook: a\nversion: 1\n{steps}\n").as_bytes(),
        Inputs::Unknown,
    );
    let told = found.unwrap_err().render(false);
    assert!(told.contains("more; `surefoot help language` lists them all"), "{told}");
    let inputs =
        (0..20).map(|number| format!("  name_{number}: {{type: string, optional: true}}\n")).collect::<String>();
    let text =
        format!("runbook: a\nversion: 1\ninputs:\n{inputs}steps: [{{id: a, uses: assert, with: {{that: true}}}}]\n");
    let given = Map::from_iter([("frobnicate".to_owned(), json!("x"))]);
    let told = surefoot::runbook::compile(surefoot::kinds::catalog(), "a.yaml", text.as_bytes(), Inputs::Given(&given))
        .unwrap_err()
        .render(false);
    assert!(told.contains("more; all of them stand in the runbook"), "{told}");
    assert!(keys("step").len() >= 9 && keys("nothing").is_empty());
}
