//! `surefoot graph`.

use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, Failure, FailureKind};
use crate::report;
use clap::ValueEnum;
use std::path::Path;

/// Draw the steps of a runbook or a run as a graph
///
/// Shows what waits for what, which evidence an irreversible step rests on, the point of no return, and for a run the
/// state of each step.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot graph runbooks/migrate-to-vdc.yaml\n  \
                        surefoot graph runbooks/migrate-to-vdc.yaml --format svg > migrate.svg\n  \
                        surefoot graph runbooks/migrate-to-vdc.yaml --format dot | dot -Tpdf > migrate.pdf")]
pub(in crate::cli) struct GraphArgs {
    /// Runbook file, or run
    #[arg(value_name = "RUNBOOK|RUN")]
    subject: String,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Draw the steps of a `for_each` or of another runbook as one
    #[arg(long)]
    fold: bool,
}

/// The forms of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for a terminal
    Text,
    /// A picture that stands alone, light or dark as the screen is
    Svg,
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid, for Markdown pages
    Mermaid,
}

pub(super) fn graph(args: &GraphArgs, ui: &Ui) -> Result<u8, CliError> {
    let (plan, view) = if is_runbook(&args.subject) {
        (ops::check(Path::new(&args.subject))??, None)
    } else {
        let status = ops::status(&ui.paths, Some(&args.subject))?;
        ((*status.plan).clone(), Some(status.view))
    };
    if ui.output == Output::Json {
        ui.printer.json(&report::json::plan(&plan));
        return Ok(exit::DONE);
    }
    let view = view.as_ref();
    if args.format != Format::Text {
        legible(&plan.name, report::picture_size(&plan, args.fold))?;
    }
    match args.format {
        Format::Text => ui.printer.data(&report::graph(&plan, view, args.fold, ui.printer.out_style())),
        Format::Svg => ui.printer.file(&report::svg(&plan, view, args.fold)),
        Format::Dot => ui.printer.file(&report::dot(&plan, view, args.fold)),
        Format::Mermaid => ui.printer.file(&report::mermaid(&plan, view, args.fold)),
    }
    Ok(exit::DONE)
}

/// Refuses what no picture can show.
fn legible(name: &str, steps: usize) -> Result<(), CliError> {
    if steps <= report::PICTURE_MAX {
        return Ok(());
    }
    let message = format!("`{name}` has {steps} steps, and a picture shows at most {}", report::PICTURE_MAX);
    Err(Failure::new(FailureKind::Usage, message)
        .hint("`--fold` draws the steps of a `for_each` as one, and `--format text` lists all of them")
        .into())
}

/// A run's id is never a file's name, and has no extension.
fn is_runbook(subject: &str) -> bool {
    let path = Path::new(subject);
    path.is_file() || path.extension().is_some() || subject.contains('/')
}
