//! What is to be executed: immutable, resolved, checked.

use super::kind::Kind;
use crate::base::{Digest, Map, Value};
use std::time::Duration;

/// A checked runbook with its inputs: everything the engine needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The runbook's name.
    pub name: String,
    /// The runbook's own version, as written.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// The inputs, defaults filled in; no secrets.
    pub inputs: Map,
    /// The secrets it names, in order of name.
    pub secrets: Vec<SecretDecl>,
    /// The steps, in the order of the file.
    pub steps: Vec<Step>,
    /// The outputs of the runbook, by name, in order of name.
    pub outputs: Vec<(String, Template)>,
    /// How many steps may be under way at the same time; waiting for a person does not count.
    pub concurrency: usize,
    /// SHA-256 over JCS of the file's digest, the inputs and the kinds' versions (design.md §6).
    pub digest: Digest,
    /// Digest of the runbook file's bytes.
    pub source_digest: Digest,
}

/// A secret that the runbook names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDecl {
    /// Its name, as in `secrets.aura`.
    pub name: String,
    /// The environment variables that hold its parts, in order: user or client id, then password.
    pub env: Vec<String>,
    /// Whether the run may go on without it.
    pub optional: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its id, unique in the runbook.
    pub id: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// What it is for, as written.
    pub description: String,
    /// Its inputs as written, by name; templates are not yet rendered.
    pub with: Vec<(String, Template)>,
    /// Indices into [`Plan::steps`] of the steps that must end before it, from `needs` and references, sorted.
    pub after: Vec<usize>,
    /// It is skipped where this renders to `false`.
    pub when: Option<Template>,
    /// How long it may take from the moment it is ready. For a person's answer there is no limit.
    pub timeout: Duration,
    /// How failures that pass are tried again.
    pub retry: Retry,
    /// Name of the file its output is saved to in the audit directory.
    pub save: Option<String>,
    /// The 1-based line of the step in the file, for messages.
    pub line: usize,
}

/// How failures that pass are tried again: waits double from `first` to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many tries in all, at least 1.
    pub max: u32,
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// A value as written, with the templates in its strings parsed and checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// Plain data without a template.
    Plain(Value),
    /// A string that is one expression, `{{ … }}`; its value keeps its type. Holds the expression without braces.
    Expression(String),
    /// A string with templates among text; its value is a string. Holds the text as written.
    Text(String),
    /// A list with templates in it.
    List(Vec<Template>),
    /// A map with templates in its values.
    Map(Vec<(String, Template)>),
}

impl Plan {
    /// The index of the step with this id.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }
}
