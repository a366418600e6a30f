//! `for_each`.

use super::fields::Reader;
use super::keys::FOR_EACH;
use crate::runbook::codes::Code;
use crate::runbook::draft::{ForEachDraft, ItemsDraft, Placed};
use crate::runbook::yaml::{Data, Node};

/// A list, a template, or a map with the keys of `for_each`.
pub(super) fn for_each<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>) -> ForEachDraft<'t> {
    let short = |items| ForEachDraft { items, key: None, concurrency: None, max_failures: 0 };
    match &node.data {
        Data::Broken => return short(ItemsDraft::Unknown),
        Data::List(_) | Data::Scalar { .. } => return short(ItemsDraft::Written(node)),
        Data::Map(_) => {}
    }
    let Some(fields) = reader.fields(node, "`for_each`", FOR_EACH, &[]) else { return short(ItemsDraft::Unknown) };
    let items = match (fields.get("items"), fields.get("file")) {
        (Some(items), None) => ItemsDraft::Written(items),
        (None, Some(file)) => ItemsDraft::File(file),
        (Some(_), Some(file)) => {
            reader.found.add(Code::MissingKey, file.span, "`for_each` has both `items` and `file`");
            reader.found.hint("keep the one that is meant");
            ItemsDraft::Unknown
        }
        (None, None) => {
            reader.found.add(Code::MissingKey, node.span, "`for_each` does not say for each of what");
            reader.found.hint("write `items: [web-1, web-2]`, or `file: hosts.csv`");
            ItemsDraft::Unknown
        }
    };
    let key = fields.get("key").and_then(|node| Some(Placed { value: reader.text(node, "`key`")?, span: node.span }));
    let number = |reader: &mut Reader<'_>, name: &str, from, to| {
        let number = fields.get(name).and_then(|node| reader.integer(node, &format!("`{name}`"), from, to))?;
        usize::try_from(number).ok()
    };
    let concurrency = number(reader, "concurrency", 1, 1024);
    let max_failures = number(reader, "max_failures", 0, 100_000).unwrap_or(0);
    ForEachDraft { items, key, concurrency, max_failures }
}
