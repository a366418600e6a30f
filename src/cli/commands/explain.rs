//! `surefoot explain`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{Failure, FailureKind};
use crate::report;
use serde_json::json;

/// Explain a diagnostic code: what is wrong, an example, how to fix it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot explain SF024")]
pub(in crate::cli) struct ExplainArgs {
    /// Code, such as SF024
    #[arg(value_name = "CODE")]
    code: String,
}

pub(super) fn explain(args: &ExplainArgs, ui: &Ui) -> Result<u8, CliError> {
    let page = report::explain(&args.code).ok_or_else(|| {
        Failure::new(FailureKind::Usage, format!("there is no code `{}`", args.code))
            .hint("codes look like SF024; `surefoot check RUNBOOK` prints them")
    })?;
    let code = args.code.to_uppercase();
    ui.show(|_| page.to_owned(), || json!({"schema": "surefoot.explain.v1", "code": code, "page": page}));
    Ok(exit::DONE)
}
