//! `surefoot run`.

use super::output::ended;
use crate::cli::common::{InputArgs, TimingArgs, WindowArg};
use crate::cli::failure::CliError;
use crate::cli::frontend::frontend;
use crate::cli::inputs::given;
use crate::cli::runtime::block_on;
use crate::cli::twin_args::TwinArgs;
use crate::cli::ui::Ui;
use crate::ops::{self, Extent, RunRequest};
use std::path::PathBuf;

/// Run a runbook
///
/// Each step is recorded before it starts. If the process or the machine dies, `surefoot resume` continues the run
/// where it stopped. Questions are asked on the terminal; without a terminal the run waits for `surefoot answer`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot run runbooks/migrate-to-vdc.yaml --twin\n  \
                        surefoot run runbooks/migrate-to-vdc.yaml --inputs change-4711.yaml -i bucket=dumps")]
pub(in crate::cli) struct RunArgs {
    /// Runbook file
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    window: WindowArg,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    extent: ExtentArgs,
    #[command(flatten)]
    twin: TwinArgs,
}

/// How much of the runbook is done.
#[derive(clap::Args, Clone, Debug)]
struct ExtentArgs {
    /// Pause once STEP and what it needs are done; exit 4
    ///
    /// `surefoot resume` does the rest.
    #[arg(long, value_name = "STEP", conflicts_with = "only_reads")]
    until: Option<String>,
    /// Do only what changes nothing and asks nobody; exit 4
    ///
    /// `surefoot resume` does the rest.
    #[arg(long)]
    only_reads: bool,
}

impl ExtentArgs {
    fn extent(self) -> Extent {
        match self.until {
            Some(step) => Extent::Until(step),
            None if self.only_reads => Extent::OnlyReads,
            None => Extent::Whole,
        }
    }
}

pub(super) fn run(args: RunArgs, ui: &Ui) -> Result<u8, CliError> {
    let twin = args.twin.choice()?;
    let inputs = given(args.inputs, &args.runbook, twin.as_ref(), ui)?;
    let request = RunRequest {
        runbook: args.runbook.into(),
        inputs,
        paths: ui.paths.clone(),
        twin,
        ask: args.twin.ask,
        window: args.window.window,
        timing: args.timing.timing(),
        extent: args.extent.extent(),
    };
    let done = block_on(async {
        let (frontend, board) = frontend(ui, ui.options(false));
        let done = ops::run(request, frontend).await;
        board.close();
        done
    })??;
    Ok(ended(done, ui))
}
