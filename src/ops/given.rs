//! The inputs that a person gave.

use super::document::{Form, read_document};
use super::failure::Failure;
use crate::base::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A file of inputs.
const INPUTS: Form =
    Form { holds: "inputs", is: "a map of inputs", hint: "write one `name: value` a line", limit: 1 << 20 };

/// The inputs as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenInputs {
    /// `-i key=value`, in order; they win over files.
    pub pairs: Vec<(String, String)>,
    /// `--inputs FILE`, in order; a later one wins.
    pub files: Vec<PathBuf>,
}

impl GivenInputs {
    /// All of them as one map.
    pub(super) fn to_map(&self) -> Result<Map, Failure> {
        let mut map = Map::new();
        for path in &self.files {
            // Each is taken as it is written, and read as the declared type, as on the command line: the instance id
            // 1234e567 is no number.
            let fields: BTreeMap<String, Option<String>> = read_document(path, &INPUTS)?;
            map.extend(fields.into_iter().map(|(name, text)| (name, text.map_or(Value::Null, Value::String))));
        }
        for (name, value) in &self.pairs {
            map.insert(name.clone(), Value::String(value.clone()));
        }
        Ok(map)
    }
}
