//! `uses: runbook`: another runbook whose steps stand in place of one.

use super::checks::place_of;
use super::codes::Code;
use super::diagnostic::{Collector, Diagnostics};
use super::draft::{Draft, StepDraft};
use super::files::beside;
use super::given::Inputs;
use super::kind::Role;
use super::plan::{InputDecl, Template};
use super::secret::SecretDecl;
use super::template::is_template;
use super::unit::Expanded;
use super::yaml::{Data, Entry};
use crate::base::{Map, escape};
use std::collections::BTreeMap;

/// Runbooks that use each other may be nested so deep.
pub(super) const DEPTH_MAX: usize = 16;

/// A runbook that another one uses.
pub(super) struct Child {
    pub(super) inputs: Vec<InputDecl>,
    /// The inputs as far as they are known, as expressions know them.
    pub(super) values: Map,
    pub(super) secrets: Vec<SecretDecl>,
    pub(super) outputs: Vec<(String, Template)>,
    pub(super) expanded: Expanded,
}

/// Makes the steps of a runbook that another one names.
pub(super) trait Loader {
    /// The runbook at this path, or what is wrong with it: in a clause, or as its own diagnostics.
    fn load(&self, path: &str, inputs: Inputs<'_>) -> Result<Child, LoadError>;
    /// What the runbook that names others is called.
    fn name(&self) -> &str;
}

/// Why a runbook cannot be used.
pub(super) enum LoadError {
    /// Its file cannot be read, or it uses itself.
    Unusable(String),
    /// It is not valid.
    Invalid(Box<Diagnostics>),
}

/// What a runbook shows to the one that uses it.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) path: String,
    pub(super) inputs: Vec<InputDecl>,
    pub(super) secrets: Vec<SecretDecl>,
    pub(super) outputs: Vec<String>,
}

/// The runbooks that the steps of a runbook use, by the index of the step. Those that cannot be used are reported.
pub(super) fn interfaces(draft: &Draft<'_>, loader: &dyn Loader, found: &mut Collector) -> BTreeMap<usize, Interface> {
    let mut interfaces = BTreeMap::new();
    for (index, step) in draft.steps.iter().enumerate() {
        if step.kind.is_some_and(|kind| kind.role == Some(Role::Include))
            && let Some(interface) = interface(step, loader, found)
        {
            interfaces.insert(index, interface);
        }
    }
    interfaces
}

fn interface(step: &StepDraft<'_>, loader: &dyn Loader, found: &mut Collector) -> Option<Interface> {
    let file = step.with?.iter().find(|entry| entry.key == "file")?;
    let Data::Scalar { text, .. } = &file.value.data else { return None };
    if is_template(text) {
        found.add(Code::Dynamic, file.value.span, "`file` names a runbook and must be written out");
        return None;
    }
    let path = beside(loader.name(), text);
    match loader.load(&path, Inputs::Unknown) {
        Ok(child) => Some(Interface {
            path,
            inputs: child.inputs,
            secrets: child.secrets,
            outputs: child.outputs.into_iter().map(|(name, _)| name).collect(),
        }),
        Err(error) => {
            report(step, &path, &error, found);
            None
        }
    }
}

/// Reports that a runbook cannot be used.
pub(super) fn report(step: &StepDraft<'_>, path: &str, error: &LoadError, found: &mut Collector) {
    let place = place_of(step, Some("file"));
    match error {
        LoadError::Unusable(why) => {
            found.add(Code::File, place, format!("`{}` cannot be used: {why}", escape(path)));
            found.hint("a path in a runbook is found from the directory of the runbook");
        }
        LoadError::Invalid(told) => {
            let first = told.iter().find(|one| !one.code.is_warning());
            let line =
                first.and_then(|first| told.position(first)).map_or_else(String::new, |at| format!(":{}", at.line));
            let what = first.map_or("it is not valid", |first| first.message.as_str());
            found.add(Code::File, place, format!("{}{line}: {what}", escape(path)));
            found.hint(format!("`surefoot check {}` shows everything that is wrong with it", escape(path)));
        }
    }
}

/// The entries of a map that a step writes for a runbook that it uses.
pub(super) fn entries<'e, 't>(entry: &'e Entry<'t>) -> &'e [Entry<'t>] {
    match &entry.value.data {
        Data::Map(entries) => entries,
        _ => &[],
    }
}
