//! What every command is given: the printer and the choices that are common to all commands.

use super::common::{Common, Output};
use super::printer::Printer;
use crate::base::Value;
use crate::ops::Paths;
use crate::report::{Style, quoted_path};
use std::path::PathBuf;
use std::sync::Arc;

/// The terminal and the common choices.
pub(super) struct Ui {
    /// The only object that writes to the terminal.
    pub(super) printer: Arc<Printer>,
    /// Where runs and trails are.
    pub(super) paths: Paths,
    /// What is printed on standard output: text or JSON.
    pub(super) output: Output,
    /// Whether the JSON that is printed is SARIF, where the command has it.
    pub(super) is_sarif: bool,
    /// Whether progress is not shown.
    pub(super) quiet: bool,
    /// Whether more is said.
    pub(super) verbose: bool,
    /// All that may be typed, for the help.
    pub(super) grammar: fn() -> clap::Command,
}

impl Ui {
    pub(super) fn new(common: Common, grammar: fn() -> clap::Command) -> Self {
        Self {
            printer: Arc::new(Printer::new(common.color)),
            paths: Paths { state_dir: common.state_dir, audit_dir: common.audit_dir },
            output: if common.output == Output::Text { Output::Text } else { Output::Json },
            is_sarif: common.output == Output::Sarif,
            quiet: common.quiet,
            verbose: common.verbose,
            grammar,
        }
    }

    /// Prints the result: text for people or a document for programs, whichever was asked for.
    pub(super) fn show(&self, text: impl FnOnce(Style) -> String, json: impl FnOnce() -> Value) {
        match self.output {
            Output::Text => self.printer.data(&text(self.printer.out_style())),
            Output::Json | Output::Sarif => self.printer.json(&json()),
        }
    }

    /// The options with which a later command finds the same run, and the same trail where that was moved, or may have
    /// been.
    pub(super) fn options(&self, is_trail_moved: bool) -> String {
        let state_dir = Some(&self.paths.state_dir).filter(|dir| **dir != Paths::default().state_dir);
        let audit_dir = self.paths.audit_dir.as_ref().filter(|_| is_trail_moved);
        let option = |(name, dir): (&str, Option<&PathBuf>)| {
            dir.map_or_else(String::new, |dir| format!(" {name} {}", quoted_path(&dir.to_string_lossy())))
        };
        [("--state-dir", state_dir), ("--audit-dir", audit_dir)].map(option).concat()
    }

    /// Says something that is not the result; nothing under `--quiet`.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.printer.note(text);
        }
    }
}
