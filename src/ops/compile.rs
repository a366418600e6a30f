//! A runbook file becomes a plan: `check` and `plan`.

use super::failure::{Failure, FailureKind};
use super::given::{GivenInputs, MissingInput};
use super::named_files::as_they_are;
use super::paths::read_named;
use super::run_error::RunError;
use super::target::{Target, TwinChoice};
use crate::base::{Map, Value};
use crate::kinds;
use crate::runbook::plan::{InputDecl, Plan};
use crate::runbook::{Diagnostics, Inputs, compile, declared, discovery};
use std::path::Path;

/// Largest runbook, in bytes (docs/hardening.md, "Runbooks").
const RUNBOOK_LIMIT: u64 = 16 << 20;

/// Checks a runbook without inputs.
pub fn check(path: &Path) -> Result<Result<Plan, Diagnostics>, Failure> {
    plan_of(path, None, None)
}

/// Plans a runbook with its inputs, and with the window of others that must be open too.
pub fn plan(path: &Path, inputs: &GivenInputs, window: Option<&Path>) -> Result<Result<Plan, Diagnostics>, Failure> {
    let given = inputs.to_map(&declared(kinds::catalog(), &read_runbook(path)?))?;
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

/// A runbook with everything that it is planned with but what it discovers.
#[derive(Clone, Debug)]
pub(super) struct Draft<'r> {
    path: &'r Path,
    bytes: &'r [u8],
    window: Option<String>,
    inputs: Map,
}

impl<'r> Draft<'r> {
    /// A runbook with inputs; what was not given is taken from what the twin proposes.
    pub(super) fn new(
        path: &'r Path,
        bytes: &'r [u8],
        window: Option<&Path>,
        given: Map,
        proposed: &Map,
    ) -> Result<Self, RunError> {
        let mut draft = Self { path, bytes, window: named_window(window)?, inputs: given };
        let options = as_they_are().with_window(draft.window.as_deref());
        let plan = compile(options, &draft.name(), bytes, Inputs::Unknown).map_err(RunError::Diagnostics)?;
        for input in plan.declared {
            if let (false, Some(value)) = (draft.inputs.contains_key(&input.name), proposed.get(&input.name)) {
                draft.inputs.insert(input.name, value.clone());
            }
        }
        Ok(draft)
    }

    /// The plan of what it reads before its own plan is fixed; `None` where it discovers nothing.
    pub(super) fn discovery(&self) -> Result<Option<Plan>, Diagnostics> {
        discovery(as_they_are(), &self.name(), self.bytes, Inputs::Given(&self.inputs))
    }

    /// Its plan, with what it has discovered where that is known.
    pub(super) fn plan(&self, discovered: Option<&[u8]>) -> Result<Plan, Diagnostics> {
        let mut options = as_they_are().with_window(self.window.as_deref());
        if let Some(discovered) = discovered {
            options = options.discovered(discovered);
        }
        compile(options, &self.name(), self.bytes, Inputs::Given(&self.inputs))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// Plans a runbook for a simulated world, in which nothing is discovered.
pub(super) fn simulated(
    path: &Path,
    bytes: &[u8],
    window: Option<&Path>,
    given: Map,
    proposed: &Map,
) -> Result<Plan, RunError> {
    let draft = Draft::new(path, bytes, window, given, proposed)?;
    if draft.discovery().map_err(RunError::Diagnostics)?.is_some() {
        let failure =
            Failure::new(FailureKind::Usage, "a runbook with `discover` cannot be rehearsed or tested as it is");
        return Err(failure
            .hint("move the steps to a runbook that is given the items as an input, and rehearse that one")
            .into());
    }
    draft.plan(None).map_err(RunError::Diagnostics)
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
