//! `surefoot fmt`.

use crate::base::escape;
use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use serde_json::json;
use std::path::PathBuf;

/// Lay out runbooks in one way
///
/// Changes indentation, quotes, spaces and blank lines. Keeps values, comments and where lists are broken into lines.
/// Prints the name of each file that it changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot fmt runbooks/migrate-to-vdc.yaml\n  \
                        surefoot fmt --check runbooks/migrate-to-vdc.yaml")]
pub(in crate::cli) struct FmtArgs {
    /// Runbooks to lay out
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing; exit with 3 if a file would change
    #[arg(long)]
    check: bool,
}

pub(super) fn fmt(args: &FmtArgs, ui: &Ui) -> Result<u8, CliError> {
    let style = ui.printer.err_style();
    let mut code = exit::DONE;
    let mut files = Vec::new();
    for path in &args.files {
        let file = path.display().to_string();
        match ops::format(path, !args.check)? {
            Ok(differs) => {
                if differs && args.check {
                    code = exit::RUNBOOK;
                }
                if differs && ui.output == Output::Text {
                    ui.printer.data(&escape(&file));
                }
                files.push(json!({"file": file, "ok": true, "changed": differs && !args.check, "differs": differs}));
            }
            Err(diagnostics) => {
                code = exit::RUNBOOK;
                ui.printer.note(&diagnostics.render_within(style.colour, style.columns));
                files.push(json!({"file": file, "ok": false, "diagnostics": diagnostics.to_json()}));
            }
        }
    }
    if ui.output == Output::Json {
        ui.printer.json(&json!({"schema": "surefoot.fmt.v1", "files": files}));
    }
    Ok(code)
}
