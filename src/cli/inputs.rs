//! The inputs of a run: what the command line gives, and what a person is asked for because nothing gave it.

use super::common::InputArgs;
use super::failure::CliError;
use super::ui::Ui;
use crate::base::escape;
use crate::ops::{self, GivenInputs, MissingInput, TwinChoice};
use crate::report::{Tone, wrap};
use std::io::{self, BufRead, IsTerminal as _};
use std::path::Path;

/// The inputs as they are given. On a terminal what is missing is asked for; whoever leaves that with Ctrl-D is told
/// what was not given, as where nobody can be asked.
pub(super) fn given(
    args: InputArgs,
    runbook: &Path,
    twin: Option<&TwinChoice>,
    ui: &Ui,
) -> Result<GivenInputs, CliError> {
    let mut inputs = GivenInputs { pairs: args.input, files: args.inputs };
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(inputs);
    }
    for input in ops::missing_inputs(runbook, &inputs, twin)? {
        let Some(text) = ask(&input, ui, &mut io::stdin().lock()) else { break };
        inputs.pairs.push((input.name().to_owned(), text));
    }
    Ok(inputs)
}

/// Asks until the answer fits. Nothing where there is no more answer.
fn ask(input: &MissingInput, ui: &Ui, lines: &mut impl BufRead) -> Option<String> {
    let style = ui.printer.err_style();
    let laid = |text: &str| wrap(&escape(text), style.columns).join("\n");
    let about = match input.description() {
        "" => input.name().to_owned(),
        about => format!("{}: {about}", input.name()),
    };
    ui.printer.note(&style.paint(Tone::Strong, &laid(&about)));
    ui.printer.note(&laid(&format!("expected {}; press Ctrl-D to stop", input.expected())));
    loop {
        ui.printer.prompt(&format!("{} > ", input.name()));
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or_default() == 0 {
            ui.printer.note("");
            return None;
        }
        let text = line.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() {
            continue;
        }
        match input.accepts(text) {
            Ok(()) => return Some(text.to_owned()),
            Err(misfit) => {
                let why = format!("expected {}, found {}", misfit.expected, misfit.found);
                ui.printer.note(&style.paint(Tone::Warn, &laid(&why)));
            }
        }
    }
}
