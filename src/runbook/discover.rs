//! `discover`: what is read before the plan is fixed, and stands in it as data.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::effects;
use super::kind::{Declares, Idempotency, Reversibility, Role};
use super::plan::{Step, Template};
use super::references::substitute;
use super::resolve::{self, Resolved, Scope};
use super::unit::with_templates;
use crate::base::{Map, Value};
use std::collections::BTreeMap;

/// Looks up the names in `discover`, whose steps know each other as `steps`, and reports what could change something.
pub(super) fn resolve(draft: &Draft<'_>, scope: &mut Scope, text: &str, found: &mut Collector) -> Vec<Resolved> {
    scope.swap_steps();
    let resolved = resolve::steps(&draft.discover, &BTreeMap::new(), scope, text, found);
    scope.swap_steps();
    for (step, resolved) in draft.discover.iter().zip(&resolved) {
        check(step, resolved, found);
    }
    resolved
}

fn check(step: &StepDraft<'_>, resolved: &Resolved, found: &mut Collector) {
    let Some(kind) = step.kind else { return };
    let effect = effects::of(step, kind, resolved);
    let reads = effect.repeat == Idempotency::Read && effect.reverse == Reversibility::Nothing;
    let is_several = step.for_each.is_some() || step.undoes.is_some() || step.save.is_some();
    let why = if kind.asks {
        "asks a person"
    } else if kind.role == Some(Role::Include) || is_several {
        "is more than one read"
    } else if kind.declares == Some(Declares::Announced) {
        "goes on without surefoot, so it is announced in the journal of a run"
    } else if !reads {
        "may change something"
    } else if kind.outputs.iter().any(|field| field.secret) {
        "obtains a secret"
    } else {
        return;
    };
    found.add(Code::Discover, step.kind_span, format!("`{}` cannot be part of `discover`: it {why}", step.id));
    found.hint("move it to `steps`; `discover` only reads, before there is a run");
}

/// What was read, by step; nothing where it is no map.
pub(super) fn read(bytes: &[u8]) -> Option<Map> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// Puts what was read in place of the references to it.
pub(super) fn settle(discovered: &Map, steps: &mut [Step], outputs: &mut [(String, Template)]) {
    let bind = |path: &[&str]| match path {
        ["discover", rest @ ..] if !rest.is_empty() => Some(Template::Plain(find(discovered, rest))),
        _ => None,
    };
    for step in steps {
        *step = with_templates(step, &bind);
    }
    for (_, template) in outputs {
        *template = substitute(template, &bind);
    }
}

fn find(map: &Map, path: &[&str]) -> Value {
    let Some((first, rest)) = path.split_first() else { return Value::Null };
    let found = map.get(*first).and_then(|first| rest.iter().try_fold(first, |value, name| value.get(name)));
    found.cloned().unwrap_or(Value::Null)
}
