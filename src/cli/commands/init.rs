//! `surefoot init`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report::quoted_path;
use serde_json::json;
use std::path::PathBuf;

/// Write a first runbook, with a comment on every part
///
/// The new runbook passes `surefoot check` and runs against a twin unchanged. An existing file is never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot init\n  surefoot init runbooks/nightly-copy.yaml")]
pub(in crate::cli) struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "runbook.yaml")]
    file: PathBuf,
}

pub(super) fn init(args: &InitArgs, ui: &Ui) -> Result<u8, CliError> {
    ops::init(&args.file)?;
    let file = args.file.to_string_lossy();
    let name = quoted_path(&file);
    let next = [
        (format!("surefoot check {name}"), "checks it and prints every mistake"),
        (format!("surefoot run {name} --twin"), "runs it against a twin; it needs no account"),
        ("surefoot help language".to_owned(), "describes the language of runbooks"),
    ];
    ui.show(
        |_| {
            let lines = next.iter().map(|(command, why)| format!("  {command}\n      {why}"));
            let lines = lines.collect::<Vec<_>>().join("\n");
            format!("created {file}\n\nNext\n{lines}")
        },
        || {
            let next = next.iter().map(|(command, why)| json!({"command": command, "why": why}));
            json!({"schema": "surefoot.init.v1", "file": file, "next": next.collect::<Vec<_>>()})
        },
    );
    Ok(exit::DONE)
}
