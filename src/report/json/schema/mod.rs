//! The JSON Schema of the language, for editors: made of the declarations that `check` reads.
//!
//! It knows what can be known of one value at a time: keys, their types, the inputs of each kind. What joins several
//! places, such as names and evidence, only `check` knows.

mod inputs;
mod values;

use crate::base::{Map, Value};
use crate::runbook::kind::{Catalog, Kind};
use crate::runbook::language::{KEYS, Key};
use serde_json::json;

/// What the declaration of a key that must be written says of leaving it out.
const REQUIRED: &str = "required";

/// The schema of a runbook with these kinds, JSON Schema 2020-12.
pub fn schema(catalog: Catalog) -> Value {
    let mut defs = Map::new();
    for (of, keys) in KEYS.iter().filter(|(of, _)| *of != "runbook") {
        defs.insert((*of).to_owned(), map_of(of, keys));
    }
    for kind in usable(catalog) {
        defs.insert(inputs::name(kind), inputs::with(kind));
    }
    for (name, value) in values::shared(usable(catalog)) {
        defs.insert(name.to_owned(), value);
    }
    let using = KEYS.iter().filter(|(_, keys)| ["uses", "with"].iter().all(|name| has(keys, name)));
    for (of, keys) in using {
        if let Some(Value::Object(map)) = defs.get_mut(*of) {
            map.insert("allOf".to_owned(), usable(catalog).map(|kind| inputs::when_used(kind, keys)).collect());
        }
    }
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!("A surefoot runbook"));
    root.insert("description".to_owned(), json!("Typed steps that `surefoot check` proves before the first one runs."));
    let keys = KEYS.iter().find(|(of, _)| *of == "runbook").map_or(&[][..], |(_, keys)| keys);
    if let Value::Object(map) = map_of("runbook", keys) {
        root.extend(map);
    }
    root.insert("$defs".to_owned(), Value::Object(defs));
    Value::Object(root)
}

fn has(keys: &[Key], name: &str) -> bool {
    keys.iter().any(|key| key.name == name)
}

/// The kinds that a runbook may name.
fn usable(catalog: Catalog) -> impl Iterator<Item = &'static Kind> {
    catalog.iter().filter(|kind| !kind.is_internal())
}

/// A map with these keys and no others.
fn map_of(of: &str, keys: &[Key]) -> Value {
    let required: Vec<&str> = keys.iter().filter(|key| key.without == REQUIRED).map(|key| key.name).collect();
    let properties = keys.iter().map(|key| (key.name.to_owned(), described(key, values::of(of, key))));
    let mut map = json!({
        "type": "object",
        "properties": properties.collect::<Map>(),
        "required": required,
        "additionalProperties": false,
    });
    let one_of: Vec<Value> =
        keys.iter().filter(|key| is_choice(key)).map(|key| json!({"required": [key.name]})).collect();
    if !one_of.is_empty() {
        values::put(&mut map, "oneOf", Value::Array(one_of));
    }
    map
}

/// The schema of a key's value with what the page of the language says about the key.
fn described(key: &Key, mut value: Value) -> Value {
    let without = match key.without {
        REQUIRED => "Required.".to_owned(),
        without if is_choice(key) => format!("{} is required.", sentence(without)),
        without => format!("Left out: {}.", without.trim_end_matches('.')),
    };
    let description = format!("{}. {without} Example: `{}`", sentence(key.doc), key.example);
    values::put(&mut value, "description", json!(description));
    value
}

/// Whether exactly one of several keys is written, and this is one of them.
fn is_choice(key: &Key) -> bool {
    key.without.starts_with("one of the ")
}

/// A text that begins as a sentence does, without a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
