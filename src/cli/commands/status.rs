//! `surefoot status`.

use super::output::print_status;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;

/// Show the state of a run: its steps, what it waits for, what to run next
///
/// If a request was in flight, shows what was sent, what is known about it, and what happens next. Without RUN, shows
/// the unfinished run with the most recent activity, or else the last closed one. Only reads; a running process is
/// not disturbed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot status --output json | jq -r .state")]
pub(in crate::cli) struct StatusArgs {
    /// Run to show
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

pub(super) fn status(args: &StatusArgs, ui: &Ui) -> Result<u8, CliError> {
    Ok(print_status(&ops::status(&ui.paths, args.run.as_deref())?, ui))
}
