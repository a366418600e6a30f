//! How much of what the outside says is written down.
//!
//! The record of the outcome of an effect must be possible whatever the service says: an outcome that no record can
//! hold would end the run at every resume, and the effect would be sent again each time.

use serde_json::Value;

/// The longest field of a reply that is kept, in bytes; none that means anything is nearly as long.
const FIELD_MAX: usize = 1 << 10;

/// Whether a text is short enough to be kept as a field.
pub fn is_bounded(text: &str) -> bool {
    text.len() <= FIELD_MAX
}

/// A field of a reply as it is kept: null where it is too long. A part of a name or an id would be another one.
pub fn bounded(field: &Value) -> Value {
    let is_kept = match field {
        Value::String(text) => is_bounded(text),
        Value::Array(_) | Value::Object(_) => is_bounded(&field.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    if is_kept { field.clone() } else { Value::Null }
}

/// The same for every field of a map.
pub fn bounded_fields(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), bounded(field))).collect(),
        other => bounded(other),
    }
}

/// A text for people, cut where it is longer than a few such fields.
pub fn truncate(text: &mut String) {
    const MARK: &str = "…";
    if text.len() > 4 * FIELD_MAX {
        text.truncate(text.floor_char_boundary(4 * FIELD_MAX - MARK.len()));
        text.push_str(MARK);
    }
}
