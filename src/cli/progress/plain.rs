//! Timestamped lines for logs and pipes.

use super::board::ProgressDisplay;
use crate::cli::printer::Printer;
use crate::port::Progress;
use crate::report::Line;
use std::sync::Arc;

/// One line for each thing that happens, with the time of the run's clock.
pub(super) struct Plain {
    printer: Arc<Printer>,
}

impl Plain {
    pub(super) fn new(printer: Arc<Printer>) -> Self {
        Self { printer }
    }
}

impl Progress for Plain {
    fn transferred(&self, _step: &str, _done: u64, _total: u64) {}

    fn doing(&self, _step: &str, _what: &str) {}
}

impl ProgressDisplay for Plain {
    fn wants_lines(&self) -> bool {
        true
    }

    fn tell(&self, lines: &[Line]) {
        let style = self.printer.err_style();
        let told = lines.iter().map(|line| {
            let step = if line.step.is_empty() { String::new() } else { format!("{}: ", line.step) };
            format!("{} {step}{}\n", line.at.to_seconds_text(), style.paint(line.tone, &line.text))
        });
        let text: String = told.collect();
        if !text.is_empty() {
            self.printer.note(&text);
        }
    }
}
