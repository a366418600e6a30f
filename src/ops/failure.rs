//! Why a command could not do what it was asked to; the kind alone decides the exit code (README.md, "Exit codes").

use std::fmt;

/// A failed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind; decides heading and exit code.
    pub kind: FailureKind,
    /// What failed and where, in one sentence.
    pub message: String,
    /// Why, from the nearest cause to the farthest.
    pub causes: Vec<String>,
    /// What to do.
    pub hints: Vec<String>,
}

/// The kinds of failure, one for each exit code that is not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The command line or a file that was named is wrong: exit 2.
    Usage,
    /// The runbook, or an input given to it, is not valid: exit 3.
    Runbook,
    /// A person, a window or an approval is needed: exit 4.
    Person,
    /// The outside is unavailable: exit 6.
    Outside,
    /// Another process holds the run: exit 7.
    Locked,
    /// A journal or trail does not verify: exit 8.
    Damaged,
    /// Local storage failed: exit 10.
    Storage,
    /// A bug: exit 70.
    Internal,
}

impl FailureKind {
    /// The exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Runbook => 3,
            Self::Person => 4,
            Self::Outside => 6,
            Self::Locked => 7,
            Self::Damaged => 8,
            Self::Storage => 10,
            Self::Internal => 70,
        }
    }
}

impl Failure {
    /// A failure without causes and hints.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// The same failure with the errors beneath it.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// The same failure with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
