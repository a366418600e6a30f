//! Places within a scalar.

use crate::runbook::source::Span;
use crate::runbook::yaml::{Data, Node};
use std::ops::Range;

/// Where a part of a scalar's text stands in the file. Escapes and folded lines move it; then the same words are
/// looked for in the source, and failing that it is the whole scalar.
pub(super) fn place(text: &str, node: &Node<'_>, at: Range<usize>) -> Span {
    let Data::Scalar { text: decoded, .. } = &node.data else { return node.span };
    let source = node.span.of(text);
    let lead = usize::from(source.starts_with(['"', '\'']));
    let start = node.span.from();
    if source.get(lead..).is_some_and(|inner| inner.starts_with(decoded.as_ref())) {
        return Span::new(start + lead + at.start, start + lead + at.end.max(at.start + 1));
    }
    let words = decoded.get(at).unwrap_or_default();
    match source.find(words).filter(|_| !words.is_empty()) {
        Some(found) => Span::new(start + found, start + found + words.len()),
        None => node.span,
    }
}
