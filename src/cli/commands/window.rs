//! `surefoot window`.

use crate::base::Timestamp;
use crate::cli::common::{InputArgs, WindowArg};
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, GivenInputs, WindowRequest};
use crate::report;
use std::path::PathBuf;

/// List the coming change windows of a runbook, in local time and UTC
///
/// Freezes are left out. With `--window`, a window is listed only while both are open. Inputs are needed only for what
/// rehearsals say: how long the irreversible steps take.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot window runbooks/nightly.yaml --next 5")]
pub(in crate::cli) struct WindowArgs {
    /// Runbook file
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    window: WindowArg,
    /// Number of windows to list
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    next: u16,
    /// List those from this moment on [default: now], for example 2026-01-31T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
}

pub(super) fn window(args: WindowArgs, ui: &Ui) -> Result<u8, CliError> {
    let request = WindowRequest {
        runbook: args.runbook,
        inputs: GivenInputs { pairs: args.inputs.input, files: args.inputs.inputs },
        window: args.window.window,
        from: args.from,
        next: args.next.into(),
    };
    let page = ops::window(&request, &ui.paths)??;
    ui.show(|style| report::window(&page, style), || report::json::window(&page));
    Ok(exit::DONE)
}

fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write it like 2026-01-31T22:00:00Z".to_owned())
}
