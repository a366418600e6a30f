//! `surefoot twin`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::runtime::block_on;
use crate::cli::stop::on_signal;
use crate::cli::ui::Ui;
use crate::ops::{self, Failure, FailureKind, SPEED_MAX, TwinOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Start a twin: a simulation of Aura, its console, databases and S3
///
/// The first line of standard output is the ready line: addresses, credentials and inputs of this world. Save it to a
/// file and run against it with `surefoot run RUNBOOK --twin=FILE`. Stops at Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot twin --speed 600 --dir world > ready.json &")]
pub(in crate::cli) struct TwinArgs {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Speed of the clock
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    speed: f64,
    /// Seed of the world
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Start from this scenario
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Directory for the world; continues the one that is there
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn twin(args: TwinArgs, ui: &Ui) -> Result<u8, CliError> {
    if !(args.speed > 0.0 && args.speed <= SPEED_MAX) {
        return Err(
            Failure::new(FailureKind::Usage, format!("`--speed` must be a number above 0, up to {SPEED_MAX}")).into()
        );
    }
    let options =
        TwinOptions { listen: args.listen, speed: args.speed, seed: args.seed, scenario: args.scenario, dir: args.dir };
    block_on(async {
        let stop = on_signal(Arc::clone(&ui.printer), true);
        let tell = |line: &str| {
            ui.printer.data(line);
            !ui.printer.is_closed()
        };
        ops::twin(options, tell, stop).await
    })??;
    Ok(exit::DONE)
}
