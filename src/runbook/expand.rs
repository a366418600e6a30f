//! One step of a runbook becomes several: one for each item of a `for_each`, those of a runbook that it uses.
//!
//! What is known of an item stands in its step instead of `each`, and what another runbook is given stands in its steps
//! instead of `inputs`. So the rest of the plan, the guard proof and the engine know nothing of either but the limits
//! of groups: `subject: "host:{{ each.key }}"` is another subject in each step.

use super::codes::Code;
use super::decode::steps::SAVED_KEY;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::effect::Effect;
use super::fit::fit;
use super::given::Inputs;
use super::include::{Interface, Loader, report};
use super::items::{Groups, Item};
use super::kind::{Catalog, Kind, Role};
use super::lift::{Bindings, Lifted, Site, lift};
use super::plan::{Group, Step, Template};
use super::references::{EACH_KEY, each_reference, written};
use super::unit::{Expanded, Unit, refers, results, templates, with_templates};
use crate::base::{Value, escape};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// More steps in one plan are refused.
const STEPS_MAX: usize = 100_000;

/// What steps are expanded by.
pub(super) struct Expansion<'x, 't> {
    pub(super) draft: &'x Draft<'t>,
    pub(super) groups: &'x Groups,
    pub(super) interfaces: &'x BTreeMap<usize, Interface>,
    pub(super) loader: &'x dyn Loader,
    pub(super) catalog: Catalog,
    /// Whether every item must be known.
    pub(super) is_whole: bool,
}

impl Expansion<'_, '_> {
    /// The steps as they are done. `steps` are those of the file, with indices into the file; `needs` are the ids that
    /// each of them names under that key.
    pub(super) fn expand(&self, steps: Vec<Step>, needs: &[Vec<String>], found: &mut Collector) -> Expanded {
        if self.groups.is_empty() && self.interfaces.is_empty() {
            return Expanded { origins: (0..steps.len()).collect(), steps, groups: Vec::new() };
        }
        let ids: Vec<String> = steps.iter().map(|step| step.id.clone()).collect();
        let named = |indices: &[usize]| indices.iter().filter_map(|index| ids.get(*index)).cloned().collect::<Vec<_>>();
        let mut out = Out::default();
        for (index, step) in steps.into_iter().enumerate() {
            let unit = Unit {
                needs: needs.get(index).cloned().unwrap_or_default(),
                shows: named(&step.shows),
                retry_from: step.retry_from.and_then(|from| ids.get(from)).cloned(),
                undoes: step.undoes.and_then(|of| ids.get(of)).cloned(),
                origin: index,
                step,
            };
            if let Some(items) = unit.step.undoes.and_then(|of| self.groups.get(&of)) {
                self.undo_group(&unit, items, &mut out, found);
                continue;
            }
            match (self.groups.get(&index), self.interfaces.get(&index)) {
                (Some(items), _) => self.group(&unit, items, &mut out, found),
                (None, Some(interface)) => {
                    if let Some(end) = self.include(&unit, interface, &mut out, found) {
                        out.units.push(end);
                    }
                }
                (None, None) => out.units.push(unit),
            }
            if out.units.len() > STEPS_MAX {
                let place = self.draft.steps.get(index).map(|step| step.id_span);
                found.add(Code::TooLarge, place, format!("the plan would have more than {STEPS_MAX} steps"));
                break;
            }
        }
        out.connect()
    }

    /// The steps for each item, one after the other, and the step in which they end.
    fn group(&self, unit: &Unit, items: &[Item], out: &mut Out, found: &mut Collector) {
        let Some(written) = self.draft.steps.get(unit.origin) else { return };
        let (Some(gather), Some(for_each)) = (self.catalog.with_role(Role::Gather), &written.for_each) else { return };
        if for_each.max_failures > 0 && self.interfaces.contains_key(&unit.origin) {
            let message =
                format!("`max_failures` is not honoured for `{}`: it does the steps of another runbook", unit.step.id);
            found.add(Code::NotHonoured, written.id_span, message).hint("remove `max_failures`");
        }
        let before = found.count();
        let mut members: Vec<Unit> = Vec::with_capacity(items.len());
        for (number, item) in items.iter().enumerate() {
            let mut member = member(unit, written, item, number, found);
            // One item that does not fit is enough.
            if found.count() == before {
                check_fit(&unit.step, &member.step, written, item, found);
            }
            if let Some(interface) = self.interfaces.get(&unit.origin) {
                // The steps for an item begin when those for an earlier one have ended.
                let earlier = for_each.concurrency.and_then(|most| members.get(number.checked_sub(most)?));
                member.needs.extend(earlier.map(|earlier| earlier.step.id.clone()));
                match self.include(&member, interface, out, found) {
                    Some(end) if found.count() == before => member = end,
                    _ => return,
                }
            }
            members.push(member);
        }
        let (group, first) = (out.groups.len(), out.units.len());
        let ids: Vec<String> = members.iter().map(|member| member.step.id.clone()).collect();
        out.units.extend(members.into_iter().map(|mut member| {
            member.step.group = Some(group);
            member
        }));
        out.groups.push(Group {
            id: unit.step.id.clone(),
            keys: items.iter().map(|item| item.key.clone()).collect(),
            members: first..out.units.len(),
            concurrency: for_each.concurrency,
            max_failures: for_each.max_failures,
        });
        // A group of nothing ends when what it needs has.
        let needs = if ids.is_empty() { unit.needs.clone() } else { ids };
        out.units.push(ended(unit, group, needs, gather));
    }

    /// What undoes the steps of a group, for each item.
    fn undo_group(&self, unit: &Unit, items: &[Item], out: &mut Out, found: &mut Collector) {
        let Some(written) = self.draft.steps.get(unit.origin) else { return };
        let before = found.count();
        for (number, item) in items.iter().enumerate() {
            if found.count() > before {
                return;
            }
            let mut member = member(unit, written, item, number, found);
            let of = format!("{}[{}]", unit.undoes.as_deref().unwrap_or_default(), item.key);
            member.step.id = format!("{of}/undo");
            member.undoes = Some(of);
            check_fit(&unit.step, &member.step, written, item, found);
            out.units.push(member);
        }
    }

    /// The steps of the runbook that a step uses; gives the step in which they end.
    fn include(&self, unit: &Unit, interface: &Interface, out: &mut Out, found: &mut Collector) -> Option<Unit> {
        let written = self.draft.steps.get(unit.origin)?;
        let end = self.catalog.with_role(Role::Return)?;
        let bindings = Bindings::of(&unit.step);
        let known = bindings.known(&interface.inputs);
        let child = match self.loader.load(&interface.path, Inputs::Bound(&known)) {
            Ok(child) => child,
            Err(error) => {
                report(written, &interface.path, &error, found);
                return None;
            }
        };
        let unknown = child.expanded.groups.iter().find(|group| self.is_whole && group.keys == ["*"]);
        if let Some(group) = unknown {
            let message =
                format!("the items of `{}` in `{}` are not known before the run begins", group.id, interface.path);
            found.add(Code::Items, written.id_span, message);
            found
                .hint("give the runbook the items as an input that is written out or comes from the inputs of the run");
        }
        let mut needs = unit.needs.clone();
        each_dependency(&unit.step, &mut needs);
        let site = Site { id: &unit.step.id, step: &unit.step, needs, origin: unit.origin };
        let Lifted { units, groups, end } = lift(&child, &bindings, &site, end);
        let (first, first_group) = (out.units.len(), out.groups.len());
        out.units.extend(units.into_iter().map(|mut unit| {
            unit.step.group = unit.step.group.map(|group| group + first_group);
            unit
        }));
        out.groups.extend(groups.into_iter().map(|group| {
            let members = group.members.start + first..group.members.end + first;
            Group { members, ..group }
        }));
        Some(end)
    }
}

/// The steps that a condition refers to, which those of the runbook wait for.
fn each_dependency(step: &Step, needs: &mut Vec<String>) {
    if let Some(template) = &step.when {
        each_reference(template, &mut |path| {
            if let ["steps", id, ..] = path {
                needs.push((*id).to_owned());
            }
        });
    }
}

#[derive(Default)]
struct Out {
    units: Vec<Unit>,
    groups: Vec<Group>,
}

impl Out {
    /// Indices of the plan in place of names.
    fn connect(mut self) -> Expanded {
        if self.units.iter().any(|unit| refers(&unit.step, |path| matches!(path, ["steps", _, "results", ..]))) {
            let steps: Vec<&Step> = self.units.iter().map(|unit| &unit.step).collect();
            let bind = |path: &[&str]| results(&self.groups, &steps, path);
            let bound: Vec<Step> = steps.iter().map(|step| with_templates(step, &bind)).collect();
            self.units.iter_mut().zip(bound).for_each(|(unit, step)| unit.step = step);
        }
        let ids: BTreeMap<String, usize> =
            self.units.iter().enumerate().map(|(index, unit)| (unit.step.id.clone(), index)).collect();
        let mut expanded = Expanded { steps: Vec::new(), groups: self.groups, origins: Vec::new() };
        for unit in self.units {
            let mut refs = BTreeSet::new();
            for template in templates(&unit.step) {
                each_reference(template, &mut |path| {
                    if let ["steps", id, ..] = path {
                        refs.extend(ids.get(*id).copied());
                    }
                });
            }
            let shows: Vec<usize> = unit.shows.iter().filter_map(|id| ids.get(id)).copied().collect();
            let needed = unit.needs.iter().chain(&unit.undoes).filter_map(|id| ids.get(id));
            let after: BTreeSet<usize> = refs.iter().chain(needed).chain(&shows).copied().collect();
            expanded.origins.push(unit.origin);
            expanded.steps.push(Step {
                refs: refs.into_iter().collect(),
                after: after.into_iter().collect(),
                shows,
                undoes: unit.undoes.and_then(|id| ids.get(&id)).copied(),
                retry_from: unit.retry_from.and_then(|id| ids.get(&id)).copied(),
                ..unit.step
            });
        }
        expanded
    }
}

/// The step in which a group ends.
fn ended(unit: &Unit, group: usize, needs: Vec<String>, gather: &'static Kind) -> Unit {
    let step = Step {
        kind: gather,
        group: Some(group),
        effect: Effect::of(gather),
        probe: None,
        until: None,
        provides: None,
        with: Vec::new(),
        when: None,
        answer_within: None,
        max_age: None,
        locks: Vec::new(),
        save: None,
        ..unit.step.clone()
    };
    Unit { step, needs, shows: Vec::new(), retry_from: None, undoes: None, origin: unit.origin }
}

/// The step for one item.
fn member(unit: &Unit, draft: &StepDraft<'_>, item: &Item, number: usize, found: &mut Collector) -> Unit {
    let step = &unit.step;
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
    let mut own = with_templates(step, &bind);
    if let Some(path) = missing.take() {
        let message = format!("the item `{}` has no `{path}`, which `{}` refers to", escape(&item.key), step.id);
        found.add(Code::Items, draft.id_span, message).hint("give every item the same fields");
    }
    own.id = format!("{}[{}]", step.id, item.key);
    own.save = step.save.as_ref().map(|save| save.replace(SAVED_KEY, &item.key));
    Unit { step: own, needs: unit.needs.iter().map(|need| id(need)).collect(), ..unit.clone() }
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
