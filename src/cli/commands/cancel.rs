//! `surefoot cancel`.

use super::output::recorded;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report;

/// Abandon a run before its point of no return
///
/// Sends nothing more, except to secure a password or to delete an instance of this run that nobody can use. What the
/// run created stays, and is listed with the commands that remove it; `surefoot status` shows the list beforehand.
/// Where steps have an `undo`, `surefoot resume` then undoes what was done, the last step first.
/// After the point of no return a run cannot be cancelled: use `surefoot pause` and `surefoot resume`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CancelArgs {
    /// Run to cancel
    #[arg(value_name = "RUN")]
    run: String,
}

pub(super) fn cancel(args: &CancelArgs, ui: &Ui) -> Result<u8, CliError> {
    let status = ops::cancel(&ui.paths, &args.run, |view| {
        if let Some(leaving) = report::leaving(view) {
            ui.say(&leaving);
        }
    })?;
    Ok(recorded("the run is cancelled", &status, ui))
}
