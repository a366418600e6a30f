//! Results in a few words.

use crate::base::lines::field;
use crate::base::{Map, Value, format_size};

/// The size among these outputs.
pub(in crate::kinds) fn size(output: &Map) -> String {
    output.get("size").and_then(Value::as_u64).map_or_else(|| "-".to_owned(), format_size)
}

/// The first digits of the digest among these outputs; the whole stands in the record.
pub(in crate::kinds) fn digest(output: &Map) -> String {
    let digest = field(output, "sha256");
    format!("sha256 {}…", digest.get(..12).unwrap_or(&digest))
}
