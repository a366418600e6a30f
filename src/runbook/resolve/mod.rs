//! The third stage: names are looked up, templates are parsed and typed, references become edges.

mod declared;
mod effects;
mod hand_over;
mod scope;
mod secrets;
mod spot;
mod target;
mod values;
mod within;

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, Placed, StepDraft};
use super::effect::Probe;
use super::include::Interface;
use super::kind::{Field, Kind, Type};
use super::plan::Template;
use super::references::EACH_KEY;
use super::secret::{PASSWORD, USERNAME, find_part};
use super::source::Span;
use super::suggest::{did_you_mean, or_list};
use super::template::is_template;
use super::yaml::{Data, Entry, Node};
use crate::base::escape;
pub(super) use scope::Scope;
use scope::{Keys, Uses};
use std::collections::{BTreeMap, BTreeSet};
use target::Target;
use values::template;

/// What a step says, with every name looked up.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) with: Vec<(String, Template)>,
    pub(super) when: Option<Template>,
    pub(super) after: Vec<usize>,
    /// The ids of the steps that `needs` names.
    pub(super) needs: Vec<String>,
    pub(super) refs: Vec<usize>,
    pub(super) shows: Vec<usize>,
    pub(super) locks: Vec<Template>,
    pub(super) probe: Option<Probe>,
    pub(super) until: Option<Template>,
    pub(super) provides: Option<Template>,
}

/// All steps, in the order of the file.
pub(super) fn steps(
    drafts: &[StepDraft<'_>],
    interfaces: &BTreeMap<usize, Interface>,
    scope: &mut Scope,
    text: &str,
    found: &mut Collector,
) -> Vec<Resolved> {
    // What undoes a step of a group is for the same item.
    let each = |scope: &Scope, step: &StepDraft<'_>| {
        let step = step.undoes.and_then(|index| drafts.get(index)).unwrap_or(step);
        step.for_each.as_ref().map(|_| scope.keys(&step.id))
    };
    let steps = drafts.iter().enumerate();
    let resolve = |(index, step): (usize, &StepDraft<'_>)| {
        Steps { each: each(scope, step), interface: interfaces.get(&index), scope, text, found }.step(step)
    };
    steps.map(resolve).collect()
}

/// The outputs, in order of name.
pub(super) fn outputs(
    draft: &Draft<'_>,
    scope: &mut Scope,
    text: &str,
    found: &mut Collector,
) -> Vec<(String, Template)> {
    let mut outputs = Vec::new();
    for entry in draft.outputs {
        let mut uses = Uses::of(scope, found, text);
        outputs.push((entry.key.to_string(), template(&mut uses, &entry.value, &Target::any("the output"))));
    }
    outputs.sort_by(|(left, _), (right, _)| left.cmp(right));
    outputs
}

/// The items of a `for_each` as they are written. They must be known before the run begins, so nothing of a step may
/// stand there.
pub(super) fn items(node: &Node<'_>, scope: &mut Scope, text: &str, found: &mut Collector) -> Option<Template> {
    let before = found.count();
    let mut uses = Uses::of(scope, found, text);
    let value = template(&mut uses, node, &Target::any("`for_each`"));
    if !uses.refs.is_empty() {
        found.add(Code::Dynamic, node.span, "the items must be known before the run begins, and a step gives them");
        found.hint("take them from an input, or read them in `discover`");
    }
    (found.count() == before).then_some(value)
}

struct Steps<'s> {
    scope: &'s mut Scope,
    text: &'s str,
    found: &'s mut Collector,
    /// The items of the group that the step belongs to.
    each: Option<Keys>,
    /// What the runbook that the step uses declares.
    interface: Option<&'s Interface>,
}

impl Steps<'_> {
    fn step(&mut self, draft: &StepDraft<'_>) -> Resolved {
        let mut resolved = Resolved::default();
        let mut refs = BTreeSet::new();
        for entry in draft.with.unwrap_or_default() {
            self.input(draft.kind, entry, &mut resolved, &mut refs);
        }
        if let Some(kind) = draft.kind {
            self.effect(draft, kind, &mut resolved, &mut refs);
            self.report_missing(draft.with, draft.kind_span, kind);
            self.report_credential(kind, draft.kind_span);
        }
        if let (Some(other), Some(with)) = (self.interface, draft.with) {
            self.report_unmet(with, other, draft.kind_span);
        }
        resolved.when = draft.when.map(|node| {
            let mut uses = self.uses(&mut refs);
            let when = template(&mut uses, node, &Target::condition());
            refs = uses.refs;
            when
        });
        for node in draft.locks {
            let mut uses = self.uses(&mut refs);
            let target = Target { ty: Type::Subject, needed: true, ..Target::any("a lock") };
            resolved.locks.push(template(&mut uses, node, &target));
            refs = uses.refs;
        }
        let needs = draft.needs.iter().filter_map(|need| self.needed(need)).collect::<Vec<_>>();
        let after = refs.iter().copied().chain(needs.iter().map(|(step, _)| *step)).chain(resolved.shows.clone());
        let after: BTreeSet<usize> = after.collect();
        let after = after.into_iter().chain(draft.undoes).collect::<BTreeSet<usize>>();
        resolved.needs = needs.into_iter().map(|(_, id)| id).collect();
        resolved.refs = refs.into_iter().collect();
        resolved.after = after.into_iter().collect();
        resolved
    }

    fn input(
        &mut self,
        kind: Option<&'static Kind>,
        entry: &Entry<'_>,
        resolved: &mut Resolved,
        refs: &mut BTreeSet<usize>,
    ) {
        let Some(target) = self.target(kind, entry) else { return };
        if let Some(interface) = self.interface.filter(|_| matches!(entry.key.as_ref(), "inputs" | "secrets")) {
            resolved.with.push((entry.key.to_string(), self.handed_over(entry, interface, refs)));
            return;
        }
        if target.ty == Type::Steps {
            resolved.shows.extend(self.shown(&entry.value));
        }
        let mut own = BTreeSet::new();
        let mut uses = self.uses(&mut own);
        let value = template(&mut uses, &entry.value, &target);
        own = uses.refs;
        if target.by_people && !own.is_empty() {
            let message = format!("`{}` says whom to trust and cannot come from a step", entry.key);
            self.found.add(Code::ByPeople, entry.value.span, message);
            self.found.hint("write it out, or give it as an input of the runbook");
        }
        refs.append(&mut own);
        // Where the kind is not known there is no plan, and there may be any number of names.
        if kind.is_some() && !resolved.with.iter().any(|(name, _)| *name == entry.key) {
            resolved.with.push((entry.key.to_string(), value));
        }
    }

    /// What an input of a step expects; `None` where the kind has no such input, which is reported.
    fn target(&mut self, kind: Option<&'static Kind>, entry: &Entry<'_>) -> Option<Target> {
        let Some(kind) = kind else { return Some(Target::unknown()) };
        let field = kind.input(&entry.key);
        if field.is_some_and(|field| field.beside) {
            let message = format!("`{}` is a key of the step and no input", entry.key);
            self.found.add(Code::UnknownStepInput, entry.key_span, message).hint("write it beside `with`");
            return None;
        }
        let target = field.map(Target::field);
        if target.is_none() && !entry.key.is_empty() && entry.key != "<<" {
            let names: Vec<&str> = kind.inputs.iter().filter(|field| !field.beside).map(|field| field.name).collect();
            let hint = or_list(&entry.key, "inputs", &names, &kind.all());
            let message = format!("`{}` has no input `{}`", kind.name, escape(&entry.key));
            self.found.add_with(Code::UnknownStepInput, entry.key_span, message, hint);
        }
        target
    }

    fn report_missing(&mut self, with: Option<&[Entry<'_>]>, at: Span, kind: &Kind) {
        let Some(with) = with else { return };
        let written = |field: &Field| with.iter().any(|entry| entry.key == field.name);
        for field in kind.inputs.iter().filter(|field| field.required && !field.beside && !written(field)) {
            let message =
                format!("`{}` needs the input `{}`: {}", kind.name, field.name, super::fit::expected(field.ty));
            self.found.add(Code::MissingStepInput, at, message).hint(field.doc);
        }
    }

    /// The credential that the kind uses without naming it must be declared with two parts. Said once a secret.
    fn report_credential(&mut self, kind: &Kind, at: Span) {
        let Some(name) = kind.credential else { return };
        let is_whole = self.scope.use_secret(name).map(is_credentials);
        if is_whole == Some(true) || !self.scope.complain_once(name) {
            return;
        }
        let message = match is_whole {
            None => format!("`{}` uses the secret `{name}`, which is not declared", kind.name),
            Some(_) => {
                format!("`{}` needs both parts of the secret `{name}`, `{USERNAME}` and `{PASSWORD}`", kind.name)
            }
        };
        let upper = name.to_ascii_uppercase();
        self.found.add(Code::Credential, at, message);
        self.found.hint(format!("secrets: {{{name}: {{env: [{upper}_CLIENT_ID, {upper}_CLIENT_SECRET]}}}}"));
    }

    /// The steps that a list of ids names.
    fn shown(&mut self, node: &Node<'_>) -> Vec<usize> {
        let Data::List(items) = &node.data else { return Vec::new() };
        let names = items.iter().filter_map(|item| match &item.data {
            Data::Scalar { text, .. } if !is_template(text) => Some((text.as_ref(), item.span)),
            _ => None,
        });
        names.filter_map(|(name, span)| self.step_named(name, span)).collect()
    }

    /// The step that `needs` names, and its id; `restart[web-1]` and `restart[each.key]` name one of a group.
    fn needed(&mut self, need: &Placed<String>) -> Option<(usize, String)> {
        let Some((group, key)) = need.value.strip_suffix(']').and_then(|whole| whole.split_once('[')) else {
            return Some((self.step_named(&need.value, need.span)?, need.value.clone()));
        };
        let step = self.step_named(group, need.span)?;
        let keys = self.scope.group(group);
        let why = match (&keys, &self.each) {
            (None, _) => format!("`{}` is no group", escape(group)),
            (_, None) if key == EACH_KEY => "`each.key` means an item, and this step is for none".to_owned(),
            (Some(Some(keys)), Some(Some(own))) if key == EACH_KEY && own != keys => {
                format!("`{}` is not over the same items as this step", escape(group))
            }
            (Some(Some(keys)), _) if key != EACH_KEY && !keys.contains(key) => {
                format!("there is no step `{}`", escape(&need.value))
            }
            _ => return Some((step, need.value.clone())),
        };
        self.found.add(Code::UnknownStep, need.span, why);
        self.found.hint(format!("`needs: [{}]` waits for all of it", escape(group)));
        None
    }

    fn step_named(&mut self, name: &str, at: Span) -> Option<usize> {
        let step = self.scope.step(name);
        if step.is_none() {
            let hint = if self.found.is_full() { None } else { did_you_mean(name, self.scope.step_names()) };
            self.found.add_with(Code::UnknownStep, at, format!("there is no step `{}`", escape(name)), hint);
            if !self.found.is_full() {
                self.found.also(self.scope.near_place("steps", name), "a similar name");
            }
        }
        step
    }

    fn uses(&mut self, refs: &mut BTreeSet<usize>) -> Uses<'_> {
        Uses { refs: std::mem::take(refs), each: self.each.clone(), ..Uses::of(self.scope, self.found, self.text) }
    }
}

/// Whether a secret has a user name and a password; also where none of its parts could be read, which was reported.
fn is_credentials(parts: &[String]) -> bool {
    parts.is_empty() || [USERNAME, PASSWORD].iter().all(|name| find_part(parts, name).is_some())
}
