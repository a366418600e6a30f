//! The inputs that a person gave.

use super::failure::{Failure, FailureKind};
use super::paths::read_named;
use super::process_env::variable;
use crate::base::{Map, Value};
use crate::runbook::plan::InputDecl;
use crate::runbook::{Code, Diagnostics, Misfit, expected_input, read_input, read_inputs};
use std::path::PathBuf;

/// Largest file of inputs, in bytes.
const FILE_LIMIT: u64 = 1 << 20;
/// What the variable of an input begins with.
const VARIABLE: &str = "SUREFOOT_INPUT_";

/// The inputs as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenInputs {
    /// `-i key=value`, in order; they win over files, and files over the environment.
    pub pairs: Vec<(String, String)>,
    /// `--inputs FILE`, in order; a later one wins.
    pub files: Vec<PathBuf>,
}

impl GivenInputs {
    /// All of them as one map, for a runbook that declares these. Text is read as the declared type later.
    pub(super) fn to_map(&self, declared: &[InputDecl]) -> Result<Map, Failure> {
        let mut map = Map::new();
        for input in declared {
            if let Some(text) = variable(&variable_of(&input.name)) {
                map.insert(input.name.clone(), Value::String(text));
            }
        }
        for path in &self.files {
            let bytes = read_named(path, FILE_LIMIT, "inputs")?;
            let name = path.display().to_string();
            let values = read_inputs(&name, &bytes, declared).map_err(|found| unreadable(&name, &found))?;
            map.extend(values);
        }
        for (at, (name, value)) in self.pairs.iter().enumerate() {
            let is_list = declared.iter().any(|input| input.name == *name && input.ty.has_items());
            let all = self.pairs.iter().filter(|(other, _)| other == name);
            let is_later = self.pairs.iter().take(at).any(|(other, _)| other == name);
            // Of a list each pair is an item; of anything else the last one counts.
            let value = match is_list && all.clone().count() > 1 {
                true if is_later => continue,
                true => all.map(|(_, text)| Value::String(text.clone())).collect(),
                false => Value::String(value.clone()),
            };
            map.insert(name.clone(), value);
        }
        Ok(map)
    }
}

/// An input that nobody has given.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingInput(pub(super) InputDecl);

impl MissingInput {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for; may be empty.
    pub fn description(&self) -> &str {
        self.0.description.trim()
    }

    /// What is expected, in words.
    pub fn expected(&self) -> String {
        expected_input(&self.0)
    }

    /// Whether a text, as it is typed, can be its value; the error says what was expected and found.
    pub fn accepts(&self, text: &str) -> Result<(), Misfit> {
        read_input(&self.0, Value::String(text.to_owned())).map(|_| ())
    }
}

/// `SUREFOOT_INPUT_NAME` gives the input `name`.
fn variable_of(input: &str) -> String {
    format!("{VARIABLE}{}", input.to_ascii_uppercase())
}

/// The first mistake in a file of inputs.
fn unreadable(name: &str, found: &Diagnostics) -> Failure {
    let Some(first) = found.iter().next() else {
        return Failure::new(FailureKind::Usage, format!("{name} cannot be read"));
    };
    let place = found.position(first).map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
    let failure = Failure::new(FailureKind::Usage, format!("{name}{place}: {}", first.message));
    match (first.code, &first.hint) {
        (Code::DuplicateKey, _) => failure.hint("remove one of the two, the one whose value is not meant"),
        (_, Some(hint)) => failure.hint(hint),
        (_, None) => failure,
    }
}
