//! The steps of another runbook, as they stand in the one that uses it.

use super::effect::Effect;
use super::include::Child;
use super::kind::Kind;
use super::plan::{Group, Step, Template};
use super::references::{inner, substitute, written};
use super::unit::{Unit, with_templates};
use crate::base::{Map, Value};

/// What a step says to the runbook that it uses.
pub(super) struct Bindings {
    inputs: Vec<(String, Template)>,
    secrets: Vec<(String, Template)>,
}

/// Where a runbook is used: the step, and what its own steps are called by.
pub(super) struct Site<'s> {
    /// The id of the step; `move` or `move[eu]`.
    pub(super) id: &'s str,
    pub(super) step: &'s Step,
    /// What the step waits for.
    pub(super) needs: Vec<String>,
    pub(super) origin: usize,
}

/// The steps of a runbook that another one uses, with the groups among them, and the step in which they end.
pub(super) struct Lifted {
    pub(super) units: Vec<Unit>,
    pub(super) groups: Vec<Group>,
    pub(super) end: Unit,
}

impl Bindings {
    /// What the inputs of the step say.
    pub(super) fn of(step: &Step) -> Self {
        let entries = |name: &str| {
            let template = step.with.iter().find(|(input, _)| input == name).map(|(_, template)| template);
            match template {
                Some(Template::Map(entries)) => entries.clone(),
                Some(Template::Plain(Value::Object(map))) => {
                    map.iter().map(|(name, value)| (name.clone(), Template::Plain(value.clone()))).collect()
                }
                _ => Vec::new(),
            }
        };
        Self { inputs: entries("inputs"), secrets: entries("secrets") }
    }

    /// The inputs that are known before the run begins: those that are written out, and those that are left out.
    pub(super) fn known(&self, declared: &[super::plan::InputDecl]) -> Map {
        let known = declared.iter().filter_map(|decl| {
            match self.inputs.iter().find(|(name, _)| *name == decl.name).map(|(_, template)| template) {
                Some(Template::Plain(value)) => Some((decl.name.clone(), value.clone())),
                Some(_) => None,
                None => Some((decl.name.clone(), Value::Null)),
            }
        });
        known.collect()
    }
}

/// Puts the steps of a runbook in place of the one that uses it.
pub(super) fn lift(child: &Child, bindings: &Bindings, site: &Site<'_>, end: &'static Kind) -> Lifted {
    let prefix = format!("{}/", site.id);
    let bind = |path: &[&str]| bound(path, bindings, &prefix, child);
    let ids: Vec<String> = child.expanded.steps.iter().map(|step| format!("{prefix}{}", step.id)).collect();
    let named = |indices: &[usize]| indices.iter().filter_map(|index| ids.get(*index)).cloned().collect::<Vec<_>>();
    let units = child.expanded.steps.iter().zip(&ids).map(|(step, id)| {
        let mut needs = named(&step.after);
        if step.after.is_empty() {
            needs.clone_from(&site.needs);
        }
        let one = |index: Option<usize>| index.and_then(|index| ids.get(index)).cloned();
        let (shows, retry_from, undoes) = (named(&step.shows), one(step.retry_from), one(step.undoes));
        let mut step = with_templates(step, &bind);
        step.id.clone_from(id);
        step.when = both(site.step.when.as_ref(), step.when);
        step.save = step.save.map(|save| format!("{}-{save}", site.id.replace(['/', '['], "-").replace(']', "")));
        step.line = site.step.line;
        Unit { step, needs, shows, retry_from, undoes, origin: site.origin }
    });
    let units = units.collect();
    let groups =
        child.expanded.groups.iter().map(|group| Group { id: format!("{prefix}{}", group.id), ..group.clone() });
    let outputs = child.outputs.iter().map(|(name, template)| (name.clone(), substitute(template, &bind))).collect();
    let groups = groups.collect();
    let done = child.expanded.steps.iter().zip(ids).filter(|(step, _)| step.undoes.is_none());
    let end = ended(site, done.map(|(_, id)| id).collect(), outputs, end);
    Lifted { units, groups, end }
}

/// The step in which a runbook ends.
fn ended(site: &Site<'_>, needs: Vec<String>, outputs: Vec<(String, Template)>, end: &'static Kind) -> Unit {
    let step = Step {
        id: site.id.to_owned(),
        kind: end,
        effect: Effect::of(end),
        with: vec![("outputs".to_owned(), Template::Map(outputs))],
        refs: Vec::new(),
        locks: Vec::new(),
        save: None,
        ..site.step.clone()
    };
    let needs = if needs.is_empty() { site.needs.clone() } else { needs };
    Unit { step, needs, shows: Vec::new(), retry_from: None, undoes: None, origin: site.origin }
}

/// What stands for a reference of the runbook that is used.
fn bound(path: &[&str], bindings: &Bindings, prefix: &str, child: &Child) -> Option<Template> {
    match path {
        ["inputs", name, rest @ ..] => {
            let given = bindings.inputs.iter().find(|(input, _)| input == name).map(|(_, template)| template);
            // What is known was read as the type that the runbook declares.
            let open = given.filter(|template| !matches!(template, Template::Plain(_)));
            let known = || Template::Plain(child.values.get(*name).cloned().unwrap_or(Value::Null));
            Some(inner(&open.cloned().unwrap_or_else(known), rest))
        }
        ["secrets", name, rest @ ..] => {
            let (_, template) = bindings.secrets.iter().find(|(secret, _)| secret == name)?;
            let (Template::Secret(whole) | Template::Expression(whole)) = template else { return None };
            let path = [whole.as_str()].into_iter().chain(rest.iter().copied()).collect::<Vec<_>>().join(".");
            Some(Template::Secret(path))
        }
        ["steps", id, rest @ ..] => {
            let id = format!("{prefix}{id}");
            let path: Vec<&str> = ["steps", &id].into_iter().chain(rest.iter().copied()).collect();
            Some(Template::Expression(written(&path)))
        }
        _ => None,
    }
}

/// A condition that holds where both do.
fn both(outer: Option<&Template>, own: Option<Template>) -> Option<Template> {
    match (outer, own) {
        (Some(outer), None) => Some(outer.clone()),
        (Some(Template::Expression(outer)), Some(Template::Expression(own))) => {
            Some(Template::Expression(format!("({outer}) and ({own})")))
        }
        (None | Some(Template::Plain(Value::Bool(true))), own)
        | (_, own @ Some(Template::Plain(Value::Bool(false)))) => own,
        (Some(outer), Some(_)) => Some(outer.clone()),
    }
}
