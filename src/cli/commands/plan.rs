//! `surefoot plan`.

use crate::cli::common::{InputArgs, WindowArg};
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::inputs::given;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report;
use std::path::PathBuf;

/// Show what a run would do, in order, and where its point of no return is
///
/// Runs nothing and contacts no service.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: surefoot plan runbooks/migrate-to-vdc.yaml -i instance_id=2f49c2b3 --inputs change.yaml"
)]
pub(in crate::cli) struct PlanArgs {
    /// Runbook file
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    window: WindowArg,
}

pub(super) fn plan(args: PlanArgs, ui: &Ui) -> Result<u8, CliError> {
    let inputs = given(args.inputs, &args.runbook, None, ui)?;
    let plan = ops::plan(&args.runbook, &inputs, args.window.window.as_deref())??;
    if let Some(warnings) = &plan.warnings {
        let style = ui.printer.err_style();
        ui.say(&warnings.render_within(style.colour, style.columns));
    }
    ui.show(|style| report::plan(&plan, style), || report::json::plan(&plan));
    Ok(exit::DONE)
}
