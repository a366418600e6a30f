//! Where in a file it stands that a step waits for another one.

use super::draft::StepDraft;
use super::source::Span;
use super::yaml::{Data, Node};

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
