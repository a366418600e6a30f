//! `surefoot answer`.

use super::output::recorded;
use crate::cli::failure::CliError;
use crate::cli::operator::{Matter, ask};
use crate::cli::ui::Ui;
use crate::ops::{self, Failure, FailureKind, Reply};
use crate::port::{Form, OperatorError};
use crate::report::{at_console, origin};

/// Answer the question of a step
///
/// `surefoot status` shows the question. The answer is recorded with your account; then run `surefoot resume`.
///
/// An irreversible action cannot be confirmed on the command line: omit TEXT, read on the terminal (/dev/tty) what will
/// be lost, and type the answer there. Only a run against a twin accepts it as TEXT.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  surefoot answer RUN writers_stopped done --note \"change 4711, on call: Ana\"\n  \
                        surefoot answer RUN confirm\n  surefoot answer RUN export ~/Downloads/orders.backup"
)]
pub(in crate::cli) struct AnswerArgs {
    /// Run
    #[arg(value_name = "RUN")]
    run: String,
    /// Step that asks
    #[arg(value_name = "STEP")]
    step: String,
    /// Answer; if omitted, it is asked for on the terminal, unless the question only asks for `done`
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Record a note with the answer
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub(super) fn answer(args: &AnswerArgs, ui: &Ui) -> Result<u8, CliError> {
    let note = args.note.clone().unwrap_or_default();
    let reply = match &args.text {
        Some(text) => Reply { text: Some(text.clone()), note, typed: false },
        None => asked(args, note, ui)?,
    };
    let status = ops::answer(&ui.paths, &args.run, &args.step, &reply)?;
    Ok(recorded(&format!("the answer to `{}` is recorded", args.step), &status, ui))
}

/// The answer of the person at the terminal. `done` is implied by the command itself; without a terminal `ops` reports
/// what is missing.
fn asked(args: &AnswerArgs, note: String, ui: &Ui) -> Result<Reply, Failure> {
    let status = ops::status(&ui.paths, Some(&args.run))?;
    let step = status.view.steps.iter().find(|step| step.id == args.step);
    let question = step.and_then(|step| step.question.as_ref()).filter(|question| question.form != Form::Done);
    let Some(mut question) = question.cloned() else { return Ok(Reply { text: None, note, typed: false }) };
    if let Some(console) = &status.console {
        question.text =
            [question.text.clone()].into_iter().chain(at_console(console, &question)).collect::<Vec<_>>().join("\n");
    }
    let matter = Matter {
        about: origin(&status.view.origin),
        run: status.view.run.clone(),
        options: ui.options(status.audit_moved),
    };
    match ask(ui.printer.err_style(), matter, &args.step, &question) {
        Ok((text, _)) => Ok(Reply { text: Some(text), note, typed: true }),
        Err(OperatorError::Absent(_)) => Ok(Reply { text: None, note, typed: false }),
        Err(OperatorError::Declined(why)) => {
            Err(Failure::new(FailureKind::Person, format!("nothing is recorded: {why}")))
        }
    }
}
