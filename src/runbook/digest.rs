//! The plan digest (docs/evidence.md, "Plan digest") and the canonical form of JSON it is taken over (RFC 8785).

use super::fit::INTEGER_MAX;
use super::kind::Kind;
use crate::base::{Digest, Map, Value};
use std::collections::BTreeMap;

/// The value has no canonical form that every reader agrees about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// An integer that a reader with 64-bit floating point would round.
    #[error("the integer {0} is outside of ±(2^53 - 1)")]
    Inexact(String),
    /// A number with a fraction; nothing that is digested needs one.
    #[error("the number {0} has a fraction")]
    Fraction(String),
}

/// The canonical JSON of a value: no space, keys sorted by UTF-16 code units, shortest escapes.
pub fn canonical(value: &Value) -> Result<String, CanonicalError> {
    let mut out = String::new();
    write(&mut out, value)?;
    Ok(out)
}

/// SHA-256 over the canonical JSON of `{files, inputs, kinds}`: the digests of the runbook's files, the inputs that
/// are no secrets, and the version of each kind that is used.
pub fn plan_digest<'a>(
    files: &[Digest],
    inputs: &Map,
    kinds: impl Iterator<Item = &'a Kind>,
) -> Result<Digest, CanonicalError> {
    let kinds: BTreeMap<&str, u32> = kinds.map(|kind| (kind.name, kind.version)).collect();
    let files: Vec<String> = files.iter().map(Digest::to_string).collect();
    let document = serde_json::json!({ "files": files, "inputs": inputs, "kinds": kinds });
    canonical(&document).map(|text| Digest::of(text.as_bytes()))
}

fn write(out: &mut String, value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Number(number) => {
            let exact = number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= INTEGER_MAX);
            if number.is_f64() {
                return Err(CanonicalError::Fraction(number.to_string()));
            }
            if !exact {
                return Err(CanonicalError::Inexact(number.to_string()));
            }
            out.push_str(&number.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item)?;
            }
            out.push(']');
        }
        Value::Object(map) => write_map(out, map)?,
        // serde_json escapes exactly as RFC 8785 asks: \b \t \n \f \r \" \\ and \u00xx in lower case.
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
    Ok(())
}

fn write_map(out: &mut String, map: &Map) -> Result<(), CanonicalError> {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(key.clone()).to_string());
        out.push(':');
        write(out, value)?;
    }
    out.push('}');
    Ok(())
}
