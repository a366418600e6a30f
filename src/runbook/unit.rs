//! A step of a plan that is being made: what it waits for still goes by names.

use super::plan::{Group, Step, Template};
use super::references::{each_reference, substitute, written};

/// A step whose indices into the plan are not known yet.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) step: Step,
    /// The ids of the steps that it waits for, beside those that its templates refer to.
    pub(super) needs: Vec<String>,
    /// The ids of the steps whose outputs it shows.
    pub(super) shows: Vec<String>,
    /// The id of the step that the run goes back to where this one fails.
    pub(super) retry_from: Option<String>,
    /// The id of the step that it undoes.
    pub(super) undoes: Option<String>,
    /// The index of the step in the file.
    pub(super) origin: usize,
}

/// Every template of a step.
pub(super) fn templates(step: &Step) -> impl Iterator<Item = &Template> {
    let probe = step.probe.iter().flat_map(|probe| {
        probe.with.iter().map(|(_, template)| template).chain([&probe.applied]).chain(&probe.pending)
    });
    step.with
        .iter()
        .map(|(_, template)| template)
        .chain(&step.when)
        .chain(&step.locks)
        .chain(&step.until)
        .chain(&step.provides)
        .chain(probe)
}

/// The step with other words in place of some references.
pub(super) fn with_templates(step: &Step, bind: &dyn Fn(&[&str]) -> Option<Template>) -> Step {
    let each = |template: &Template| substitute(template, bind);
    let with = |with: &[(String, Template)]| -> Vec<(String, Template)> {
        with.iter().map(|(name, template)| (name.clone(), each(template))).collect()
    };
    let mut out = step.clone();
    out.with = with(&step.with);
    out.locks = step.locks.iter().map(each).collect();
    out.when = step.when.as_ref().map(each);
    out.until = step.until.as_ref().map(each);
    out.provides = step.provides.as_ref().map(each);
    if let Some(probe) = &mut out.probe {
        probe.with = with(&probe.with);
        probe.applied = each(&probe.applied);
        probe.pending = probe.pending.as_ref().map(each);
    }
    out
}

/// Whether any template of a step has a reference like this.
pub(super) fn refers(step: &Step, is_meant: impl Fn(&[&str]) -> bool) -> bool {
    let mut found = false;
    for template in templates(step) {
        each_reference(template, &mut |path| found |= is_meant(path));
    }
    found
}

/// The steps of a plan.
#[derive(Debug)]
pub(super) struct Expanded {
    pub(super) steps: Vec<Step>,
    pub(super) groups: Vec<Group>,
    /// For each of them the index of the step in the file.
    pub(super) origins: Vec<usize>,
}

impl Expanded {
    /// The outputs of the runbook, in which the results of a group stand for those of its steps.
    pub(super) fn outputs(&self, outputs: Vec<(String, Template)>) -> Vec<(String, Template)> {
        if self.groups.is_empty() {
            return outputs;
        }
        let steps: Vec<&Step> = self.steps.iter().collect();
        let bind = |path: &[&str]| results(&self.groups, &steps, path);
        outputs.into_iter().map(|(name, template)| (name, substitute(&template, &bind))).collect()
    }
}

/// The results of a group: the outputs of its steps, by key.
pub(super) fn results(groups: &[Group], steps: &[&Step], path: &[&str]) -> Option<Template> {
    let ["steps", id, "results", rest @ ..] = path else { return None };
    let group = groups.iter().find(|group| group.id == *id).filter(|_| rest.is_empty())?;
    let outputs = |key: &String, step: &&Step| {
        let fields = step.kind.outputs.iter().filter(|field| !field.secret);
        let output = |name: &str| Template::Expression(written(&["steps", &step.id, name]));
        let fields = fields.map(|field| (field.name.to_owned(), output(field.name)));
        (key.clone(), Template::Map(fields.collect()))
    };
    let members = steps.get(group.members.clone()).unwrap_or_default();
    Some(Template::Map(group.keys.iter().zip(members).map(|(key, step)| outputs(key, step)).collect()))
}
