//! `surefoot run`.

use super::output::ended;
use crate::cli::common::InputArgs;
use crate::cli::failure::CliError;
use crate::cli::frontend::frontend;
use crate::cli::inputs::given;
use crate::cli::runtime::block_on;
use crate::cli::ui::Ui;
use crate::ops::{self, EMBEDDED_SEED, EMBEDDED_SPEED, Failure, FailureKind, RunRequest, SPEED_MAX, TwinChoice};
use std::convert::Infallible;
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
    /// Run against a twin: in this process, or the one that wrote its ready line to FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_parser = twin_at)]
    twin: Option<TwinAt>,
    /// With a twin, ask on the terminal instead of answering from a script
    #[arg(long, requires = "twin")]
    ask: bool,
    /// Speed of the twin's clock [default: 600]
    #[arg(long, value_name = "X", requires = "twin")]
    speed: Option<f64>,
    /// Seed of the twin's world
    #[arg(long, value_name = "N", requires = "twin")]
    seed: Option<u64>,
    /// Start the twin from this scenario
    #[arg(long, value_name = "FILE", requires = "twin")]
    scenario: Option<PathBuf>,
}

/// Where the twin is.
#[derive(Clone, Debug)]
enum TwinAt {
    /// In this process.
    Embedded,
    /// Where the ready line in this file says.
    File(PathBuf),
}

pub(super) fn run(args: RunArgs, ui: &Ui) -> Result<u8, CliError> {
    let twin = twin(&args)?;
    let inputs = given(args.inputs, &args.runbook, twin.as_ref(), ui)?;
    let request = RunRequest { runbook: args.runbook, inputs, paths: ui.paths.clone(), twin, ask: args.ask };
    let done = block_on(async {
        let (frontend, board) = frontend(ui, ui.options(false));
        let done = ops::run(request, frontend).await;
        board.close();
        done
    })??;
    Ok(ended(done, ui))
}

fn twin(args: &RunArgs) -> Result<Option<TwinChoice>, Failure> {
    match &args.twin {
        None => Ok(None),
        Some(TwinAt::Embedded) => {
            let speed = args.speed.unwrap_or(EMBEDDED_SPEED);
            if !(speed > 0.0 && speed <= SPEED_MAX) {
                return Err(Failure::new(
                    FailureKind::Usage,
                    format!("`--speed` must be a number above 0, up to {SPEED_MAX}"),
                ));
            }
            let scenario = args.scenario.clone();
            Ok(Some(TwinChoice::Embedded { speed, seed: args.seed.unwrap_or(EMBEDDED_SEED), scenario }))
        }
        Some(TwinAt::File(_)) if args.speed.is_some() || args.seed.is_some() || args.scenario.is_some() => {
            Err(Failure::new(FailureKind::Usage, "a running twin has its own speed, seed and scenario")
                .hint("pass them to `surefoot twin`, or use `--twin` without a file"))
        }
        Some(TwinAt::File(file)) => Ok(Some(TwinChoice::Running(file.clone()))),
    }
}

/// Reads the value of `--twin`; an empty one means a twin in this process.
#[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
fn twin_at(text: &str) -> Result<TwinAt, Infallible> {
    Ok(if text.is_empty() { TwinAt::Embedded } else { TwinAt::File(PathBuf::from(text)) })
}
