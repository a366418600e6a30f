//! `surefoot graph`.

use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report;
use clap::ValueEnum;
use std::path::Path;

/// Draw the steps of a runbook or a run as a graph
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot graph runbooks/migrate-to-vdc.yaml")]
pub(in crate::cli) struct GraphArgs {
    /// Runbook file, or run
    #[arg(value_name = "RUNBOOK|RUN")]
    subject: String,
    /// Output format
    #[arg(long, default_value = "text")]
    format: Format,
}

/// The forms of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for a terminal.
    Text,
}

pub(super) fn graph(args: &GraphArgs, ui: &Ui) -> Result<u8, CliError> {
    let Format::Text = args.format;
    let (plan, view) = if is_runbook(&args.subject) {
        (ops::check(Path::new(&args.subject))??, None)
    } else {
        let status = ops::status(&ui.paths, Some(&args.subject))?;
        ((*status.plan).clone(), Some(status.view))
    };
    match ui.output {
        Output::Text => ui.printer.data(&report::graph(&plan, view.as_ref(), ui.printer.out_style())),
        Output::Json => ui.printer.json(&report::json::plan(&plan)),
    }
    Ok(exit::DONE)
}

/// A run's id is never a file's name, and has no extension.
fn is_runbook(subject: &str) -> bool {
    let path = Path::new(subject);
    path.is_file() || path.extension().is_some() || subject.contains('/')
}
