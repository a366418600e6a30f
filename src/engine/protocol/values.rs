//! Small conveniences for putting together outputs and reading inputs.

use super::Context;
use crate::base::{Map, Timestamp, Value, is_plain, parse_duration};
use std::time::Duration;

/// Text of an input; empty where it is null or not text.
pub fn text<'a>(context: &Context<'a>, name: &str) -> &'a str {
    context.with.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A duration among the inputs.
pub fn duration(context: &Context<'_>, name: &str) -> Duration {
    parse_duration(text(context, name)).unwrap_or(Duration::from_secs(10))
}

/// A field that is text; empty where it is not there.
pub fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field that is true.
pub fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A map from names and values.
pub fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The declared outputs of the step's kind, taken from what was seen; null where it is not there.
pub fn declared(context: &Context<'_>, seen: &Value) -> Map {
    let outputs = context.step.kind.outputs.iter();
    outputs.map(|output| (output.name.to_owned(), seen.get(output.name).cloned().unwrap_or(Value::Null))).collect()
}

/// A point in time as it stands in outputs.
pub fn time(at: Timestamp) -> Value {
    Value::String(at.to_seconds_text())
}

/// The text a person must type: the subject where the text asked for could be mistaken or cannot be typed.
pub fn text_to_type<'a>(wanted: &'a str, subject: &'a str) -> &'a str {
    if is_plain(wanted) && wanted.trim() == wanted { wanted } else { subject }
}
