//! Values as people read them. All of it goes through [`escape`].

use super::escape::escape;
use super::handle::{is_handle, text_pieces};
use super::{Map, Value};

/// A value on one line: text without quotes, `-` for null, lists with commas, maps as `name: value`.
pub fn one_line(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => escape(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(one_line).collect::<Vec<_>>().join(", "),
        Value::Object(_) if is_handle(value) => "(secret)".to_owned(),
        Value::Object(_) if text_pieces(value).is_some() => {
            text_pieces(value).unwrap_or_default().iter().map(one_line).collect()
        }
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{}: {}", escape(name), nested(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// A map as rows of name and value, the values on one line; nulls are left out.
pub fn rows(map: &Map) -> Vec<(String, String)> {
    map.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (escape(name), one_line(value))).collect()
}

/// A field of a map on one line; `-` where it is absent.
pub fn field(map: &Map, name: &str) -> String {
    map.get(name).map_or_else(|| "-".to_owned(), one_line)
}

/// A field of a map as text, where it is text.
pub fn text<'a>(map: &'a Map, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn nested(value: &Value) -> String {
    match value {
        value if is_handle(value) || text_pieces(value).is_some() => one_line(value),
        Value::Array(_) | Value::Object(_) => format!("({})", one_line(value)),
        _ => one_line(value),
    }
}
