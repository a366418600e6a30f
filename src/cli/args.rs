//! What may be typed.

use super::commands::Command;
use super::common::Common;
use clap::Parser;

/// Execute runbooks for changes that cannot be taken back
///
/// Every step is recorded on disk before it is done. A run that dies at any instant is taken up where it stood with
/// `surefoot resume`, and never sends an irreversible effect twice.
#[derive(Debug, Parser)]
#[command(
    name = "surefoot",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Start with `surefoot run runbooks/migrate-to-vdc.yaml --twin`: it needs no account.\n\
                  `surefoot init` writes a runbook of your own, `surefoot help language` says what it may hold, \
                  `surefoot help exit-codes` what the exit codes mean."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}
