//! `surefoot cancel`.

use super::told::recorded;
use crate::cli::failure::Trouble;
use crate::cli::ui::Ui;
use crate::ops;

/// Give a run up before its point of no return
///
/// After it there is only forward: `surefoot pause` and `surefoot resume`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CancelArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
}

pub(super) fn cancel(args: &CancelArgs, ui: &Ui) -> Result<u8, Trouble> {
    let status = ops::cancel(&ui.place, &args.run)?;
    Ok(recorded("cancelling is recorded", &status, ui))
}
