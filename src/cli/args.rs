//! The command line as clap sees it.

use super::commands::Command;
use super::common::Common;
use clap::{CommandFactory as _, Parser};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "surefoot",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 100,
    about = "Run runbooks for changes that cannot be undone\n\n\
             Each step is recorded on disk before it starts. If a run dies, `surefoot resume` continues it where it \
             stopped and never sends an irreversible request twice.",
    long_about = None,
    after_help = "Examples:\n  \
                  surefoot run runbooks/migrate-to-vdc.yaml --twin   Try the main job; needs no account\n  \
                  surefoot init                                      Write a runbook of your own\n  \
                  surefoot help language                             Describe the language of runbooks\n  \
                  surefoot help exit-codes                           List the exit codes"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Points from the help of each command to the options that all of them take.
const COMMON_OPTIONS: &str =
    "Run `surefoot --help` for the options of every command, such as --state-dir and --output.";

/// The command line, with the help of the common options on the first page only.
///
/// A command that has an argument of the same name is not given the global one again, but its value still propagates.
pub(super) fn grammar() -> clap::Command {
    let mut root = Cli::command();
    let common: Vec<clap::Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let common: Vec<clap::Arg> = common.into_iter().map(|arg| arg.hide(true)).collect();
    for command in root.get_subcommands_mut() {
        point_to_common(command, &common);
    }
    root
}

fn point_to_common(command: &mut clap::Command, common: &[clap::Arg]) {
    let below = match command.get_after_help() {
        Some(own) => format!("{own}\n\n{COMMON_OPTIONS}"),
        None => COMMON_OPTIONS.to_owned(),
    };
    *command = std::mem::take(command).args(common).after_help(below);
    for nested in command.get_subcommands_mut() {
        point_to_common(nested, common);
    }
}
