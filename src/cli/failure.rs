//! A failed command, as people and programs are told of it.

use super::common::Output;
use super::exit;
use super::ui::Ui;
use crate::base::{Value, escape};
use crate::ops::{Failure, FailureKind, RunError};
use crate::report::{Diagnostics, Style, Tone};
use serde_json::json;

/// Why a command did not do what it was asked to.
pub(super) enum CliError {
    /// It failed.
    Failure(Failure),
    /// The runbook is not valid; one entry for each file.
    Diagnostics(Vec<Diagnostics>),
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Failure(failure) => failure.into(),
            RunError::Diagnostics(diagnostics) => diagnostics.into(),
        }
    }
}

impl From<Diagnostics> for CliError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Diagnostics(vec![diagnostics])
    }
}

/// Tells of the trouble; the exit code.
pub(super) fn report(trouble: &CliError, ui: &Ui) -> u8 {
    let style = ui.printer.err_style();
    match trouble {
        CliError::Failure(failure) => {
            let failure = &typeable(failure, &ui.options(true));
            ui.printer.note(&text(failure, style));
            if ui.output == Output::Json {
                ui.printer.json(&document(failure));
            }
            failure.kind.exit_code()
        }
        CliError::Diagnostics(files) => {
            for file in files {
                ui.printer.note(&file.render_within(style.colour, style.columns));
            }
            if ui.output == Output::Json {
                ui.printer.json(&diagnosed(files));
            }
            exit::RUNBOOK
        }
    }
}

/// Commands that have nothing to do with a run, and would be no better with its place.
const NOWHERE: [&str; 8] = ["help", "kinds", "explain", "check", "init", "test", "twin", "window"];

/// The same with commands in its hints that find the run from where they are typed.
fn typeable(failure: &Failure, options: &str) -> Failure {
    let mut failure = failure.clone();
    // The message may quote what another process was called with.
    for text in &mut failure.causes {
        *text = with_options(text, options, false);
    }
    for hint in &mut failure.hints {
        *hint = with_options(hint, options, !hint.contains('`'));
    }
    let mut said = Vec::new();
    failure.hints.retain(|hint| {
        let is_new = !said.contains(hint);
        said.push(hint.clone());
        is_new
    });
    failure
}

/// A text whose commands, between backticks, have these options; where it is one as a whole it has them too.
fn with_options(text: &str, options: &str, is_whole: bool) -> String {
    let is_of_a_run = |part: &str| {
        let rest = part.strip_prefix("surefoot ");
        rest.is_some_and(|rest| !NOWHERE.iter().any(|name| rest.split(' ').next() == Some(name)))
    };
    let parts = text.split('`').enumerate().map(|(at, part)| match part {
        part if (at % 2 == 1 || is_whole) && is_of_a_run(part) => format!("{part}{options}"),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// A misunderstood command line as a document.
pub(super) fn usage_json(message: &str) -> Value {
    document(&Failure::new(FailureKind::Usage, message.trim().trim_start_matches("error: ")))
}

fn text(failure: &Failure, style: Style) -> String {
    let heading = match failure.kind {
        FailureKind::Internal => "internal error",
        _ => "error",
    };
    let mut lines = vec![format!("{}: {}", style.paint(Tone::Bad, heading), lines(&failure.message))];
    match failure.causes.as_slice() {
        [] => {}
        [cause] => lines.push(format!("  {}: {}", style.paint(Tone::Faint, "caused by"), self::lines(cause))),
        causes => {
            lines.push(format!("  {}:", style.paint(Tone::Faint, "caused by")));
            let numbered = causes.iter().enumerate();
            lines.extend(numbered.map(|(number, cause)| format!("    {}: {}", number + 1, self::lines(cause))));
        }
    }
    lines.extend(
        failure.hints.iter().map(|hint| format!("{}: {}", style.paint(Tone::Command, "hint"), self::lines(hint))),
    );
    if failure.kind == FailureKind::Internal {
        lines.push("This is a bug in surefoot. Please keep the run directory and report it.".to_owned());
    }
    lines.join("\n")
}

/// Text from anywhere, each line made safe.
fn lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

fn document(failure: &Failure) -> Value {
    json!({
        "schema": "surefoot.error.v1",
        "exit": failure.kind.exit_code(),
        "message": failure.message,
        "causes": failure.causes,
        "hints": failure.hints,
    })
}

fn diagnosed(files: &[Diagnostics]) -> Value {
    let found: Vec<Value> = files
        .iter()
        .filter_map(|file| match file.to_json() {
            Value::Array(found) => Some(found),
            _ => None,
        })
        .flatten()
        .collect();
    json!({
        "schema": "surefoot.error.v1",
        "exit": exit::RUNBOOK,
        "message": "the runbook is not valid",
        "diagnostics": found,
    })
}
