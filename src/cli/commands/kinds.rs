//! `surefoot kinds`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{Failure, FailureKind, catalog};
use crate::report;

/// List the step kinds, or describe one: inputs, outputs, effect, evidence, example
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct KindsArgs {
    /// Kind to describe
    #[arg(value_name = "KIND")]
    kind: Option<String>,
}

pub(super) fn kinds(args: &KindsArgs, ui: &Ui) -> Result<u8, CliError> {
    match &args.kind {
        None => ui.show(|style| report::kinds(catalog(), style), || report::json::kinds(catalog())),
        Some(name) => {
            let kind = report::find_kind(catalog(), name).map_err(|near| unknown(name, near))?;
            ui.show(|style| report::kind(kind, style), || report::json::kind(kind));
        }
    }
    Ok(exit::DONE)
}

fn unknown(name: &str, near: Option<&str>) -> Failure {
    let failure = Failure::new(FailureKind::Usage, format!("there is no step kind `{name}`"));
    match near {
        Some(near) => failure.hint(format!("did you mean `{near}`? `surefoot kinds` lists them all")),
        None => failure.hint("`surefoot kinds` lists them all"),
    }
}
