//! What the language declares, with what its page says about it.

/// A key that a map of a runbook may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What its value is, in a word or two.
    pub value: &'static str,
    /// `required`, or what holds where it is left out.
    pub without: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// It as it is written.
    pub example: &'static str,
}

/// A name, an operator, a filter or a test of expressions.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// An expression with it.
    pub example: &'static str,
    /// What that comes to, as JSON text.
    pub gives: &'static str,
}

impl Key {
    pub(super) const fn new(
        name: &'static str,
        value: &'static str,
        without: &'static str,
        doc: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, value, without, doc, example }
    }
}

impl Word {
    pub(super) const fn new(name: &'static str, doc: &'static str, example: &'static str, gives: &'static str) -> Self {
        Self { name, doc, example, gives }
    }
}

/// The names of keys, in order.
pub(super) fn key_names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}
