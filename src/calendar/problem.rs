//! What is wrong with a rule or a file of freezes.

/// A mistake, with the part of the text that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The part as it is written; empty where it is about the whole.
    pub part: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    pub(super) fn of(part: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { part: part.to_owned(), message: message.into(), hint: hint.into() }
    }

    pub(super) fn whole(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of("", message, hint)
    }
}
