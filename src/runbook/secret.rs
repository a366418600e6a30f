//! The secrets that a runbook declares: their parts, and where each comes from.

use crate::base::shell_word;

/// The part with the user name, or the client id.
pub const USERNAME: &str = "username";
/// The part with the password, or the client secret.
pub const PASSWORD: &str = "password";
/// The only part of a secret whose parts are not named. [`PASSWORD`] is another name of it.
pub const VALUE: &str = "value";

/// A secret that the runbook names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDecl {
    /// Its name, as in `secrets.aura`.
    pub name: String,
    /// Where it comes from.
    pub source: SecretSource,
    /// Whether the run may go on without it.
    pub optional: bool,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment. Each part with its variable, in the order written.
    Env(Vec<SecretVariable>),
    /// The content of a file, at a path relative to where the run was started.
    File(String),
    /// What a program prints: the program and its arguments.
    Command(Vec<String>),
}

/// A variable that holds a part of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretVariable {
    /// The name of the part, as in `secrets.api.token`.
    pub part: String,
    /// The name of the variable.
    pub variable: String,
}

impl SecretDecl {
    /// The names of its parts, in the order written.
    pub fn parts(&self) -> Vec<String> {
        match &self.source {
            SecretSource::Env(variables) => variables.iter().map(|one| one.part.clone()).collect(),
            SecretSource::File(_) | SecretSource::Command(_) => vec![VALUE.to_owned()],
        }
    }

    /// The environment variables that hold its parts, in the order written; none where it comes from elsewhere.
    pub fn variables(&self) -> Vec<String> {
        match &self.source {
            SecretSource::Env(variables) => variables.iter().map(|one| one.variable.clone()).collect(),
            SecretSource::File(_) | SecretSource::Command(_) => Vec::new(),
        }
    }
}

impl SecretSource {
    /// Where it is, in words: variables, a file or a command; never what is in it.
    pub fn place(&self) -> String {
        match self {
            Self::Env(variables) => variables.iter().map(|one| one.variable.as_str()).collect::<Vec<_>>().join(" and "),
            Self::File(path) => format!("the file {path}"),
            Self::Command(words) => {
                let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
                format!("the command `{}`", words.join(" "))
            }
        }
    }
}

/// The names of the parts of a secret that is given by so many values in order.
pub fn parts_in_order(count: usize) -> Vec<String> {
    let named = |index: usize| match (count, index) {
        (1, _) => VALUE.to_owned(),
        (_, 0) => USERNAME.to_owned(),
        (_, 1) => PASSWORD.to_owned(),
        (_, index) => format!("part{}", index + 1),
    };
    (0..count).map(named).collect()
}

/// The place of the part of this name among the parts of a secret.
pub fn find_part(parts: &[String], name: &str) -> Option<usize> {
    let is_other_name = || name == PASSWORD && matches!(parts, [only] if only == VALUE);
    parts.iter().position(|part| part == name).or_else(|| is_other_name().then_some(0))
}

/// Every name by which a part of a secret can be referred to.
pub fn part_names(parts: &[String]) -> Vec<&str> {
    let other_name = matches!(parts, [only] if only == VALUE).then_some(PASSWORD);
    parts.iter().map(String::as_str).chain(other_name).collect()
}
