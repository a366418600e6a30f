//! The names that expressions may use.

use super::declared::{Declared, undeclared};
use super::within::place;
use crate::base::escape;
use crate::base::handle::SecretPath;
use crate::runbook::codes::Code;
use crate::runbook::diagnostic::Collector;
use crate::runbook::draft::Draft;
use crate::runbook::expression::{Names, Static};
use crate::runbook::fit::expected;
use crate::runbook::kind::{Catalog, Kind, Role, Type};
use crate::runbook::names::{ROOTS, RUN, names_of};
use crate::runbook::references::{EACH_KEY, written};
use crate::runbook::secret::{find_part, part_names, parts_in_order};
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_FILE, IN_THE_PAGE, did_you_mean, list, nearest, or_list};
use crate::runbook::yaml::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Everything that can be referred to, and what was.
#[derive(Debug)]
pub(in crate::runbook) struct Scope {
    inputs: BTreeMap<String, Type>,
    /// The parts of each secret.
    secrets: BTreeMap<String, Vec<String>>,
    steps: BTreeMap<String, Named>,
    used_inputs: BTreeSet<String>,
    used_secrets: BTreeSet<String>,
    complaints: BTreeSet<String>,
    declared: Declared,
    /// The kind of the step in which a group ends.
    gather: Option<&'static Kind>,
    /// The secrets that kinds use without naming them.
    credentials: BTreeSet<&'static str>,
}

/// A step, as references know it.
#[derive(Clone, Debug)]
struct Named {
    index: usize,
    kind: Option<&'static Kind>,
    group: Option<Keys>,
    /// The outputs of the runbook that the step uses.
    returns: Option<Arc<[String]>>,
}

/// The keys of the items of a group; `None` while they are not known.
pub(in crate::runbook) type Keys = Option<Arc<BTreeSet<String>>>;

impl Scope {
    pub(in crate::runbook) fn of(draft: &Draft<'_>, catalog: Catalog) -> Self {
        let inputs = draft.inputs.iter().map(|input| (input.value.name.clone(), input.value.ty.as_type())).collect();
        let secrets = draft.secrets.iter().map(|secret| (secret.value.name.clone(), secret.value.parts())).collect();
        let mut steps = BTreeMap::new();
        for (index, step) in
            draft.steps.iter().enumerate().filter(|(_, step)| !step.id.is_empty() && step.undoes.is_none())
        {
            let group = step.for_each.as_ref().map(|_| None);
            steps.entry(step.id.clone()).or_insert(Named { index, kind: step.kind, group, returns: None });
        }
        let (used_inputs, used_secrets, complaints) = Default::default();
        let credentials = catalog.iter().filter_map(|kind| kind.credential).collect();
        let gather = catalog.with_role(Role::Gather);
        Self {
            inputs,
            secrets,
            steps,
            used_inputs,
            used_secrets,
            complaints,
            declared: Declared::of(draft),
            gather,
            credentials,
        }
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

/// An expression within a scalar: `offset` bytes into its text.
pub(super) struct Spot<'s, 'u> {
    pub(super) uses: &'s mut Uses<'u>,
    pub(super) node: &'s Node<'s>,
    pub(super) offset: usize,
}

impl Spot<'_, '_> {
    /// Where a part of the expression stands in the file.
    pub(super) fn place(&self, at: &Range<usize>) -> Span {
        place(self.uses.text, self.node, self.offset + at.start..self.offset + at.end)
    }

    fn report(&mut self, code: Code, at: &Range<usize>, message: String, hint: Option<String>) -> Static {
        // Finding the place may take as long as the text is, and what is not kept has none.
        let span = if self.uses.found.is_full() { self.node.span } else { self.place(at) };
        self.uses.found.add_with(code, span, message, hint);
        Static::Unknown
    }

    /// Reports a name that is not declared, and where a similar one is.
    fn undeclared(&mut self, code: Code, path: (&str, &str), at: &Range<usize>, hint: Option<String>) -> Static {
        let (root, name) = path;
        let told = self.report(code, at, undeclared(root, name), hint);
        if !self.uses.found.is_full() {
            self.uses.found.also(self.uses.scope.near_place(root, name), "a similar name");
        }
        told
    }

    /// The near one of some names, or else all of them; nothing where it would not be told.
    fn near(&self, name: &str, what: &str, names: impl FnOnce(&Scope) -> Vec<&str>) -> Option<String> {
        if self.uses.found.is_full() { None } else { or_list(name, what, &names(self.uses.scope), IN_THE_FILE) }
    }

    fn input(&mut self, name: &str, rest: &[&str], at: &Range<usize>) -> Static {
        let Some(ty) = self.uses.scope.inputs.get(name).copied() else {
            let hint = self.near(name, "inputs", |scope| scope.inputs.keys().map(String::as_str).collect());
            let hint = hint.or_else(|| Some("declare it under `inputs`".to_owned()));
            return self.undeclared(Code::UnknownInput, ("inputs", name), at, hint);
        };
        self.uses.scope.used_inputs.insert(name.to_owned());
        if rest.is_empty() { Static::Of(ty) } else { self.no_fields(&format!("inputs.{name}"), ty, at) }
    }

    fn secret(&mut self, name: &str, rest: &[&str], at: &Range<usize>) -> Static {
        if self.uses.scope.use_secret(name).is_none() {
            let hint = self.near(name, "secrets", |scope| scope.secrets.keys().map(String::as_str).collect());
            let declare =
                || format!("declare it: `secrets: {{{}: {{env: [USER_VARIABLE, PASSWORD_VARIABLE]}}}}`", escape(name));
            let hint = hint.or_else(|| Some(declare()));
            return self.undeclared(Code::UnknownSecret, ("secrets", name), at, hint);
        }
        let parts = self.uses.scope.secrets.get(name).cloned().unwrap_or_default();
        self.part(&format!("secrets.{name}"), &parts, rest, at)
    }

    /// What stands behind the path of a secret: nothing, or the name of a part.
    fn part(&mut self, secret: &str, parts: &[String], rest: &[&str], at: &Range<usize>) -> Static {
        match rest {
            [] => Static::Secret,
            // Where no part could be read, that was reported.
            [_] if parts.is_empty() => Static::SecretPart,
            [part] if find_part(parts, part).is_some() => Static::SecretPart,
            [part] => {
                let names = part_names(parts);
                let near = did_you_mean(part, names.iter().copied());
                let hint = list(if names.len() == 1 { "its only part" } else { "its parts" }, &names, IN_THE_FILE);
                let hint = near.into_iter().chain(hint).collect::<Vec<_>>().join(" ");
                let message = format!("the secret `{secret}` has no part `{}`", escape(part));
                self.report(Code::UnknownSecret, at, message, Some(hint))
            }
            [part, ..] => {
                let message = format!("`{secret}.{}` is a text and has no fields", escape(part));
                self.report(Code::SecretMisuse, at, message, None)
            }
        }
    }

    fn output(&mut self, step: &str, rest: &[&str], at: &Range<usize>) -> Static {
        let Some(Named { index, kind, group, returns }) = self.uses.scope.steps.get(step).cloned() else {
            let full = self.uses.found.is_full();
            let hint = if full { None } else { did_you_mean(step, self.uses.scope.step_names()) };
            return self.undeclared(Code::UnknownStep, ("steps", step), at, hint);
        };
        self.uses.refs.insert(index);
        let Some(kind) = kind else { return Static::Unknown };
        let own = if group.is_some() { rest.get(1..).unwrap_or_default() } else { rest };
        if let (Some(returns), ["outputs", name, ..]) = (returns, own)
            && !returns.iter().any(|known| known == name)
        {
            let names: Vec<&str> = returns.iter().map(String::as_str).collect();
            let message = format!("the runbook of `{step}` has no output `{}`", escape(name));
            let hint = or_list(name, "outputs", &names, "it has no others");
            return self.report(Code::UnknownOutput, at, message, hint);
        }
        match group {
            None => self.output_of(step, kind, rest, at),
            Some(keys) => self.item_output(step, kind, &keys, rest, at),
        }
    }

    /// An output of the group as a whole, or of the step that is for one item.
    fn item_output(
        &mut self,
        group: &str,
        kind: &'static Kind,
        keys: &Keys,
        rest: &[&str],
        at: &Range<usize>,
    ) -> Static {
        let Some((key, rest)) = rest.split_first() else { return Static::Of(Type::Map) };
        if *key == "results" {
            return if rest.is_empty() { Static::Of(Type::Map) } else { self.item_output(group, kind, keys, rest, at) };
        }
        if let Some(gather) = self.uses.scope.gather.filter(|gather| gather.output(key).is_some()) {
            return self.output_of(group, gather, &[&[*key], rest].concat(), at);
        }
        let is_own = *key == EACH_KEY;
        match (&self.uses.each, keys) {
            (None, _) if is_own => {
                let message = format!("`steps.{group}[each.key]` means an item, and this step is for none");
                let hint = format!("give it `for_each` over the same items, or name one, `steps.{group}['KEY']`");
                return self.report(Code::Dynamic, at, message, Some(hint));
            }
            (Some(Some(own)), Some(keys)) if is_own && own != keys => {
                let message = format!("`{group}` is not over the same items as this step");
                let hint = "pair only steps whose `for_each` is the same".to_owned();
                return self.report(Code::UnknownStep, at, message, Some(hint));
            }
            (_, Some(keys)) if !is_own && !keys.contains(*key) => {
                let hint = did_you_mean(key, keys.iter().map(String::as_str));
                let message = format!("there is no step `{group}[{}]`", escape(key));
                return self.report(Code::UnknownStep, at, message, hint);
            }
            _ => {}
        }
        let id = format!("{group}[{key}]");
        self.uses.rewrites.push((at.clone(), written(&[&["steps", &id], rest].concat())));
        self.output_of(&id, kind, rest, at)
    }

    fn output_of(&mut self, step: &str, kind: &'static Kind, rest: &[&str], at: &Range<usize>) -> Static {
        let Some((name, deeper)) = rest.split_first() else {
            if let Some(field) = kind.outputs.iter().find(|field| field.secret) {
                let hint = "name the outputs that are wanted, one by one".to_owned();
                let message = format!("`steps.{step}` as a whole holds the secret `{}`", field.name);
                return self.report(Code::SecretMisuse, at, message, Some(hint));
            }
            return Static::Of(Type::Map);
        };
        let Some(field) = kind.output(name) else {
            let names: Vec<&str> = kind.outputs.iter().map(|field| field.name).collect();
            let message = format!("the step `{step}` ({}) has no output `{}`", kind.name, escape(name));
            let told = self.report(Code::UnknownOutput, at, message, or_list(name, "outputs", &names, &kind.all()));
            self.uses.found.also(self.uses.scope.step_place(step), format!("the step uses {}", kind.name));
            return told;
        };
        match (field.secret, deeper.is_empty(), field.ty) {
            (true, _, _) => self.part(&format!("steps.{step}.{name}"), &parts_in_order(2), deeper, at),
            (false, true, ty) => Static::Of(ty),
            (false, false, Type::Map | Type::List | Type::Any) => Static::Unknown,
            (false, false, ty) => self.no_fields(&format!("steps.{step}.{name}"), ty, at),
        }
    }

    /// An output under the name that this value alone knows.
    fn own_output(&mut self, name: &str, deeper: &[&str], at: &Range<usize>) -> Static {
        let Some(Own { root, kind }) = self.uses.own else { return Static::Unknown };
        let Some(field) = kind.output(name) else {
            let names: Vec<&str> = kind.outputs.iter().map(|field| field.name).collect();
            let message = format!("`{root}` ({}) has no output `{}`", kind.name, escape(name));
            return self.report(Code::UnknownOutput, at, message, or_list(name, "outputs", &names, &kind.all()));
        };
        match (field.secret, deeper.is_empty(), field.ty) {
            (true, ..) => Static::Secret,
            (false, true, ty) => Static::Of(ty),
            (false, false, Type::Map | Type::List | Type::Any) => Static::Unknown,
            (false, false, ty) => self.no_fields(&format!("{root}.{name}"), ty, at),
        }
    }

    /// The item that the step is for. What is in it nobody knows before the items are.
    fn each(&mut self, rest: &[&str], at: &Range<usize>) -> Static {
        match rest {
            ["key"] => Static::Of(Type::String),
            ["index"] => Static::Of(Type::Integer),
            ["value", ..] => Static::Unknown,
            _ => {
                let name = rest.first().map_or_else(String::new, |name| format!(".{}", escape(name)));
                let hint = "there are `each.key`, `each.value` and `each.index`".to_owned();
                self.report(Code::UnknownName, at, format!("there is no `each{name}`"), Some(hint))
            }
        }
    }

    fn no_fields(&mut self, what: &str, ty: Type, at: &Range<usize>) -> Static {
        self.report(Code::ExpressionType, at, format!("`{what}` is {} and has no fields", expected(ty)), None)
    }

    fn unknown_root(&mut self, root: &str, at: &Range<usize>) -> Static {
        let hint = if self.uses.scope.inputs.contains_key(root) {
            Some(format!("did you mean `inputs.{root}`?"))
        } else if self.uses.scope.steps.contains_key(root) {
            Some(format!("did you mean `steps.{root}`?"))
        } else {
            or_list(root, "there are", &names_of(ROOTS), IN_THE_PAGE)
        };
        self.report(Code::UnknownName, at, format!("`{}` is not a name that expressions know", escape(root)), hint)
    }
}

impl Names for Spot<'_, '_> {
    fn look_up(&mut self, path: &[&str], at: Range<usize>) -> Static {
        match path {
            ["inputs", name, rest @ ..] => self.input(name, rest, &at),
            ["secrets", name, rest @ ..] => self.secret(name, rest, &at),
            ["steps", name, rest @ ..] => self.output(name, rest, &at),
            ["each", rest @ ..] if self.uses.each.is_some() => self.each(rest, &at),
            ["each", ..] => {
                let hint = "give the step `for_each`".to_owned();
                self.report(
                    Code::UnknownName,
                    &at,
                    "`each` is known only to a step with `for_each`".to_owned(),
                    Some(hint),
                )
            }
            [root, name, rest @ ..] if self.uses.own.is_some_and(|own| own.root == *root) => {
                self.own_output(name, rest, &at)
            }
            ["run", name] if names_of(RUN).contains(name) => Static::Of(Type::String),
            ["run", name, ..] => {
                let hint = or_list(name, "there are", &names_of(RUN), IN_THE_PAGE);
                self.report(Code::UnknownName, &at, format!("`run` has no `{}`", escape(name)), hint)
            }
            [root] if names_of(ROOTS).contains(root) => {
                let hint = list("name one of its parts, for example", &[&format!("{root}.name")], IN_THE_PAGE);
                self.report(Code::Dynamic, &at, format!("`{root}` cannot be used as a whole"), hint)
            }
            _ => self.unknown_root(path.first().copied().unwrap_or_default(), &at),
        }
    }

    fn fault(&mut self, code: Code, at: Range<usize>, message: String, hint: Option<String>) {
        self.report(code, &at, message, hint);
    }
}
