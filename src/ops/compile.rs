//! A runbook file becomes a plan: `check` and `plan`.

use super::failure::Failure;
use super::given::GivenInputs;
use super::named_files::as_they_are;
use super::paths::read_named;
use crate::base::Map;
use crate::runbook::plan::Plan;
use crate::runbook::{Diagnostics, Inputs, compile};
use std::path::Path;

/// Largest runbook, in bytes (docs/hardening.md, "Runbooks").
const RUNBOOK_LIMIT: u64 = 16 << 20;

/// Checks a runbook without inputs.
pub fn check(path: &Path) -> Result<Result<Plan, Diagnostics>, Failure> {
    let bytes = read_runbook(path)?;
    Ok(compile(as_they_are(), &path.display().to_string(), &bytes, Inputs::Unknown))
}

/// Plans a runbook with its inputs.
pub fn plan(path: &Path, inputs: &GivenInputs) -> Result<Result<Plan, Diagnostics>, Failure> {
    let bytes = read_runbook(path)?;
    let given = inputs.to_map()?;
    Ok(compile(as_they_are(), &path.display().to_string(), &bytes, Inputs::Given(&given)))
}

/// Plans a runbook; what was not given is taken from what the twin proposes.
pub(super) fn plan_with(path: &Path, bytes: &[u8], given: Map, proposed: &Map) -> Result<Plan, Diagnostics> {
    let name = path.display().to_string();
    let declared = compile(as_they_are(), &name, bytes, Inputs::Unknown)?.declared;
    let mut inputs = given;
    for input in declared {
        if let (false, Some(value)) = (inputs.contains_key(&input.name), proposed.get(&input.name)) {
            inputs.insert(input.name, value.clone());
        }
    }
    compile(as_they_are(), &name, bytes, Inputs::Given(&inputs))
}

/// The bytes of a runbook file.
pub(super) fn read_runbook(path: &Path) -> Result<Vec<u8>, Failure> {
    read_named(path, RUNBOOK_LIMIT, "runbook")
}
