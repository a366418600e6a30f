//! `surefoot answer`.

use super::told::recorded;
use crate::cli::failure::Trouble;
use crate::cli::ui::Ui;
use crate::ops;

/// Answer the question of a step
///
/// The answer is recorded with your account; `surefoot resume` then goes on. `surefoot status` shows the question. What
/// cannot be taken back is never confirmed by a flag: its text is typed out here or on the terminal.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  surefoot answer RUN writers_stopped done --note \"change 4711, on call: Ana\"\n  \
                        surefoot answer RUN confirm orders-prod\n  surefoot answer RUN export ~/Downloads/orders.backup"
)]
pub(in crate::cli) struct AnswerArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// The step
    #[arg(value_name = "STEP")]
    step: String,
    /// The text that was asked for; may be left out where something only has to be done
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Record a note beside it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

pub(super) fn answer(args: &AnswerArgs, ui: &Ui) -> Result<u8, Trouble> {
    let status = ops::answer(&ui.place, &args.run, &args.step, args.text.as_deref(), &args.note)?;
    Ok(recorded(&format!("the answer to `{}` is recorded", args.step), &status, ui))
}
