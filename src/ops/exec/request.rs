//! What is to be executed, as it was typed.

use crate::ops::paths::Paths;
use crate::ops::target::TwinChoice;

/// What is to be executed.
#[derive(Clone, Debug)]
pub struct ExecRequest {
    /// The step kind.
    pub kind: String,
    /// `-w key=value`, in order.
    pub with: Vec<(String, String)>,
    /// `--secret name=source`, in order.
    pub secrets: Vec<(String, String)>,
    /// Keys of the step beside `with`, as they are called in a runbook.
    pub keys: Vec<(StepKey, String)>,
    /// Where runs and trails are.
    pub paths: Paths,
    /// The twin to run against, where there is one.
    pub twin: Option<TwinChoice>,
    /// Whether a person is asked even where a script could answer.
    pub ask: bool,
}

/// A key of a step that has an option of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKey {
    /// What the step does to the world.
    Effect,
    /// What the effect changes.
    Subject,
    /// The header that makes a repeat harmless.
    IdempotencyKey,
    /// How a lost answer is settled.
    Probe,
    /// When what was begun is over.
    Until,
    /// How long it may take.
    Timeout,
}

impl StepKey {
    /// Its name in a runbook.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Subject => "subject",
            Self::IdempotencyKey => "idempotency_key",
            Self::Probe => "probe",
            Self::Until => "until",
            Self::Timeout => "timeout",
        }
    }

    /// Its option.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Effect => "--effect",
            Self::Subject => "--subject",
            Self::IdempotencyKey => "--idempotency-key",
            Self::Probe => "--probe",
            Self::Until => "--until",
            Self::Timeout => "--timeout",
        }
    }
}

impl ExecRequest {
    /// The words after `surefoot` that ask for the same again, options that choose a twin aside.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = vec!["exec".to_owned(), self.kind.clone()];
        let pair = |(name, value): &(String, String)| format!("{name}={value}");
        self.with.iter().for_each(|one| words.extend(["-w".to_owned(), pair(one)]));
        self.secrets.iter().for_each(|one| words.extend(["--secret".to_owned(), pair(one)]));
        self.keys.iter().for_each(|(key, value)| words.extend([key.option().to_owned(), value.clone()]));
        words
    }
}
