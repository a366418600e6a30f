//! `surefoot schema`.

use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::ops::catalog;
use crate::report;

/// Print the JSON Schema of runbooks, for editors
///
/// With it an editor completes keys, kinds and inputs, describes each, and underlines what does not
/// fit. Editors that use yaml-language-server find it by the first line of a runbook,
/// `# yaml-language-server: $schema=runbook.schema.json`.
///
/// `surefoot check` finds more: names, references, types of expressions, and evidence.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = "Example: surefoot schema > runbook.schema.json")]
pub(in crate::cli) struct SchemaArgs {}

pub(super) fn schema(_args: &SchemaArgs, ui: &Ui) -> u8 {
    ui.printer.json(&report::json::schema(catalog()));
    exit::DONE
}
