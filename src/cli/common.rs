//! Arguments that several commands have.

use crate::ops::Timing;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options of every command. `grammar` shows them on the first page of the help only.
#[derive(Args, Clone, Debug)]
pub(super) struct Common {
    /// Directory for the state of runs
    #[arg(long, global = true, value_name = "DIR", default_value = ".surefoot", help_heading = "Common options")]
    pub(super) state_dir: PathBuf,
    /// Directory for audit trails [default: audit]; an existing run keeps its own unless you name another
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common options")]
    pub(super) audit_dir: Option<PathBuf>,
    /// Output format: text for people, one JSON document, or for `check` also SARIF
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Common options")]
    pub(super) output: Output,
    /// Print only results, errors, and requests whose outcome is unknown
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Common options")]
    pub(super) quiet: bool,
    /// Print more about each step
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub(super) verbose: bool,
    /// When to use colours; `auto` means on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Common options")]
    pub(super) color: Color,
}

/// What is printed on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
    Sarif,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Inputs of a runbook.
#[derive(Args, Clone, Debug)]
pub(super) struct InputArgs {
    /// Set an input; repeatable, takes precedence over files
    #[arg(short = 'i', long = "input", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) input: Vec<(String, String)>,
    /// Read inputs from a YAML or JSON file; repeatable
    #[arg(long = "inputs", value_name = "FILE")]
    pub(super) inputs: Vec<PathBuf>,
}

/// A window beside that of the runbook.
#[derive(Args, Clone, Debug)]
pub(super) struct WindowArg {
    /// Change window that must be open too, in a YAML file
    #[arg(long = "window", value_name = "FILE")]
    pub(super) window: Option<PathBuf>,
}

/// What is done while the change window is closed.
#[derive(Args, Clone, Debug)]
pub(super) struct TimingArgs {
    /// Sleep until the change window opens
    #[arg(long)]
    pub(super) wait: bool,
    /// Act outside the change window; the reason is recorded
    ///
    /// It has at least 20 letters and holds for this command alone.
    #[arg(long, value_name = "REASON")]
    pub(super) outside_window: Option<String>,
}

impl TimingArgs {
    pub(super) fn timing(self) -> Timing {
        Timing { wait: self.wait, outside: self.outside_window }
    }
}

/// Reads `KEY=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}
