//! A runbook file becomes a plan: `check` and `plan`.

use super::failure::Failure;
use super::given::{GivenInputs, MissingInput};
use super::named_files::as_they_are;
use super::paths::read_named;
use super::target::{Target, TwinChoice};
use crate::base::{Map, Value};
use crate::kinds;
use crate::runbook::plan::{InputDecl, Plan};
use crate::runbook::{Diagnostics, Inputs, compile, declared};
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
    let given = inputs.to_map(&declared(kinds::catalog(), &bytes))?;
    Ok(compile(as_they_are(), &path.display().to_string(), &bytes, Inputs::Given(&given)))
}

/// Plans a runbook; what was not given is taken from what the twin proposes.
pub(super) fn plan_with(path: &Path, bytes: &[u8], given: Map, proposed: &Map) -> Result<Plan, Diagnostics> {
    let name = path.display().to_string();
    let inputs_of = compile(as_they_are(), &name, bytes, Inputs::Unknown)?.declared;
    let mut inputs = given;
    for input in inputs_of {
        if let (false, Some(value)) = (inputs.contains_key(&input.name), proposed.get(&input.name)) {
            inputs.insert(input.name, value.clone());
        }
    }
    compile(as_they_are(), &name, bytes, Inputs::Given(&inputs))
}

/// The inputs that a run of this runbook needs and nobody has given, where a twin would not propose them.
pub fn missing_inputs(
    path: &Path,
    inputs: &GivenInputs,
    twin: Option<&TwinChoice>,
) -> Result<Vec<MissingInput>, Failure> {
    let declared = declared(kinds::catalog(), &read_runbook(path)?);
    let given = inputs.to_map(&declared)?;
    let is_missing = |input: &InputDecl, known: &Map| {
        input.default.is_none() && !input.optional && known.get(&input.name).is_none_or(Value::is_null)
    };
    let mut missing: Vec<InputDecl> = declared.into_iter().filter(|input| is_missing(input, &given)).collect();
    if twin.is_some() && !missing.is_empty() {
        let proposed = Target::choose(twin)?.inputs()?;
        missing.retain(|input| is_missing(input, &proposed));
    }
    Ok(missing.into_iter().map(MissingInput).collect())
}

/// The bytes of a runbook file.
pub(super) fn read_runbook(path: &Path) -> Result<Vec<u8>, Failure> {
    read_named(path, RUNBOOK_LIMIT, "runbook")
}
