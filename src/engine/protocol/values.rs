//! Small conveniences for putting together outputs and reading inputs.

use super::Context;
use crate::base::{Map, Timestamp, Value, parse_duration};
use std::time::Duration;

/// Text of an input; empty where it is null or not text.
pub(super) fn text<'a>(context: &Context<'a>, name: &str) -> &'a str {
    context.with.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A duration among the inputs.
pub(super) fn duration(context: &Context<'_>, name: &str) -> Duration {
    parse_duration(text(context, name)).unwrap_or(Duration::from_secs(10))
}

/// A field that is text; empty where it is not there.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field that is true.
pub(super) fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A map from names and values.
pub(super) fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The declared outputs of the step's kind, taken from what was seen; null where it is not there.
pub(super) fn declared(context: &Context<'_>, seen: &Value) -> Map {
    let outputs = context.step.kind.outputs.iter();
    outputs.map(|output| (output.name.to_owned(), seen.get(output.name).cloned().unwrap_or(Value::Null))).collect()
}

/// A point in time as it stands in outputs.
pub(super) fn time(at: Timestamp) -> Value {
    Value::String(at.to_seconds_text())
}
