//! `surefoot check`.

use crate::base::escape;
use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report::{Diagnostics, count};
use serde_json::json;
use std::path::PathBuf;

/// Check runbooks and print every mistake
///
/// Runs nothing and contacts no service. Needs no inputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot check runbooks/migrate-to-vdc.yaml")]
pub(in crate::cli) struct CheckArgs {
    /// Runbooks to check
    #[arg(required = true, value_name = "RUNBOOK")]
    runbooks: Vec<PathBuf>,
}

pub(super) fn check(args: &CheckArgs, ui: &Ui) -> Result<u8, CliError> {
    let style = ui.printer.err_style();
    let mut code = exit::DONE;
    let mut files = Vec::new();
    for path in &args.runbooks {
        let file = path.display().to_string();
        match ops::check(path)? {
            Ok(plan) => {
                let steps = plan.steps_planned();
                let warnings = plan.warnings.as_ref();
                if let Some(warnings) = warnings.filter(|_| !ui.quiet) {
                    ui.printer.note(&warnings.render_within(style.colour, style.columns));
                }
                if ui.output == Output::Text && !ui.quiet {
                    let (file, version) = (escape(&file), escape(&plan.version));
                    ui.printer.data(&format!("{file}: ok, {} {version}, {}", plan.name, count(steps, "step")));
                }
                let warnings = warnings.map_or_else(|| json!([]), Diagnostics::to_json);
                let (name, version) = (&plan.name, &plan.version);
                files.push(json!({
                    "file": file, "ok": true, "name": name, "version": version, "steps": steps, "warnings": warnings,
                }));
            }
            Err(diagnostics) => {
                code = exit::RUNBOOK;
                ui.printer.note(&diagnostics.render_within(style.colour, style.columns));
                files.push(json!({"file": file, "ok": false, "diagnostics": diagnostics.to_json()}));
            }
        }
    }
    if ui.output == Output::Json {
        ui.printer.json(&json!({"schema": "surefoot.check.v1", "files": files}));
    }
    Ok(code)
}
