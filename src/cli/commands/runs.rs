//! `surefoot runs`.

use crate::base::Timestamp;
use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, RunLine};
use crate::report::{self, RunRow};

/// List all runs, the most recently active last
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunsArgs {}

pub(super) fn runs(_args: &RunsArgs, ui: &Ui) -> Result<u8, CliError> {
    let rows: Vec<RunRow> = ops::runs(&ui.paths)?.into_iter().map(row).collect();
    if rows.is_empty() && ui.output == Output::Text {
        ui.say(&format!("there are no runs in {}", ui.paths.state_dir.display()));
        return Ok(exit::DONE);
    }
    ui.show(|style| report::runs(&rows, style), || report::json::runs(&rows));
    Ok(exit::DONE)
}

fn row(line: RunLine) -> RunRow {
    let known = |at: Timestamp| (at != Timestamp::default()).then_some(at);
    RunRow {
        run: line.run,
        runbook: line.runbook,
        origin: line.origin,
        phase: line.phase,
        opened_at: known(line.opened_at),
        last_at: known(line.last_at),
        steps_done: line.steps_done,
        steps: line.steps,
        held_by: line.held_by,
        unreported: line.unreported,
    }
}
