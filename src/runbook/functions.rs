//! Filters of our own, which cannot make much out of little (docs/hardening.md, "Templates"), and values as expressions
//! and plain data have them.

use crate::base::{Value as Json, shell_word};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// The largest text that rendering may make, in bytes.
pub(super) const OUTPUT_MAX: usize = 64 << 10;

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("the text would be longer than {} KiB", OUTPUT_MAX >> 10))
}

pub(super) fn limited(length: Option<usize>) -> Result<(), Error> {
    if length.is_some_and(|length| length <= OUTPUT_MAX) { Ok(()) } else { Err(too_long()) }
}

/// `join`, which puts the separator in only after it has added up how long the result will be.
pub(super) fn join(value: &Value, separator: Option<String>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut out = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        let item = text_of(&item)?;
        let more = item.len() + if index > 0 { separator.len() } else { 0 };
        limited(out.len().checked_add(more))?;
        if index > 0 {
            out.push_str(&separator);
        }
        out.push_str(&item);
    }
    Ok(out)
}

/// `replace`, which counts before it replaces.
pub(super) fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let count = text.matches(from).count();
    limited(count.checked_mul(to.len()).and_then(|grown| grown.checked_add(text.len())))?;
    Ok(text.replace(from, to))
}

/// `shell`: a value as one word of a command for a shell.
pub(super) fn shell(value: &Value) -> Result<String, Error> {
    let word = shell_word(&text_of(value)?);
    limited(Some(word.len()))?;
    Ok(word)
}

pub(super) fn keys(value: &Value) -> Result<Vec<Value>, Error> {
    if value.kind() == ValueKind::Map {
        return Ok(value.try_iter()?.collect());
    }
    Err(Error::new(ErrorKind::InvalidOperation, "only a map has keys"))
}

pub(super) fn to_json(value: &Value) -> Result<String, Error> {
    let json = to_data(value)?;
    let text =
        serde_json::to_string(&json).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    limited(Some(text.len()))?;
    Ok(text)
}

/// A value as it stands within text: text as it is, everything else as JSON.
pub(super) fn text_of(value: &Value) -> Result<String, Error> {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => json_text(&to_data(value)?),
    };
    limited(Some(text.len()))?;
    Ok(text)
}

/// Plain data as it stands within text: text as it is, everything else as JSON.
pub(super) fn json_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value of the expression machine as plain data. Integers stay integers; what is undefined is an error.
pub(super) fn to_data(value: &Value) -> Result<Json, Error> {
    let mut room = OUTPUT_MAX;
    convert(value, &mut room, 0)
}

fn convert(value: &Value, room: &mut usize, depth: usize) -> Result<Json, Error> {
    let cost = value.as_str().map_or(4, |text| text.len() + 2);
    *room = room.checked_sub(cost).ok_or_else(too_long)?;
    if depth > 64 {
        return Err(Error::new(ErrorKind::InvalidOperation, "the value is nested too deeply"));
    }
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => Ok(Json::String(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| convert(&item, room, depth + 1)).collect::<Result<_, _>>().map(Json::Array)
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter()? {
                let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                *room = room.checked_sub(name.len() + 4).ok_or_else(too_long)?;
                map.insert(name, convert(&value.get_item(&key)?, room, depth + 1)?);
            }
            Ok(Json::Object(map))
        }
        other => Err(Error::new(ErrorKind::InvalidOperation, format!("{other} is not plain data"))),
    }
}

fn number(value: &Value) -> Result<Json, Error> {
    if value.is_integer() {
        let whole = i64::try_from(value.clone())?;
        return Ok(Json::from(whole));
    }
    let real = f64::try_from(value.clone())?;
    serde_json::Number::from_f64(real)
        .map(Json::Number)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the result is not a finite number"))
}

/// Plain data as the expression machine has it.
pub(super) fn to_machine(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_u64().map(Value::from))
            .unwrap_or_else(|| Value::from(number.as_f64().unwrap_or_default())),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(to_machine).collect::<Vec<_>>()),
        Json::Object(map) => machine_map(map),
    }
}

/// The same for a map.
pub(super) fn machine_map(map: &crate::base::Map) -> Value {
    Value::from_pairs(map.iter().map(|(key, value)| (key.as_str(), to_machine(value))))
}
