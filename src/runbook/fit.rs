//! Whether a value fits a declared type; the same rule for literals at check time and for rendered values.
//!
//! The rule is strict in one direction only: where text is expected, a whole number is taken as its digits, and an
//! unquoted literal as it is written (`version: 5`, `memory: 8GB`). Nothing else is converted.

use super::kind::{Field, Type};
use crate::base::handle::is_any_handle;
use crate::base::{Timestamp, Value, escape, parse_duration, parse_size};

/// The largest number that JSON readers agree about, 2^53 - 1.
pub(super) const INTEGER_MAX: u64 = (1 << 53) - 1;

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Misfit {
    /// What was expected, `a duration like 90s, 10m or 4h`.
    pub expected: String,
    /// What was found, `the text "soon"`.
    pub found: String,
}

/// The value as the type has it, or why it does not fit.
pub fn fit(ty: Type, value: Value) -> Result<Value, Misfit> {
    let value = match value {
        Value::Number(number) if is_text(ty) && number.is_i64() => Value::String(number.to_string()),
        other => other,
    };
    if fits(ty, &value) { Ok(value) } else { Err(misfit(ty, &value)) }
}

/// The value of a kind's input: checked, or the default where it was not written or is null.
///
/// An input without a value and without a default is null.
pub fn settle(field: &Field, value: Option<Value>) -> Result<Value, Misfit> {
    match value {
        Some(value) if field.holds_secrets && takes_secret(field.ty) && is_any_handle(&value) => Ok(value),
        Some(value) if !value.is_null() => fit(field.ty, value),
        _ if field.required => {
            Err(Misfit { expected: expected(field.ty), found: "null: the value is needed here".to_owned() })
        }
        _ => Ok(field.default.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)),
    }
}

/// Whether a secret may stand for a value of this type, where an input may hold secrets.
pub(super) fn takes_secret(ty: Type) -> bool {
    is_text(ty) || ty == Type::Any
}

/// The value of an unquoted (`plain`) or quoted literal for that type.
pub(super) fn literal(ty: Type, text: &str, plain: bool) -> Result<Value, Misfit> {
    let value = match resolve(text, plain) {
        Value::Null => return Ok(Value::Null),
        Value::Number(_) if is_text(ty) => Value::String(text.to_owned()),
        value => value,
    };
    fit(ty, value)
}

/// What an unquoted or quoted literal is where no type is declared (YAML 1.2 core schema).
///
/// A number with leading zeros is text: readers of YAML do not agree about it, and it is an id more often than not.
pub(super) fn resolve(text: &str, plain: bool) -> Value {
    if !plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.trim_start_matches(['+', '-']);
    let numeric =
        digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && digits.len() + 1 >= text.len();
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !numeric || padded {
        return Value::String(text.to_owned());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::from(number),
        _ => Value::String(text.to_owned()),
    }
}

/// What a value of this type is, in words.
pub fn expected(ty: Type) -> String {
    match ty {
        Type::String => "text".to_owned(),
        Type::Integer => "a whole number".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Any => "a value".to_owned(),
        Type::List => "a list".to_owned(),
        Type::Map => "a map".to_owned(),
        Type::Duration => "a duration like 90s, 10m or 4h".to_owned(),
        Type::Size => "a size like 512MiB or 16GiB".to_owned(),
        Type::Time => "a time like 2026-01-31T22:00:00Z".to_owned(),
        Type::InstanceId => "an instance id, eight of 0-9 and a-f".to_owned(),
        Type::Subject => "an instance id, or a text with a scheme like postgres:orders".to_owned(),
        Type::Word(words) => format!("one of {}", words.join(", ")),
        Type::Path => "a path".to_owned(),
        Type::Steps => "a list of step ids".to_owned(),
    }
}

/// What a value is, in words.
pub(super) fn found(value: &Value) -> String {
    const SHOWN: usize = 40;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > SHOWN => {
            let start: String = text.chars().take(SHOWN).collect();
            format!("the text \"{}…\" of {} characters", escape(&start), text.chars().count())
        }
        Value::String(text) => format!("the text \"{}\"", escape(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

/// Whether a number is one that JSON readers agree about.
pub(super) fn is_exact(number: i64) -> bool {
    number.unsigned_abs() <= INTEGER_MAX
}

/// Whether values of this type are text.
pub(super) fn is_text(ty: Type) -> bool {
    matches!(
        ty,
        Type::String
            | Type::Duration
            | Type::Size
            | Type::Time
            | Type::InstanceId
            | Type::Subject
            | Type::Word(_)
            | Type::Path
    )
}

fn misfit(ty: Type, value: &Value) -> Misfit {
    Misfit { expected: expected(ty), found: found(value) }
}

fn fits(ty: Type, value: &Value) -> bool {
    let text = || value.as_str();
    match ty {
        Type::Any => true,
        Type::String => value.is_string(),
        Type::Integer => value.as_i64().is_some_and(is_exact),
        Type::Boolean => value.is_boolean(),
        Type::List => value.is_array(),
        Type::Map => value.is_object(),
        Type::Duration => text().is_some_and(|text| parse_duration(text).is_ok()),
        Type::Size => text().is_some_and(|text| parse_size(text).is_ok()),
        Type::Time => text().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        Type::InstanceId => text().is_some_and(is_instance_id),
        Type::Subject => text().is_some_and(is_subject),
        Type::Word(words) => text().is_some_and(|text| words.contains(&text)),
        Type::Path => text().is_some_and(|text| !text.is_empty() && !text.chars().any(char::is_control)),
        Type::Steps => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
    }
}

/// An instance id, or a scheme and something about it, on one line.
fn is_subject(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte))
    };
    let is_named = |(scheme, rest): (&str, &str)| is_scheme(scheme) && !rest.trim().is_empty();
    is_instance_id(text) || text.split_once(':').is_some_and(is_named) && !text.chars().any(char::is_control)
}

fn is_instance_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
