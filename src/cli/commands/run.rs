//! `surefoot run`.

use super::told::ended;
use crate::cli::common::InputArgs;
use crate::cli::failure::CliError;
use crate::cli::frontend::frontend;
use crate::cli::runtime::block_on;
use crate::cli::ui::Ui;
use crate::ops::{
    self, EMBEDDED_SEED, EMBEDDED_SPEED, Failure, FailureKind, GivenInputs, RunRequest, SPEED_MAX, TwinChoice,
};
use std::convert::Infallible;
use std::path::PathBuf;

/// Run a runbook
///
/// Every step is recorded before it is done. Where the process dies or the machine goes down, `surefoot resume` takes
/// the run up where it stood. Questions are asked on the terminal; where there is none the run waits and `surefoot
/// answer` answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot run runbooks/migrate-to-vdc.yaml --twin\n  \
                        surefoot run runbooks/migrate-to-vdc.yaml --inputs change-4711.yaml -i bucket=dumps")]
pub(in crate::cli) struct RunArgs {
    /// The runbook
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    /// Run against a twin of the outside world: one in this process, or the one whose ready line FILE holds
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_parser = twin_at)]
    twin: Option<TwinAt>,
    /// Ask on the terminal also against a twin, instead of the scripted operator
    #[arg(long, requires = "twin")]
    ask: bool,
    /// Speed up the twin's clock by this factor, 600 by default
    #[arg(long, value_name = "X", requires = "twin")]
    speed: Option<f64>,
    /// Make the twin's world from this seed
    #[arg(long, value_name = "N", requires = "twin")]
    seed: Option<u64>,
    /// Begin the twin's world as this file says
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
    let request = RunRequest {
        runbook: args.runbook,
        inputs: GivenInputs { pairs: args.inputs.input, files: args.inputs.inputs },
        paths: ui.paths.clone(),
        twin,
        ask: args.ask,
    };
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
            Err(Failure::new(FailureKind::Usage, "a twin that is running has its own speed, seed and scenario")
                .hint("give them to `surefoot twin`, or write `--twin` without a file"))
        }
        Some(TwinAt::File(file)) => Ok(Some(TwinChoice::Running(file.clone()))),
    }
}

/// Reads the value of `--twin`; nothing is written for one in this process.
#[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
fn twin_at(text: &str) -> Result<TwinAt, Infallible> {
    Ok(if text.is_empty() { TwinAt::Embedded } else { TwinAt::File(PathBuf::from(text)) })
}
