//! A runbook file becomes a plan: `check` and `plan`.

use super::failure::Failure;
use super::given::GivenInputs;
use super::named_files::as_they_are;
use super::paths::read_named;
use crate::base::Map;
use crate::runbook::plan::Plan;
use crate::runbook::{Diagnostics, Inputs, Options, compile};
use std::path::Path;

/// Largest runbook, in bytes (docs/hardening.md, "Runbooks").
const RUNBOOK_LIMIT: u64 = 16 << 20;

/// Checks a runbook without inputs.
pub fn check(path: &Path) -> Result<Result<Plan, Diagnostics>, Failure> {
    plan_of(path, None, None)
}

/// Plans a runbook with its inputs, and with the window of others that must be open too.
pub fn plan(path: &Path, inputs: &GivenInputs, window: Option<&Path>) -> Result<Result<Plan, Diagnostics>, Failure> {
    let given = inputs.to_map()?;
    plan_of(path, window, Some(&given))
}

/// Plans a runbook; without inputs where none are known.
pub(super) fn plan_of(
    path: &Path,
    window: Option<&Path>,
    given: Option<&Map>,
) -> Result<Result<Plan, Diagnostics>, Failure> {
    let bytes = read_runbook(path)?;
    let window = named_window(window)?;
    let inputs = given.map_or(Inputs::Unknown, Inputs::Given);
    let options = as_they_are().with_window(window.as_deref());
    Ok(compile(options, &path.display().to_string(), &bytes, inputs))
}

/// The name of a file of `--window`, which is there.
fn named_window(window: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = window else { return Ok(None) };
    read_named(path, RUNBOOK_LIMIT, "window")?;
    Ok(Some(path.to_string_lossy().into_owned()))
}

/// Plans a runbook; what was not given is taken from what the twin proposes.
pub(super) fn plan_with(path: &Path, bytes: &[u8], given: Map, proposed: &Map) -> Result<Plan, Diagnostics> {
    proposing(as_they_are(), path, bytes, given, proposed)
}

/// The same with the window of others that must be open too.
pub(super) fn plan_within(
    window: Option<&Path>,
    path: &Path,
    bytes: &[u8],
    given: Map,
    proposed: &Map,
) -> Result<Result<Plan, Diagnostics>, Failure> {
    let window = named_window(window)?;
    Ok(proposing(as_they_are().with_window(window.as_deref()), path, bytes, given, proposed))
}

fn proposing(options: Options<'_>, path: &Path, bytes: &[u8], given: Map, proposed: &Map) -> Result<Plan, Diagnostics> {
    let name = path.display().to_string();
    let declared = compile(options, &name, bytes, Inputs::Unknown)?.declared;
    let mut inputs = given;
    for input in declared {
        if let (false, Some(value)) = (inputs.contains_key(&input.name), proposed.get(&input.name)) {
            inputs.insert(input.name, value.clone());
        }
    }
    compile(options, &name, bytes, Inputs::Given(&inputs))
}

/// The bytes of a runbook file.
pub(super) fn read_runbook(path: &Path) -> Result<Vec<u8>, Failure> {
    read_named(path, RUNBOOK_LIMIT, "runbook")
}
