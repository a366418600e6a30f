//! Where a secret is put.

use crate::base::{Map, Value, escape};
use crate::kinds::env::file;

/// The forms of `to`.
pub(super) const FORMS: &str = "one of {file: PATH}, {env_file: PATH, name: NAME} and {sealed: PATH}";

/// Where a secret is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// A file that holds it and nothing else.
    File(&'t str),
    /// A variable in a file of variables.
    EnvFile(&'t str, &'t str),
    /// A file that is sealed to the recipients of the run.
    Sealed(&'t str),
}

impl<'t> Target<'t> {
    /// What an input says, or what is wrong with it.
    pub(super) fn of(to: &'t Map) -> Result<Self, String> {
        let entries: Vec<(&str, Option<&Value>)> =
            to.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), Some(value))).collect();
        check(&entries)?;
        let text = |name: &str| to.get(name).and_then(Value::as_str);
        match (text("file"), text("env_file").zip(text("name")), text("sealed")) {
            (Some(path), ..) => Ok(Self::File(path)),
            (_, Some((path, name)), _) => Ok(Self::EnvFile(path, name)),
            (.., Some(path)) => Ok(Self::Sealed(path)),
            _ => Err("`to` says nowhere".to_owned()),
        }
    }

    /// Its name in the outputs.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::EnvFile(..) => "env_file",
            Self::Sealed(_) => "sealed",
        }
    }

    /// The file.
    pub(super) const fn path(self) -> &'t str {
        match self {
            Self::File(path) | Self::EnvFile(path, _) | Self::Sealed(path) => path,
        }
    }
}

/// Whether these keys are a target, with the values that are known already.
pub(super) fn check(entries: &[(&str, Option<&Value>)]) -> Result<(), String> {
    let mut names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    match names.as_slice() {
        ["file" | "sealed"] | ["env_file", "name"] => {}
        ["env_file"] => return Err("`to` names no variable for its `env_file`".to_owned()),
        [] => return Err("`to` says nowhere".to_owned()),
        names => return Err(format!("`to` is no target with the keys {}", escape(&names.join(", ")))),
    }
    for (name, value) in entries.iter().filter_map(|(name, value)| Some((*name, (*value)?))) {
        match value.as_str() {
            Some(text) if name == "name" && !file::is_name(text) => {
                return Err(format!("there can be no variable `{}`: {}", escape(text), file::NAMES));
            }
            Some(text) if !text.is_empty() && !text.chars().any(char::is_control) => {}
            _ => return Err(format!("`to.{name}` is no text on one line")),
        }
    }
    Ok(())
}
