//! The second stage: the tree of nodes to a [`Draft`]. Keys, types and the form of names are checked here.

mod declarations;
mod effects;
mod fields;
mod for_each;
pub(super) mod keys;
mod retry;
mod secrets;
pub(super) mod steps;
mod uses;
mod window;

use super::diagnostic::Collector;
use super::draft::Draft;
use super::kind::Catalog;
use super::patterns::Patterns;
use super::plan::InputDecl;
use super::yaml::{Data, Entry, Node};
pub(super) use fields::Near;
use fields::Reader;

/// The inputs that a file declares; what is wrong with them was reported.
pub(super) fn inputs(
    root: &Node<'_>,
    catalog: Catalog,
    near: Near<'_>,
    patterns: &mut Patterns,
    found: &mut Collector,
) -> Vec<InputDecl> {
    let mut reader = Reader { catalog, found, patterns, near };
    let Data::Map(entries) = &root.data else { return Vec::new() };
    let Some(Entry { value, .. }) = entries.iter().find(|entry| entry.key == "inputs") else { return Vec::new() };
    let Data::Map(inputs) = &value.data else { return Vec::new() };
    inputs.iter().filter_map(|entry| Some(declarations::input(&mut reader, entry)?.value)).collect()
}

/// The draft of a file; what is wrong was reported and left out.
pub(super) fn decode<'t>(
    root: &'t Node<'t>,
    catalog: Catalog,
    near: Near<'_>,
    patterns: &mut Patterns,
    found: &mut Collector,
) -> Draft<'t> {
    let mut reader = Reader { catalog, found, patterns, near };
    let mut draft = Draft::default();
    let Some(fields) = reader.fields(root, "a runbook", keys::RUNBOOK, keys::RUNBOOK_LATER) else { return draft };
    let at = root.span;
    if let Some(node) = reader.need(fields, "runbook", at, "a runbook begins with `runbook: its-name`") {
        draft.name = reader.name(node, "the name of the runbook").unwrap_or_default();
    }
    if let Some(node) = reader.need(fields, "version", at, "say which version this is, `version: 1.0.0`") {
        draft.version = reader.text(node, "the version").unwrap_or_default();
    }
    draft.description = fields.text(&mut reader, "description");
    for entry in fields.entries(&mut reader, "inputs").unwrap_or_default() {
        draft.inputs.extend(declarations::input(&mut reader, entry));
    }
    for entry in fields.entries(&mut reader, "secrets").unwrap_or_default() {
        draft.secrets.extend(secrets::secret(&mut reader, entry));
    }
    if let Some(node) = fields.get("defaults") {
        draft.defaults = declarations::defaults(&mut reader, node);
    }
    if let Some(node) = fields.get("discover") {
        draft.discover = steps::all(&mut reader, node, "`discover`");
    }
    if let Some(node) = fields.get("window").filter(|_| !near.files.knows_window(near.name)) {
        window::window(&mut reader, node);
    }
    if let Some(node) = reader.need(fields, "steps", at, "a runbook has steps") {
        draft.steps = steps::all(&mut reader, node, "`steps`");
    }
    draft.outputs = fields.entries(&mut reader, "outputs").unwrap_or_default();
    for entry in draft.outputs {
        reader.identifier(&entry.key, entry.key_span, "an output");
    }
    draft
}

/// Takes in the window of a file of its own, which has the keys of `window`.
pub(super) fn decode_window(root: &Node<'_>, catalog: Catalog, near: Near<'_>, found: &mut Collector) {
    let mut reader = Reader { catalog, found, patterns: &mut Patterns::new(), near };
    window::window(&mut reader, root);
}
