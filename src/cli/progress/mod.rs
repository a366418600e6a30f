//! What is shown while a run is driven: live lines on a terminal, plain lines elsewhere, nothing under `--quiet`.

mod live;
mod plain;

use super::ui::Ui;
use crate::port::Progress;
use crate::report::{Active, Line};
use console::Term;
use live::Live;
use plain::Plain;
use std::sync::Arc;

/// Where a run is shown.
pub(super) trait Board: Progress {
    /// Whether [`Board::tell`] does anything.
    fn wants_lines(&self) -> bool {
        false
    }

    /// Whether [`Board::under_way`] does anything.
    fn wants_active(&self) -> bool {
        false
    }

    /// These things happened.
    fn tell(&self, _lines: &[Line]) {}

    /// These steps are under way, and so many more.
    fn under_way(&self, _steps: &[Active], _more: usize) {}

    /// The terminal is needed for a question; nothing is drawn until [`Board::unhide`].
    fn hide(&self) {}

    /// The question is answered.
    fn unhide(&self) {}

    /// The command ends; what is live is removed.
    fn close(&self) {}
}

/// The board that fits the terminal and the choices.
pub(super) fn board(ui: &Ui) -> Arc<dyn Board> {
    let term = Term::stderr();
    if ui.quiet {
        Arc::new(Blank)
    } else if term.features().is_attended() && term.size_checked().is_some() && !console::is_dumb() {
        Arc::new(Live::new(ui.printer.err_look(), ui.verbose))
    } else {
        Arc::new(Plain::new(Arc::clone(&ui.printer)))
    }
}

/// Shows nothing.
struct Blank;

impl Progress for Blank {
    fn transferred(&self, _step: &str, _done: u64, _total: u64) {}

    fn doing(&self, _step: &str, _what: &str) {}
}

impl Board for Blank {}
