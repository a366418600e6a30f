//! Where the names of a runbook are declared, for what is said of a name that is not.

use crate::base::escape;
use crate::runbook::draft::Draft;
use crate::runbook::source::Span;
use crate::runbook::suggest::nearest;
use std::collections::BTreeMap;

/// The places of inputs, secrets and steps.
#[derive(Debug)]
pub(super) struct Declared {
    inputs: BTreeMap<String, Span>,
    secrets: BTreeMap<String, Span>,
    steps: Vec<Span>,
}

impl Declared {
    /// Of two declarations with the same name the first counts.
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        Self {
            inputs: draft.inputs.iter().rev().map(|input| (input.value.name.clone(), input.span)).collect(),
            secrets: draft.secrets.iter().rev().map(|secret| (secret.value.name.clone(), secret.span)).collect(),
            steps: draft.steps.iter().map(|step| step.id_span).collect(),
        }
    }

    /// Where a step of the file is declared.
    pub(super) fn step(&self, index: usize) -> Option<Span> {
        self.steps.get(index).copied()
    }

    /// Where the input or the secret is declared whose name is nearest to this one.
    pub(super) fn near(&self, root: &str, name: &str) -> Option<Span> {
        let names = if root == "inputs" { &self.inputs } else { &self.secrets };
        names.get(nearest(name, names.keys().map(String::as_str))?).copied()
    }
}

/// That a name below `inputs`, `secrets` or `steps` is not declared.
pub(super) fn undeclared(root: &str, name: &str) -> String {
    match root {
        "steps" => format!("there is no step `{}`", escape(name)),
        _ => format!("the runbook has no {} `{}`", root.trim_end_matches('s'), escape(name)),
    }
}
