//! What surefoot starts itself as, to watch a command. Nobody types it.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::ops;
use std::path::PathBuf;

/// Watch a command; only surefoot itself starts this
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(in crate::cli) struct ShimArgs {
    /// The directory of the command
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(super) fn shim(args: &ShimArgs) -> Result<u8, CliError> {
    ops::shim(&args.dir)?;
    Ok(exit::DONE)
}
