//! `surefoot test`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, TestRequest};
use crate::report;
use std::path::PathBuf;

/// Play the cases of test files against a twin
///
/// Each case is a run in a simulated world, with what the operator answers and what goes wrong written out; its end,
/// outputs and effects are compared with what is expected. Contacts no service and runs no program.
///
/// Exits with 1 if a case fails, and with 3 if a test file or its runbook is not valid.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot test runbooks/switch-traffic.test.yaml\n  \
                        surefoot test runbooks/*.test.yaml -k confirm --junit report.xml")]
pub(in crate::cli) struct TestArgs {
    /// Test files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Play only the cases with this text in their names
    #[arg(short = 'k', long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write a report in the format of `JUnit` to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) fn test(args: TestArgs, ui: &Ui) -> Result<u8, CliError> {
    let request = TestRequest { files: args.files, filter: args.filter, junit: args.junit };
    let page = ops::test(&request)?.map_err(CliError::Diagnostics)?;
    ui.show(|style| report::tested(&page, style), || report::json::tested(&page));
    Ok(if page.counts().1 == 0 { exit::DONE } else { exit::FAILED })
}
