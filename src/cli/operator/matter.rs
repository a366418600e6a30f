//! What the questions of a run are about.

use crate::report::{evidence_command, quoted};
use std::sync::{Arc, Mutex};

/// What is known of a run when one of its steps asks.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Matter {
    /// Real or a twin, which account, instance and change.
    pub(in crate::cli) about: String,
    /// The run.
    pub(in crate::cli) run: String,
    /// The options with which a command finds it, quoted, each with a space before it.
    pub(in crate::cli) options: String,
}

/// What a run is about, once that is known.
pub(in crate::cli) type About = Arc<Mutex<Matter>>;

impl Matter {
    /// The command that shows everything beside a question, for another terminal.
    pub(super) fn status(&self) -> String {
        evidence_command(&self.run, &self.options)
    }

    /// The command that answers a step, but for the answer.
    pub(super) fn answer(&self, step: &str) -> String {
        format!("surefoot answer {} {step}{}", quoted(&self.run), self.options)
    }
}
