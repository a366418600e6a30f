//! The command line: parse, call one function of `ops`, print what comes back. Owns the terminal.
//!
//! One file for each command under `commands`; dispatch is one exhaustive match. Nothing else in the program writes
//! to the terminal, and nothing here decides anything about a run.

mod args;
mod commands;
mod common;
mod drawing;
mod exit;
mod failure;
mod frontend;
mod harden;
mod inputs;
mod operator;
mod printer;
mod progress;
mod runtime;
mod stop;
mod twin_args;
mod ui;

use args::{Cli, grammar};
use clap::FromArgMatches as _;
use clap::error::ErrorKind;
use printer::Printer;
use std::ffi::OsString;
use std::process::ExitCode;
use ui::Ui;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let parsed = grammar().try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let code = match parsed {
        Ok(cli) => run(cli),
        Err(error) => misread(&error, &args),
    };
    ExitCode::from(code)
}

fn run(cli: Cli) -> u8 {
    harden::harden();
    let ui = Ui::new(cli.common, grammar);
    let ended = match commands::dispatch(cli.command, &ui) {
        Ok(code) => code,
        Err(trouble) => failure::report(&trouble, &ui),
    };
    ui.printer.finish(ended)
}

/// Prints the help, or what is wrong with the command line.
fn misread(error: &clap::Error, args: &[OsString]) -> u8 {
    let printer = Printer::early();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printer.styled_data(&error.render());
            printer.finish(exit::DONE)
        }
        _ => {
            if wants_json(args) {
                printer.json(&failure::usage_json(&error.render().to_string()));
            }
            printer.styled_error(&error.render());
            printer.finish(exit::USAGE)
        }
    }
}

/// Whether JSON was asked for on a command line that could not be parsed.
fn wants_json(args: &[OsString]) -> bool {
    let pairs = args.iter().zip(args.iter().skip(1));
    args.iter().any(|arg| arg == "--output=json") || pairs.into_iter().any(|(a, b)| a == "--output" && b == "json")
}
