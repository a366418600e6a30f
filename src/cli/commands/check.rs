//! `surefoot check`.

use crate::base::escape;
use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report::json::sarif;
use crate::report::{Diagnostics, count};
use serde_json::json;
use std::path::PathBuf;

/// Check runbooks and print every mistake
///
/// Runs nothing and contacts no service. Needs no inputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot check runbooks/migrate-to-vdc.yaml\n  \
                        surefoot check runbooks/migrate-to-vdc.yaml --output sarif > check.sarif")]
pub(in crate::cli) struct CheckArgs {
    /// Runbooks to check
    #[arg(required = true, value_name = "RUNBOOK")]
    runbooks: Vec<PathBuf>,
}

pub(super) fn check(args: &CheckArgs, ui: &Ui) -> Result<u8, CliError> {
    let style = ui.printer.err_style();
    let mut code = exit::DONE;
    let mut files = Vec::new();
    let mut found = Vec::new();
    for path in &args.runbooks {
        let file = path.display().to_string();
        match ops::check(path)? {
            Ok(plan) => {
                let steps = plan.steps_planned();
                let warnings = plan.warnings;
                if let Some(warnings) = warnings.as_ref().filter(|_| !ui.quiet) {
                    ui.printer.note(&warnings.render_within(style.colour, style.columns));
                }
                let (name, version) = (&plan.name, &plan.version);
                if ui.output == Output::Text && !ui.quiet {
                    let (file, version) = (escape(&file), escape(version));
                    ui.printer.data(&format!("{file}: ok, {name} {version}, {}", count(steps, "step")));
                }
                let told = warnings.as_ref().map_or_else(|| json!([]), Diagnostics::to_json);
                files.push(json!({
                    "file": file, "ok": true, "name": name, "version": version, "steps": steps, "warnings": told,
                }));
                found.extend(warnings);
            }
            Err(diagnostics) => {
                code = exit::RUNBOOK;
                ui.printer.note(&diagnostics.render_within(style.colour, style.columns));
                files.push(json!({"file": file, "ok": false, "diagnostics": diagnostics.to_json()}));
                found.push(diagnostics);
            }
        }
    }
    match ui.output {
        _ if ui.is_sarif => ui.printer.json(&sarif(&found.iter().collect::<Vec<_>>())),
        Output::Text => {}
        _ => ui.printer.json(&json!({"schema": "surefoot.check.v1", "files": files})),
    }
    Ok(code)
}
