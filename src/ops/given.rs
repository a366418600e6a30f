//! The inputs that a person gave.

use super::failure::{Failure, FailureKind};
use super::place::read_named;
use crate::base::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Largest file of inputs, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

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
            let bytes = read_named(path, FILE_LIMIT, "inputs")?;
            let text = String::from_utf8_lossy(&bytes);
            let wrong = |why: String| {
                Failure::new(FailureKind::Usage, format!("{} is not a map of inputs", path.display()))
                    .hint(why)
                    .hint("write one `name: value` a line")
            };
            // Each is taken as it is written, and read as the declared type, as on the command line: the instance id
            // 1234e567 is no number.
            let fields: BTreeMap<String, Option<String>> =
                serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            map.extend(fields.into_iter().map(|(name, text)| (name, text.map_or(Value::Null, Value::String))));
        }
        for (name, value) in &self.pairs {
            map.insert(name.clone(), Value::String(value.clone()));
        }
        Ok(map)
    }
}
