//! `surefoot resume`.

use super::output::ended;
use crate::cli::common::TimingArgs;
use crate::cli::failure::CliError;
use crate::cli::frontend::frontend;
use crate::cli::runtime::block_on;
use crate::cli::ui::Ui;
use crate::ops::{self, Change};

/// Continue a run where it stopped
///
/// Without RUN, continues the only unfinished run. If the outcome of a request is unknown, looks it up first; never
/// sends an irreversible request twice. A run against a twin remembers its twin.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  surefoot resume\n  surefoot resume 20260131-220000-1f2e3d --set recreate.memory=16GB"
)]
pub(in crate::cli) struct ResumeArgs {
    /// Run to continue
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Change an input of a held step; repeatable. `surefoot kinds KIND` lists what can change
    #[arg(long, value_name = "STEP.FIELD=VALUE", value_parser = change)]
    set: Vec<Change>,
    /// With a twin, ask on the terminal instead of answering from a script
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    timing: TimingArgs,
}

pub(super) fn resume(args: &ResumeArgs, ui: &Ui) -> Result<u8, CliError> {
    let timing = args.timing.clone().timing();
    let done = block_on(async {
        let (frontend, board) = frontend(ui, ui.options(true));
        let done = ops::resume(&ui.paths, args.run.as_deref(), &args.set, args.ask, &timing, frontend).await;
        board.close();
        done
    })??;
    Ok(ended(done, ui))
}

fn change(text: &str) -> Result<Change, String> {
    let parts =
        text.split_once('=').and_then(|(paths, value)| paths.split_once('.').map(|(step, field)| (step, field, value)));
    match parts {
        Some((step, field, value)) if !step.is_empty() && !field.is_empty() => {
            Ok(Change { step: step.to_owned(), field: field.to_owned(), value: value.to_owned() })
        }
        _ => Err("write it as STEP.FIELD=VALUE".to_owned()),
    }
}
