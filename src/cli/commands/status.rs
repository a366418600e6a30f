//! `surefoot status`.

use super::told::stands;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;

/// Show how a run stands: its steps, what it waits for, what to type next
///
/// Without RUN the unfinished run that was worked on last is shown; where all are closed, the last of them. The
/// journal is read only; a run in work is not disturbed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot status --output json | jq -r .stands")]
pub(in crate::cli) struct StatusArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

pub(super) fn status(args: &StatusArgs, ui: &Ui) -> Result<u8, CliError> {
    Ok(stands(&ops::status(&ui.paths, args.run.as_deref())?, ui))
}
