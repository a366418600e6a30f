//! Arguments that several commands have.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What every command understands.
#[derive(Args, Clone, Debug)]
pub(super) struct Common {
    /// Keep the state of runs in this directory
    #[arg(long, global = true, value_name = "DIR", default_value = ".surefoot", help_heading = "Common options")]
    pub(super) state_dir: PathBuf,
    /// Write the trails of runs into this directory
    ///
    /// Where a run begins and none is named it is `audit`. A run that exists keeps the one it began with; where that
    /// cannot be written any more, name another one: the whole trail is written there.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common options")]
    pub(super) audit_dir: Option<PathBuf>,
    /// Print text for people, or one JSON document for programs
    #[arg(long, global = true, value_name = "FORM", default_value = "text", help_heading = "Common options")]
    pub(super) output: Output,
    /// Say nothing but data and errors, and what is in doubt before anything is done about it
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Common options")]
    pub(super) quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub(super) verbose: bool,
    /// Use colours; `auto` where the output is a terminal and `NO_COLOR` is not set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Common options")]
    pub(super) color: Color,
}

/// What is printed on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// Text for people.
    Text,
    /// One JSON document.
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Where the output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The inputs of a runbook.
#[derive(Args, Clone, Debug)]
pub(super) struct InputArgs {
    /// Give an input; may be repeated, and wins over files
    #[arg(short = 'i', long = "input", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) input: Vec<(String, String)>,
    /// Read inputs from a YAML or JSON file; may be repeated
    #[arg(long = "inputs", value_name = "FILE")]
    pub(super) inputs: Vec<PathBuf>,
}

/// Reads `KEY=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}
