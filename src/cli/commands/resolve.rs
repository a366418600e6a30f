//! `surefoot resolve`.

use super::told::recorded;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use clap::ValueEnum;

/// Record the outcome of an effect whose answer was lost
///
/// Look yourself first, in the console or with somebody who can. What you say is recorded with your account and your
/// reason, and decides whether the effect is sent again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  surefoot resolve RUN recreate not-applied --because \"not in the console, 22:14\"")]
pub(in crate::cli) struct ResolveArgs {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// The step
    #[arg(value_name = "STEP")]
    step: String,
    /// Whether the effect took place
    #[arg(value_name = "VERDICT")]
    verdict: Verdict,
    /// How you know; an auditor will read it
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Whether an effect took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Verdict {
    /// It took place.
    Applied,
    /// It did not, and never will.
    NotApplied,
}

pub(super) fn resolve(args: &ResolveArgs, ui: &Ui) -> Result<u8, CliError> {
    let applied = args.verdict == Verdict::Applied;
    let status = ops::resolve(&ui.paths, &args.run, &args.step, applied, &args.because)?;
    let verdict = if applied { "applied" } else { "not applied" };
    Ok(recorded(&format!("`{}` is resolved as {verdict}", args.step), &status, ui))
}
