//! `surefoot.kinds.v1`.

use super::super::kinds::type_name;
use crate::base::Value;
use crate::runbook::kind::{Catalog, Field, Kind, Type};
use serde_json::json;

/// Every kind.
pub fn kinds(catalog: Catalog) -> Value {
    let kinds: Vec<Value> = catalog.iter().map(describe).collect();
    json!({"schema": "surefoot.kinds.v1", "kinds": kinds})
}

/// One kind, in a document of the same form.
pub fn kind(kind: &Kind) -> Value {
    json!({"schema": "surefoot.kinds.v1", "kinds": [describe(kind)]})
}

fn describe(kind: &Kind) -> Value {
    json!({
        "name": kind.name,
        "version": kind.version,
        "summary": kind.summary,
        "repeat": kind.repeat.name(),
        "reverse": kind.reverse.name(),
        "declared": kind.declares.is_some(),
        "probe": kind.probe,
        "subject": kind.subject,
        "needs": kind.needs.iter().map(|proof| proof.name()).collect::<Vec<_>>(),
        "yields": kind.yields.iter().map(|proof| proof.name()).collect::<Vec<_>>(),
        "provides": kind.vouches.iter().map(|proof| proof.name()).collect::<Vec<_>>(),
        "changeable": kind.changeable,
        "credential": kind.credential,
        "preflight": kind.preflight,
        "asks": kind.asks,
        "saves": kind.saves,
        "inputs": kind.inputs.iter().map(field).collect::<Vec<_>>(),
        "outputs": kind.outputs.iter().map(field).collect::<Vec<_>>(),
        "example": kind.example,
    })
}

fn field(field: &Field) -> Value {
    let words = match field.ty {
        Type::Word(words) => Some(words),
        _ => None,
    };
    let default = field.default.and_then(|text| serde_json::from_str::<Value>(text).ok());
    json!({
        "name": field.name,
        "type": if words.is_some() { "word".to_owned() } else { type_name(field.ty) },
        "words": words,
        "required": field.required,
        "default": default,
        "beside": field.beside,
        "secret": field.secret,
        "holds_secrets": field.holds_secrets,
        "doc": field.doc,
    })
}
