//! The language: YAML text to a plan with every mistake at once, templates to values, and the guard proof.

mod cases;
mod counting;
mod digests;
mod discover;
mod filters;
mod for_each;
pub(crate) mod fuzz;
mod generate;
mod guards;
mod hostile;
mod input_types;
mod inputs;
mod lineage;
mod pages;
mod plan;
mod properties;
mod related;
mod retries;
mod schema;
mod secrets;
mod shown;
mod sub_runbooks;
mod templates;
mod windows;
mod words;

use surefoot::base::Map;
use surefoot::runbook::plan::Plan;
use surefoot::runbook::{Diagnostics, Inputs, compile};

/// The mistakes of a runbook as `SF012@3:7`, in order; empty where it is sound.
fn mistakes(text: &str) -> Vec<String> {
    mistakes_in(text.as_bytes(), Inputs::Unknown)
}

fn mistakes_in(bytes: &[u8], inputs: Inputs<'_>) -> Vec<String> {
    let warned = |plan: Plan| plan.warnings.as_ref().map(codes).unwrap_or_default();
    compile(surefoot::kinds::catalog(), "case.yaml", bytes, inputs).map_or_else(|found| codes(&found), warned)
}

fn codes(found: &Diagnostics) -> Vec<String> {
    found
        .iter()
        .map(|mistake| match found.position(mistake) {
            Some(place) => format!("{}@{}:{}", mistake.code.name(), place.line, place.column),
            None => mistake.code.name().to_owned(),
        })
        .collect()
}

/// The plan of a runbook that has to be sound.
fn planned(text: &str) -> Plan {
    compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown)
        .unwrap_or_else(|found| panic!("{found}"))
}

/// Inputs as they come from the command line.
fn given(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}
