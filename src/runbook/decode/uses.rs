//! The kind that a step or a probe uses.

use super::fields::Reader;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::kind::Kind;
use crate::runbook::suggest::did_you_mean;
use crate::runbook::yaml::Node;

/// The kind that is named here; one that is not there is reported.
pub(super) fn kind_named(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<&'static Kind> {
    let name = reader.text(node, "`uses`")?;
    let kind = reader.catalog.find(&name).filter(|kind| !kind.is_internal());
    if kind.is_none() {
        let hint = did_you_mean(&name, reader.catalog.iter().map(|kind| kind.name))
            .unwrap_or_else(|| "`surefoot kinds` lists them".to_owned());
        reader.found.add(Code::UnknownKind, node.span, format!("there is no step kind `{}`", escape(&name))).hint(hint);
    }
    kind
}
