//! What is shown while a run is driven: live lines on a terminal, plain lines elsewhere, and under `--quiet` only what
//! a session finds in doubt.

mod board;
mod live;
mod plain;
mod words;

pub(super) use board::ProgressDisplay;

use super::ui::Ui;
use crate::port::Progress;
use crate::report::Line;
use console::Term;
use live::Live;
use plain::Plain;
use std::sync::Arc;

/// The board that fits the terminal and the choices.
pub(super) fn board(ui: &Ui) -> Arc<dyn ProgressDisplay> {
    let term = Term::stderr();
    if ui.quiet {
        Arc::new(Quiet(Plain::new(Arc::clone(&ui.printer))))
    } else if term.features().is_attended() && term.size_checked().is_some() && !console::is_dumb() {
        Arc::new(Live::new(Arc::clone(&ui.printer), ui.verbose))
    } else {
        Arc::new(Plain::new(Arc::clone(&ui.printer)))
    }
}

/// Shows what is in doubt as plain lines, and nothing else.
struct Quiet(Plain);

impl Progress for Quiet {
    fn transferred(&self, _step: &str, _done: u64, _total: u64) {}

    fn doing(&self, _step: &str, _what: &str) {}
}

impl ProgressDisplay for Quiet {
    fn tell(&self, lines: &[Line]) {
        self.0.tell(lines);
    }
}
