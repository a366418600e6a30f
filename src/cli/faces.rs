//! How a run meets people: questions, progress and the wish to stop.

use super::operator::TerminalOperator;
use super::progress::{self, Board};
use super::stop::on_signal;
use super::ui::Ui;
use crate::ops::{Faces, actor};
use crate::port::Progress;
use crate::report::{Timeline, active, met_in_doubt};
use std::sync::Arc;

/// The most active steps shown at a time.
const ACTIVE_MOST: usize = 8;

/// The faces of a run, and the board it is shown on, whose commands have these options. Must be called inside the
/// runtime.
pub(super) fn faces(ui: &Ui, options: String) -> (Faces, Arc<dyn Board>) {
    let board = progress::board(ui);
    let operator = TerminalOperator::new(Arc::clone(&board), ui.printer.err_look(), actor());
    let told = Arc::clone(&board);
    let mut timeline = Timeline::with_options(options);
    let faces = Faces {
        operator: Arc::new(operator),
        progress: Arc::clone(&board) as Arc<dyn Progress>,
        watch: Box::new(move |engine, events| {
            if told.wants_lines() {
                told.tell(&timeline.lines(engine, events));
            } else {
                told.tell(&met_in_doubt(engine, events));
            }
            if told.wants_active() {
                let (steps, more) = active(engine, ACTIVE_MOST);
                told.under_way(&steps, more);
            }
        }),
        stop: on_signal(Arc::clone(&ui.printer), ui.quiet),
    };
    (faces, board)
}
