//! Inputs as a runbook declares them, and a file of inputs: a map from names to values, each read as the type that is
//! declared.

use super::codes::Code;
use super::decode::{self, Near};
use super::diagnostic::{Collector, Diagnostics};
use super::files::{Options, Read};
use super::given::as_given;
use super::kind::Catalog;
use super::patterns::Patterns;
use super::plain::data;
use super::plan::InputDecl;
use super::yaml::{self, Data, Entry};
use crate::base::Map;

/// The inputs that a runbook declares, as far as it can be read; its mistakes are told where it is compiled.
pub fn declared(catalog: Catalog, bytes: &[u8]) -> Vec<InputDecl> {
    let mut found = Collector::default();
    let files = Read::new(Options::from(catalog).files);
    let near = Near { files: &files, name: "" };
    let root = yaml::decode(bytes, &mut found).and_then(|text| yaml::parse(text, &mut found));
    root.map(|root| decode::inputs(&root, catalog, near, &mut Patterns::new(), &mut found)).unwrap_or_default()
}

/// The inputs that a file in YAML or JSON holds; one that is null there is not given. `name` is what messages call it.
pub fn read_inputs(name: &str, bytes: &[u8], declared: &[InputDecl]) -> Result<Map, Diagnostics> {
    let mut found = Collector::default();
    let Some(text) = yaml::decode(bytes, &mut found) else { return Err(found.finish(name, "")) };
    let Some(root) = yaml::parse(text, &mut found) else {
        let told = found.finish(name, text);
        // A file with comments alone gives nothing.
        return if told.iter().all(|mistake| mistake.code == Code::Empty) { Ok(Map::new()) } else { Err(told) };
    };
    if let Data::Map(entries) = &root.data
        && found.is_empty()
    {
        let value = |entry: &Entry<'_>| match declared.iter().find(|decl| decl.name == entry.key) {
            Some(decl) if decl.ty.has_items() => as_given(&entry.value, decl.of),
            _ => as_given(&entry.value, None),
        };
        return Ok(entries.iter().map(|entry| (entry.key.to_string(), value(entry))).collect());
    }
    if found.is_empty() {
        if data(&root).is_null() {
            return Ok(Map::new());
        }
        found.add(Code::WrongType, root.span, "this is no map of inputs").hint("write one `name: value` a line");
    }
    Err(found.finish(name, text))
}
