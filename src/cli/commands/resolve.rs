//! `surefoot resolve`.

use super::output::recorded;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use clap::ValueEnum;

/// Record whether a request with an unknown outcome took effect
///
/// Check first, in the console or with somebody who has access. Your verdict is recorded with your account and your
/// reason; it decides whether the request is sent again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  surefoot resolve RUN recreate not-applied --because \"not in the console, 22:14\"")]
pub(in crate::cli) struct ResolveArgs {
    /// Run
    #[arg(value_name = "RUN")]
    run: String,
    /// Step in doubt
    #[arg(value_name = "STEP")]
    step: String,
    /// Whether the request took effect
    #[arg(value_name = "VERDICT")]
    verdict: Verdict,
    /// How you know; auditors read this
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// Whether an effect took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Verdict {
    /// It took effect
    Applied,
    /// It did not, and it never will
    NotApplied,
}

pub(super) fn resolve(args: &ResolveArgs, ui: &Ui) -> Result<u8, CliError> {
    let applied = args.verdict == Verdict::Applied;
    let status = ops::resolve(&ui.paths, &args.run, &args.step, applied, &args.because)?;
    let verdict = if applied { "applied" } else { "not applied" };
    Ok(recorded(&format!("`{}` is resolved as {verdict}", args.step), &status, ui))
}
