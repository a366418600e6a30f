//! `surefoot pause`.

use super::output::recorded;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;

/// Stop a run before its next step until `surefoot resume`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PauseArgs {
    /// Run to pause
    #[arg(value_name = "RUN")]
    run: String,
}

pub(super) fn pause(args: &PauseArgs, ui: &Ui) -> Result<u8, CliError> {
    let status = ops::pause(&ui.paths, &args.run)?;
    Ok(recorded("the run is paused", &status, ui))
}
