//! Where in a file something stands that a mistake is about.

use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::guard::{Escape, Reason};
use super::plan::Plan;
use super::source::Span;
use super::yaml::{Data, Node};

/// Where an input of a step stands; the step's id where there is none.
pub(super) fn place_of(step: &StepDraft<'_>, input: Option<&str>) -> Span {
    let entry = step.with.into_iter().flatten().find(|entry| Some(entry.key.as_ref()) == input);
    entry.map_or(step.id_span, |entry| entry.value.span)
}

/// What makes a step wait for another one: an entry of `needs`, or a value that refers to it.
pub(super) fn of_wait(step: &StepDraft<'_>, before: &str) -> Span {
    let need = step.needs.iter().find(|need| need.value == before).map(|need| need.span);
    let mut values = step.with.into_iter().flatten().map(|entry| &entry.value).chain(step.when);
    need.or_else(|| values.find_map(|value| mention(value, before))).unwrap_or(step.id_span)
}

/// The value within `node` in which a step is named.
fn mention(node: &Node<'_>, step: &str) -> Option<Span> {
    match &node.data {
        Data::Scalar { text, .. } => {
            let is_named =
                |reference: String| text.match_indices(&reference).any(|(at, _)| ends(text, at + reference.len()));
            (text.as_ref() == step || is_named(format!("steps.{step}"))).then_some(node.span)
        }
        Data::List(items) => items.iter().find_map(|item| mention(item, step)),
        Data::Map(entries) => entries.iter().find_map(|entry| mention(&entry.value, step)),
        Data::Broken => None,
    }
}

/// Whether no name goes on at this byte.
fn ends(text: &str, at: usize) -> bool {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    next.is_none_or(|next| !next.is_ascii_alphanumeric() && next != '_')
}

/// The places to look at where evidence is missing: the step that comes nearest to yielding it, or else the path.
pub(super) fn of_escape(draft: &Draft<'_>, plan: &Plan, escape: &Escape, found: &mut Collector) {
    let step = |index: usize| draft.steps.get(index);
    let proof = escape.proof.name();
    if let Some((index, reason)) = escape.nearly
        && let Some(near) = step(index)
    {
        let subject = plan.steps.get(index).and_then(|step| step.kind.subject);
        let (place, label) = match reason {
            Reason::OtherSubject => {
                let beside = near.effect.provide.as_ref().map(|provide| provide.subject.span);
                let place = beside.unwrap_or_else(|| place_of(near, subject));
                (place, format!("`{proof}` is about this subject"))
            }
            Reason::NotBefore => (near.id_span, format!("yields `{proof}`, and may run later")),
            Reason::MayBeSkipped => {
                let when = near.when.map_or(near.id_span, |when| when.span);
                (when, format!("`{proof}` is missing where this is false"))
            }
        };
        found.also(place, label);
    } else if let [first, .., _] = escape.path.as_slice() {
        found.also(step(*first).map(|first| first.id_span), "the path begins here");
    }
}
