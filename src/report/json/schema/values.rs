//! The schema of a key's value, of what its declaration says the value is.

use crate::base::{Map, Value};
use crate::runbook::kind::{Kind, Proof};
use crate::runbook::language::{Key, keys};
use crate::runbook::plan::InputType;
use serde_json::json;

/// A text with an expression in it.
const TEMPLATE: &str = r"\{\{";
/// A duration.
const DURATION: &str = r"^([0-9]+(ms|s|m|h|d))+$";
/// A duration, or the shortest and the longest of several.
const DURATIONS: &str = r"^([0-9]+(ms|s|m|h|d))+(\.\.([0-9]+(ms|s|m|h|d))+)?$";

/// Parts that several values are made of, by name.
pub(super) fn shared(kinds: impl Iterator<Item = &'static Kind>) -> [(&'static str, Value); 4] {
    let kinds: Vec<Value> = kinds.map(|kind| json!({"const": kind.name, "description": kind.summary})).collect();
    [
        ("kind", json!({"type": "string", "oneOf": kinds})),
        ("template", json!({"type": "string", "pattern": TEMPLATE})),
        ("text", json!({"type": ["string", "number"]})),
        ("name", json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"})),
    ]
}

/// A reference to a part of the schema.
pub(super) fn part(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// Adds a property to a schema that is an object.
pub(super) fn put(schema: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = schema {
        map.insert(name.to_owned(), value);
    }
}

/// The schema of the value of a key in the map `of`. A key whose value is described in words that are not known here
/// may have any value; a test shows that there is none.
pub(super) fn of(of: &str, key: &Key) -> Value {
    match (of, key.name) {
        ("runbook", "runbook") => return json!({"type": "string", "pattern": "^[a-z][a-z0-9_.-]{0,63}$"}),
        // The inputs of the kind, which is the matter of the step that names it.
        (_, "with") => return json!({"type": ["object", "null"]}),
        ("secret", "env") => return variables(),
        ("secret", "command") => return json!({"type": "array", "items": part("text"), "minItems": 1, "maxItems": 64}),
        ("runbook", "discover") => return json!({"type": "array", "items": part("step"), "minItems": 1}),
        // A step for one item has its key in brackets.
        ("step", "needs") => return json!({"type": "array", "items": {"type": "string", "pattern": "^[a-z]"}}),
        _ => {}
    }
    if !keys(key.name).is_empty() && key.value == "map" {
        return part(key.name);
    }
    let one = key.name.strip_suffix('s').filter(|one| !keys(one).is_empty());
    match (one, key.value) {
        (Some(one), "map") => named(Some(part(one))),
        (Some(one), "list") => json!({"type": "array", "items": part(one), "minItems": 1}),
        _ => any_of(key).unwrap_or_else(|| json!({})),
    }
}

/// One of several forms, `list, template or map`; a map that has keys of its own is one with those.
fn any_of(key: &Key) -> Option<Value> {
    if let Some(value) = by_words(key.value) {
        return Some(value);
    }
    let forms = key.value.split(", ").flat_map(|words| words.split(" or ")).map(|words| match words {
        "map" if !keys(key.name).is_empty() => Some(part(key.name)),
        "map" => Some(json!({"type": "object"})),
        words => by_words(words),
    });
    Some(json!({"anyOf": forms.collect::<Option<Vec<_>>>()?}))
}

/// The schema of a value by the words that say what it is.
fn by_words(words: &str) -> Option<Value> {
    if let Some((from, to)) = words.split_once(" to ") {
        let bounds = from.parse::<i64>().ok().zip(to.parse::<i64>().ok());
        return bounds.map(|(from, to)| json!({"type": "integer", "minimum": from, "maximum": to}));
    }
    let choices: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    if !choices.is_empty() {
        return Some(json!({"enum": choices}));
    }
    Some(match words {
        "name" => part("name"),
        "text" | "header" | "regular expression" | "time zone" | "rule" | "local time" => part("text"),
        "path" => json!({"type": ["string", "number"], "minLength": 1}),
        "file name" => json!({"type": ["string", "number"], "pattern": r"^[^./\\][^/\\]{0,127}$"}),
        "duration" => json!({"type": "string", "pattern": DURATION}),
        "duration..duration" => {
            json!({"type": "string", "pattern": DURATIONS})
        }
        "boolean" => json!({"type": "boolean"}),
        "type" => json!({"enum": InputType::NAMES}),
        "kind" => part("kind"),
        "template" => part("template"),
        "kind of evidence" => json!({"enum": proofs()}),
        "expression" => json!({"anyOf": [{"type": "boolean"}, part("template")]}),
        "any expression" => json!({"type": ["string", "number", "boolean", "null", "array", "object"]}),
        "value" => json!({"type": ["string", "number", "boolean", "null"]}),
        "list" => json!({"type": "array"}),
        "list of paths" => json!({"type": "array", "items": part("text")}),
        "list of evidence" => json!({"type": "array", "items": {"enum": proofs()}}),
        "map" => named(None),
        "list or map" => json!({"type": ["array", "object"]}),
        _ => return None,
    })
}

fn proofs() -> Vec<&'static str> {
    Proof::ALL.iter().map(|proof| proof.name()).collect()
}

/// A map with keys of the author's own, each with such a value.
fn named(value: Option<Value>) -> Value {
    let mut map = Map::new();
    map.insert("type".to_owned(), json!(["object", "null"]));
    map.insert("propertyNames".to_owned(), part("name"));
    map.extend(value.map(|value| ("additionalProperties".to_owned(), value)));
    Value::Object(map)
}

/// The variables of a secret, in order or by the names of its parts.
fn variables() -> Value {
    let variable = json!({"type": "string", "pattern": "^[A-Z_][A-Z0-9_]*$"});
    json!({"anyOf": [
        {"type": "array", "items": variable, "minItems": 1, "maxItems": 2},
        {
            "type": "object", "propertyNames": part("name"), "additionalProperties": variable, "minProperties": 1,
            "maxProperties": 16,
        },
    ]})
}
