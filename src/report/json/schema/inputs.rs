//! What may stand under `with`, of each kind.

use super::values::{part, put};
use crate::base::{Map, Value};
use crate::runbook::kind::{Field, Kind, Type};
use crate::runbook::language::Key;
use serde_json::json;

/// The name of the part that describes the inputs of a kind.
pub(super) fn name(kind: &Kind) -> String {
    format!("with.{}", kind.name)
}

/// The inputs of a kind: all that it has and no others, those that must be written among them.
pub(super) fn with(kind: &Kind) -> Value {
    let inputs = || kind.inputs.iter().filter(|field| !field.beside);
    let required: Vec<&str> = inputs().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        // A kind that needs nothing may be written without its inputs.
        "type": if required.is_empty() { json!(["object", "null"]) } else { json!("object") },
        "description": format!("The inputs of {}: {}.", kind.name, kind.summary.trim_end_matches('.')),
        "properties": inputs().map(|field| (field.name.to_owned(), input(field))).collect::<Map>(),
        "required": required,
        "additionalProperties": false,
    })
}

/// What holds for a map with these keys that uses this kind: a step, what undoes it, or a probe.
pub(super) fn when_used(kind: &Kind, keys: &[Key]) -> Value {
    let mut properties = Map::new();
    properties.insert("with".to_owned(), part(&name(kind)));
    let ignored = kind.ignores.iter().filter(|(ignored, _)| keys.iter().any(|key| key.name == *ignored));
    properties.extend(ignored.map(|(key, _)| ((*key).to_owned(), json!(false))));
    let needs_with = kind.inputs.iter().any(|field| field.required && !field.beside);
    let required: &[&str] = if needs_with { &["with"] } else { &[] };
    json!({
        "if": {"properties": {"uses": {"const": kind.name}}, "required": ["uses"]},
        "then": {"properties": properties, "required": required},
    })
}

/// An input: a value of its type, or an expression that gives one.
fn input(field: &Field) -> Value {
    let mut forms = vec![part("template")];
    if !field.secret {
        forms.extend(typed(field.ty));
    }
    // What takes a secret may be null, and is asked for then when the run needs it.
    if !field.required || field.secret {
        forms.push(json!({"type": "null"}));
    }
    let mut schema = json!({"anyOf": forms});
    put(&mut schema, "description", json!(field.doc));
    if let Some(default) = field.default.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        put(&mut schema, "default", default);
    }
    schema
}

/// The forms that a value of a type may be written in. Where text is expected a number is taken as it is written.
fn typed(ty: Type) -> Vec<Value> {
    let written = |pattern: &str| vec![json!({"type": "string", "pattern": pattern})];
    match ty {
        Type::Any => vec![json!({"type": ["string", "number", "boolean", "array", "object"]})],
        Type::String => vec![part("text")],
        Type::Integer => vec![json!({"type": "integer"})],
        Type::Boolean => vec![json!({"type": "boolean"})],
        Type::List => vec![json!({"type": "array"})],
        Type::Map => vec![json!({"type": "object"})],
        Type::Duration => written("^([0-9]+(ms|s|m|h|d))+$"),
        Type::Size => {
            vec![
                json!({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)?$"}),
                json!({"type": "integer", "minimum": 0}),
            ]
        }
        Type::Time => written("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].+$"),
        Type::InstanceId => vec![json!({"type": "string", "pattern": "^[0-9a-f]{8}$"}), json!({"type": "number"})],
        Type::Subject => {
            vec![
                json!({"type": "string", "pattern": "^([0-9a-f]{8}|[a-z][a-z0-9+.-]*:.+)$"}),
                json!({"type": "number"}),
            ]
        }
        // A word of digits is written with quotes or without.
        Type::Word(words) => {
            let numbers = words.iter().filter_map(|word| word.parse::<i64>().ok()).map(Value::from);
            vec![json!({"enum": words.iter().map(|word| Value::from(*word)).chain(numbers).collect::<Vec<_>>()})]
        }
        Type::Path => vec![json!({"type": ["string", "number"], "minLength": 1})],
        Type::Steps => vec![json!({"type": "array", "items": {"type": "string"}})],
    }
}
