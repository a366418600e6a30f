//! `surefoot cancel`.

use super::told::recorded;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report;

/// Give a run up before its point of no return
///
/// Nothing is sent any more but what secures a password or removes an instance of this run that nobody can use. What
/// was made stays, and is listed with what removes it; `surefoot status` names it before. After the point of no return
/// there is only forward: `surefoot pause` and `surefoot resume`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CancelArgs {
    /// The run
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
