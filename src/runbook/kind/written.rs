//! What a step writes out of its inputs, and what its kind says of that before a run begins.

use crate::base::Value;
use crate::runbook::template::Template;

/// The inputs of a step as they stand in the runbook. Where a template stands its value is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct Written<'w>(&'w [(String, Template)]);

/// What is wrong with the inputs of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The input that it is about; none where one is missing.
    pub input: Option<&'static str>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl<'w> Written<'w> {
    /// These inputs.
    pub(in crate::runbook) const fn of(with: &'w [(String, Template)]) -> Self {
        Self(with)
    }

    /// An input as it stands there; none where it is not written, or null.
    pub fn template(self, name: &str) -> Option<&'w Template> {
        let (_, template) = self.0.iter().find(|(input, _)| input == name)?;
        Some(template).filter(|template| **template != Template::Plain(Value::Null))
    }

    /// Whether an input is written at all, also as null or as what does not fit it.
    pub fn mentions(self, name: &str) -> bool {
        self.0.iter().any(|(input, _)| input == name)
    }

    /// Whether an input is written and not null.
    pub fn has(self, name: &str) -> bool {
        self.template(name).is_some()
    }

    /// The text of an input that is written out.
    pub fn text(self, name: &str) -> Option<&'w str> {
        match self.template(name)? {
            Template::Plain(value) => value.as_str(),
            _ => None,
        }
    }

    /// The keys of an input that is a map, each with its value where that is written out; none where it is no map, or
    /// not known yet.
    pub fn entries(self, name: &str) -> Option<Vec<(&'w str, Option<&'w Value>)>> {
        match self.template(name)? {
            Template::Plain(value) => {
                Some(value.as_object()?.iter().map(|(key, value)| (key.as_str(), Some(value))).collect())
            }
            Template::Map(entries) => {
                let plain = |template: &'w Template| match template {
                    Template::Plain(value) => Some(value),
                    _ => None,
                };
                Some(entries.iter().map(|(key, template)| (key.as_str(), plain(template))).collect())
            }
            _ => None,
        }
    }
}

impl Objection {
    /// An input does not fit.
    pub fn to(input: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { input: Some(input), message: message.into(), hint: hint.into() }
    }

    /// An input is missing.
    pub fn missing(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { input: None, message: message.into(), hint: hint.into() }
    }
}
