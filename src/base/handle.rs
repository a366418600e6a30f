//! Handles: what stands for a secret in rendered inputs and in the journal.
//!
//! `{"$secret": "secrets.api.token"}` stands for a secret or a part of it, and
//! `{"$secret_text": ["Bearer ", {"$secret": "secrets.api.token"}]}` for a text with secrets in it. Only a template
//! that names a secret makes one. Data with these keys are refused where a handle may stand, so that nothing that came
//! from outside turns into a secret.

use super::{Map, Value};
use serde_json::json;

/// The key of a secret.
const SECRET: &str = "$secret";
/// The key of a text with secrets in it.
const TEXT: &str = "$secret_text";

/// What the path in a handle refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPath<'p> {
    /// A secret that the runbook declares, `secrets.NAME` or `secrets.NAME.PART`.
    Declared {
        /// Its name.
        name: &'p str,
        /// The part that is meant; nothing where it is the whole.
        part: Option<&'p str>,
    },
    /// A secret that a step obtained, `steps.STEP.OUTPUT` or `steps.STEP.OUTPUT.PART`.
    Obtained {
        /// The id of the step.
        step: &'p str,
        /// The part that is meant; nothing where it is the whole.
        part: Option<&'p str>,
    },
}

impl<'p> SecretPath<'p> {
    /// The path, taken apart; nothing where it is none.
    pub fn parse(path: &'p str) -> Option<Self> {
        let words = path_parts(path);
        match words.as_slice() {
            ["secrets", name] => Some(Self::Declared { name, part: None }),
            ["secrets", name, part] => Some(Self::Declared { name, part: Some(part) }),
            ["steps", step] | ["steps", step, _] => Some(Self::Obtained { step, part: None }),
            ["steps", step, _, part] => Some(Self::Obtained { step, part: Some(part) }),
            _ => None,
        }
    }
}

/// The parts of the path of a secret. The id of a step of a group, `steps.create[a.example].password`, may have dots
/// within its brackets.
pub fn path_parts(path: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    path.split(|letter: char| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '.' && depth == 0
    })
    .collect()
}

/// The handle of the secret with this path.
pub fn handle(path: &str) -> Value {
    json!({ SECRET: path })
}

/// The path of the secret that a handle stands for.
pub fn handle_path(value: &Value) -> Option<&str> {
    only(value, SECRET)?.as_str()
}

/// Whether a value is a secret's handle, `{"$secret": "secrets.name"}`.
pub fn is_handle(value: &Value) -> bool {
    only(value, SECRET).is_some()
}

/// The handle of a text with secrets in it.
pub fn secret_text(pieces: &[Value]) -> Value {
    json!({ TEXT: pieces })
}

/// The pieces of a text with secrets in it: texts and handles, in order.
pub fn text_pieces(value: &Value) -> Option<&[Value]> {
    only(value, TEXT)?.as_array().map(Vec::as_slice)
}

/// Whether a value is a handle of a secret or of a text with secrets in it.
pub fn is_any_handle(value: &Value) -> bool {
    is_handle(value) || text_pieces(value).is_some()
}

/// Whether a key of a map is one that only handles have.
pub fn is_reserved(key: &str) -> bool {
    key == SECRET || key == TEXT
}

/// Whether a key that only handles have stands anywhere in a value.
pub fn holds_reserved(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| is_reserved(key) || holds_reserved(value)),
        Value::Array(items) => items.iter().any(holds_reserved),
        _ => false,
    }
}

/// Shows the path of every secret that stands in a value.
pub fn each_secret<'v>(value: &'v Value, see: &mut impl FnMut(&'v str)) {
    match value {
        Value::Object(map) => {
            if let Some(path) = handle_path(value) {
                see(path);
            }
            map.values().for_each(|value| each_secret(value, see));
        }
        Value::Array(items) => items.iter().for_each(|value| each_secret(value, see)),
        _ => {}
    }
}

/// The value of the only key of a map.
fn only<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.as_object().filter(|map: &&Map| map.len() == 1)?.get(key)
}
