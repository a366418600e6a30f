//! The names that expressions may use.

use super::declared::Declared;
use crate::base::handle::SecretPath;
use crate::runbook::diagnostic::Collector;
use crate::runbook::draft::{Draft, StepDraft};
use crate::runbook::expression::Static;
use crate::runbook::kind::{Catalog, Kind, Role};
use crate::runbook::plan::InputDecl;
use crate::runbook::secret::parts_in_order;
use crate::runbook::source::Span;
use crate::runbook::suggest::nearest;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Everything that can be referred to, and what was.
#[derive(Debug)]
pub(in crate::runbook) struct Scope {
    pub(super) inputs: BTreeMap<String, Static>,
    /// The parts of each secret.
    pub(super) secrets: BTreeMap<String, Vec<String>>,
    pub(super) steps: BTreeMap<String, Named>,
    /// The steps that read before the plan is fixed.
    pub(super) discover: BTreeMap<String, Named>,
    /// Whether the steps of `discover` are those that are meant by `steps`.
    pub(super) is_discovering: bool,
    pub(super) used_inputs: BTreeSet<String>,
    used_secrets: BTreeSet<String>,
    complaints: BTreeSet<String>,
    declared: Declared,
    /// The kind of the step in which a group ends.
    pub(super) gather: Option<&'static Kind>,
    /// The secrets that kinds use without naming them.
    credentials: BTreeSet<&'static str>,
}

/// A step, as references know it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) index: usize,
    pub(super) kind: Option<&'static Kind>,
    pub(super) group: Option<Keys>,
    /// The outputs of the runbook that the step uses.
    pub(super) returns: Option<Arc<[String]>>,
}

/// The keys of the items of a group; `None` while they are not known.
pub(in crate::runbook) type Keys = Option<Arc<BTreeSet<String>>>;

impl Scope {
    pub(in crate::runbook) fn of(draft: &Draft<'_>, catalog: Catalog) -> Self {
        let known = |input: &InputDecl| input.ty.as_type().map_or(Static::Real, Static::Of);
        let inputs = draft.inputs.iter().map(|input| (input.value.name.clone(), known(&input.value))).collect();
        let secrets = draft.secrets.iter().map(|secret| (secret.value.name.clone(), secret.value.parts())).collect();
        let (steps, discover) = (named(&draft.steps), named(&draft.discover));
        let (used_inputs, used_secrets, complaints) = Default::default();
        let credentials = catalog.iter().filter_map(|kind| kind.credential).collect();
        let gather = catalog.with_role(Role::Gather);
        Self {
            inputs,
            secrets,
            steps,
            discover,
            is_discovering: false,
            used_inputs,
            used_secrets,
            complaints,
            declared: Declared::of(draft),
            gather,
            credentials,
        }
    }

    /// Makes the steps of `discover` those that are meant, or those of the runbook again.
    pub(in crate::runbook) fn swap_steps(&mut self) {
        std::mem::swap(&mut self.steps, &mut self.discover);
        self.is_discovering = !self.is_discovering;
    }

    /// Where a step is declared.
    pub(super) fn step_place(&self, name: &str) -> Option<Span> {
        self.declared.step(self.step(name)?)
    }

    /// Where the name is declared that is nearest to this one, below `inputs`, `secrets` or `steps`.
    pub(super) fn near_place(&self, root: &str, name: &str) -> Option<Span> {
        if root == "steps" {
            self.step_place(nearest(name, self.step_names())?)
        } else {
            self.declared.near(root, name)
        }
    }

    pub(super) fn step(&self, name: &str) -> Option<usize> {
        self.steps.get(name).map(|step| step.index)
    }

    /// The keys of the items of a group; `None` where the step is none.
    pub(super) fn group(&self, name: &str) -> Option<Keys> {
        self.steps.get(name)?.group.clone()
    }

    /// The keys of the items of a group; `None` while they are not known.
    pub(super) fn keys(&self, group: &str) -> Keys {
        self.group(group).flatten()
    }

    /// The outputs of the runbook that a step uses are known from now on.
    pub(in crate::runbook) fn set_returns(&mut self, step: &str, outputs: &[String]) {
        if let Some(step) = self.steps.get_mut(step) {
            step.returns = Some(outputs.into());
        }
    }

    /// The items of a group are known from now on.
    pub(in crate::runbook) fn set_keys(&mut self, group: &str, keys: Arc<BTreeSet<String>>) {
        if let Some(step) = self.steps.get_mut(group) {
            step.group = Some(Some(keys));
        }
    }

    pub(super) fn step_names(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(String::as_str)
    }

    /// The parts of a secret; it counts as used from now on.
    pub(super) fn use_secret(&mut self, name: &str) -> Option<&[String]> {
        self.used_secrets.insert(name.to_owned());
        self.secrets.get(name).map(Vec::as_slice)
    }

    /// The parts of the secret that a path refers to as a whole: one that the runbook declares, or one that a step
    /// obtains.
    pub(super) fn parts_of(&self, path: &str) -> Vec<String> {
        match SecretPath::parse(path) {
            Some(SecretPath::Declared { name, part: None }) => self.secrets.get(name).cloned().unwrap_or_default(),
            _ => parts_in_order(2),
        }
    }

    /// Whether some kind uses a secret of that name without naming it.
    pub(super) fn is_credential(&self, name: &str) -> bool {
        self.credentials.contains(name)
    }

    /// Whether this is the first complaint about that credential.
    pub(super) fn complain_once(&mut self, name: &str) -> bool {
        self.complaints.insert(name.to_owned())
    }

    pub(in crate::runbook) fn is_used_input(&self, name: &str) -> bool {
        self.used_inputs.contains(name)
    }

    pub(in crate::runbook) fn is_used_secret(&self, name: &str) -> bool {
        self.used_secrets.contains(name)
    }
}

/// The names as one value uses them: remembers the steps that it refers to, takes in its mistakes.
pub(super) struct Uses<'u> {
    pub(super) scope: &'u mut Scope,
    pub(super) found: &'u mut Collector,
    pub(super) refs: BTreeSet<usize>,
    pub(super) text: &'u str,
    /// What may be referred to here alone.
    pub(super) own: Option<Own>,
    /// The items of the group that the step belongs to.
    pub(super) each: Option<Keys>,
    /// References of the expression under way that are written otherwise in the plan.
    pub(super) rewrites: Vec<(Range<usize>, String)>,
}

impl<'u> Uses<'u> {
    /// The names as the value of no step uses them.
    pub(super) fn of(scope: &'u mut Scope, found: &'u mut Collector, text: &'u str) -> Self {
        Self { scope, found, refs: BTreeSet::new(), text, own: None, each: None, rewrites: Vec::new() }
    }
}

/// The outputs of a kind, under a name that only one value knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) root: &'static str,
    pub(super) kind: &'static Kind,
}

/// The steps that may be referred to, by id.
fn named(drafts: &[StepDraft<'_>]) -> BTreeMap<String, Named> {
    let mut steps = BTreeMap::new();
    for (index, step) in drafts.iter().enumerate().filter(|(_, step)| !step.id.is_empty() && step.undoes.is_none()) {
        let group = step.for_each.as_ref().map(|_| None);
        steps.entry(step.id.clone()).or_insert(Named { index, kind: step.kind, group, returns: None });
    }
    steps
}
