//! A step with `for_each` becomes one step for each item, and one in which the group ends.
//!
//! What is known of an item stands in its step instead of `each`, so that the rest of the plan, the guard proof and the
//! engine know nothing of groups but their limits: `subject: "host:{{ each.key }}"` is another subject in each step.

use super::codes::Code;
use super::decode::steps::SAVED_KEY;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::effect::Effect;
use super::fit::fit;
use super::items::{Groups, Item};
use super::kind::{Catalog, Kind, Role};
use super::plan::{Group, Step, Template};
use super::references::{EACH_KEY, each_reference, substitute, written};
use crate::base::{Value, escape};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// More steps in one plan are refused.
const STEPS_MAX: usize = 100_000;

/// The steps of a plan.
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
        let bind = |path: &[&str]| results(&self.groups, &self.steps, path);
        outputs.into_iter().map(|(name, template)| (name, substitute(&template, &bind))).collect()
    }
}

/// The steps as they are done. `steps` are those of the file, with indices into the file.
pub(super) fn expand(
    draft: &Draft<'_>,
    steps: Vec<Step>,
    needs: &[Vec<String>],
    groups: &Groups,
    catalog: Catalog,
    found: &mut Collector,
) -> Expanded {
    let Some(gather) = catalog.with_role(Role::Gather).filter(|_| !groups.is_empty()) else {
        return Expanded { origins: (0..steps.len()).collect(), steps, groups: Vec::new() };
    };
    let count = steps.len() + groups.values().map(Vec::len).sum::<usize>();
    if count > STEPS_MAX {
        let first = groups.keys().next().and_then(|index| draft.steps.get(*index));
        let message = format!("the plan would have {count} steps, the limit is {STEPS_MAX}");
        found.add(Code::TooLarge, first.map(|step| step.id_span), message);
        return Expanded { origins: (0..steps.len()).collect(), steps, groups: Vec::new() };
    }
    let uses_results = steps.iter().flat_map(templates).any(|template| {
        let mut found = false;
        each_reference(template, &mut |path| found |= matches!(path, ["steps", _, "results", ..]));
        found
    });
    let mut expansion = Expansion { out: Vec::new(), groups: Vec::new(), origins: Vec::new(), shown: Vec::new() };
    for (index, (step, written)) in steps.into_iter().zip(&draft.steps).enumerate() {
        match groups.get(&index) {
            Some(items) => expansion.group(index, &step, written, items, gather, found),
            None => expansion.push(index, step),
        }
    }
    expansion.connect(needs, uses_results)
}

struct Expansion {
    out: Vec<Step>,
    groups: Vec<Group>,
    origins: Vec<usize>,
    /// Where each step of the file stands, a group where it ends.
    shown: Vec<usize>,
}

impl Expansion {
    fn push(&mut self, origin: usize, step: Step) {
        self.shown.push(self.out.len());
        self.origins.push(origin);
        self.out.push(step);
    }

    fn group(
        &mut self,
        origin: usize,
        step: &Step,
        written: &StepDraft<'_>,
        items: &[Item],
        gather: &'static Kind,
        found: &mut Collector,
    ) {
        let first = self.out.len();
        let group = Some(self.groups.len());
        let before = found.count();
        for (number, item) in items.iter().enumerate() {
            let member = member(step, written, item, number, found);
            // One item that does not fit is enough.
            if found.count() == before {
                check_fit(step, &member, written, item, found);
            }
            self.origins.push(origin);
            self.out.push(Step { group, ..member });
        }
        let for_each = written.for_each.as_ref();
        self.groups.push(Group {
            id: step.id.clone(),
            keys: items.iter().map(|item| item.key.clone()).collect(),
            members: first..self.out.len(),
            concurrency: for_each.and_then(|for_each| for_each.concurrency),
            max_failures: for_each.map_or(0, |for_each| for_each.max_failures),
        });
        let end = Step {
            kind: gather,
            group,
            effect: Effect::of(gather),
            probe: None,
            until: None,
            provides: None,
            with: Vec::new(),
            refs: Vec::new(),
            shows: Vec::new(),
            when: None,
            answer_within: None,
            retry_from: None,
            max_age: None,
            save: None,
            ..step.clone()
        };
        self.push(origin, end);
    }

    /// Indices of the plan in place of those of the file.
    fn connect(mut self, needs: &[Vec<String>], uses_results: bool) -> Expanded {
        let ids: BTreeMap<String, usize> =
            self.out.iter().enumerate().map(|(index, step)| (step.id.clone(), index)).collect();
        if uses_results {
            let bind = |path: &[&str]| results(&self.groups, &self.out, path);
            self.out = self.out.iter().map(|step| with_templates(step, &bind)).collect();
        }
        let ends: Vec<usize> = self.groups.iter().map(|group| group.members.end).collect();
        for index in 0..self.out.len() {
            let is_end = ends.contains(&index);
            let key = self.key_of(index);
            let Some(step) = self.out.get(index) else { continue };
            let mut refs = BTreeSet::new();
            for template in templates(step) {
                each_reference(template, &mut |path| {
                    if let ["steps", id, ..] = path {
                        refs.extend(ids.get(*id));
                    }
                });
            }
            let named = self.origins.get(index).and_then(|origin| needs.get(*origin)).into_iter().flatten();
            let needed = named.filter_map(|id| ids.get(&id.replace(EACH_KEY, key.as_deref().unwrap_or(EACH_KEY))));
            let shows: Vec<usize> = step.shows.iter().filter_map(|index| self.shown.get(*index)).copied().collect();
            let after: BTreeSet<usize> = if is_end {
                self.before_end(index, step)
            } else {
                refs.iter().chain(needed).chain(&shows).copied().collect()
            };
            let retry_from = step.retry_from.and_then(|from| self.shown.get(from)).copied();
            let Some(step) = self.out.get_mut(index) else { continue };
            (step.refs, step.after) = (refs.into_iter().collect(), after.into_iter().collect());
            (step.shows, step.retry_from) = (shows, retry_from);
        }
        Expanded { steps: self.out, groups: self.groups, origins: self.origins }
    }

    fn key_of(&self, index: usize) -> Option<String> {
        let group = self.groups.get(self.out.get(index)?.group?)?;
        group.keys.get(index.checked_sub(group.members.start)?).cloned()
    }

    /// What the end of a group waits for: its steps, or what they would have waited for where there are none.
    fn before_end(&self, end: usize, step: &Step) -> BTreeSet<usize> {
        let members =
            step.group.and_then(|group| self.groups.get(group)).map_or(end..end, |group| group.members.clone());
        if members.is_empty() {
            return step.after.iter().filter_map(|index| self.shown.get(*index)).copied().collect();
        }
        members.collect()
    }
}

/// The step for one item.
fn member(step: &Step, written_as: &StepDraft<'_>, item: &Item, number: usize, found: &mut Collector) -> Step {
    let id = |id: &str| id.replace(EACH_KEY, &item.key);
    let missing = RefCell::new(None);
    let bind = |path: &[&str]| match path {
        ["each", "key"] => Some(Template::Plain(Value::String(item.key.clone()))),
        ["each", "index"] if item.value.is_some() => Some(Template::Plain(Value::from(number))),
        ["each", "value", rest @ ..] => {
            let value = item.value.as_ref()?;
            let inner = rest.iter().try_fold(value, |value, name| value.get(name));
            if inner.is_none() {
                missing.replace(Some(written(path)));
            }
            inner.map(|inner| Template::Plain(inner.clone()))
        }
        ["steps", step, rest @ ..] if step.contains(EACH_KEY) => {
            let step = id(step);
            let path: Vec<&str> = ["steps", &step].into_iter().chain(rest.iter().copied()).collect();
            Some(Template::Expression(written(&path)))
        }
        _ => None,
    };
    let with = with_templates(step, &bind);
    if let Some(path) = missing.take() {
        let message = format!("the item `{}` has no `{path}`, which `{}` refers to", escape(&item.key), step.id);
        found.add(Code::Items, written_as.id_span, message).hint("give every item the same fields");
    }
    Step {
        id: format!("{}[{}]", step.id, item.key),
        save: step.save.as_ref().map(|save| save.replace(SAVED_KEY, &item.key)),
        ..with
    }
}

/// The results of a group: the outputs of its steps, by key.
fn results(groups: &[Group], steps: &[Step], path: &[&str]) -> Option<Template> {
    let ["steps", id, "results", rest @ ..] = path else { return None };
    let group = groups.iter().find(|group| group.id == *id)?;
    let outputs = |key: &str, step: &Step| {
        let fields = step.kind.outputs.iter().filter(|field| !field.secret);
        let output = |name: &str| Template::Expression(written(&["steps", &step.id, name]));
        let fields = fields.map(|field| (field.name.to_owned(), output(field.name)));
        (key.to_owned(), Template::Map(fields.collect()))
    };
    let members = steps.get(group.members.clone()).unwrap_or_default();
    if rest.is_empty() {
        return Some(Template::Map(group.keys.iter().zip(members).map(|(key, step)| outputs(key, step)).collect()));
    }
    let [key, rest @ ..] = rest else { return None };
    let at = group.keys.iter().position(|own| own == key)?;
    let step = members.get(at)?;
    if rest.is_empty() {
        return Some(outputs(key, step).1);
    }
    let path: Vec<&str> = ["steps", &step.id].into_iter().chain(rest.iter().copied()).collect();
    Some(Template::Expression(written(&path)))
}

/// Reports an item whose value does not fit where it stands.
fn check_fit(step: &Step, member: &Step, draft: &StepDraft<'_>, item: &Item, found: &mut Collector) {
    for ((name, template), (_, before)) in member.with.iter().zip(&step.with) {
        let (Template::Plain(value), false) = (template, matches!(before, Template::Plain(_))) else { continue };
        let Some(field) = step.kind.input(name).filter(|field| !value.is_null() || field.required) else { continue };
        if let Err(misfit) = fit(field.ty, value.clone()) {
            let entry = draft.with.into_iter().flatten().find(|entry| entry.key == name.as_str());
            let span = entry.map_or(draft.id_span, |entry| entry.value.span);
            let message = format!("`{name}` does not fit for the item `{}`: {misfit}", escape(&item.key));
            found.add(Code::Misfit, span, message);
            return;
        }
    }
}

/// Every template of a step.
fn templates(step: &Step) -> impl Iterator<Item = &Template> {
    let probe = step.probe.iter().flat_map(|probe| {
        probe.with.iter().map(|(_, template)| template).chain([&probe.applied]).chain(&probe.pending)
    });
    step.with
        .iter()
        .map(|(_, template)| template)
        .chain(&step.when)
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
