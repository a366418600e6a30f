//! How a run meets people: questions, progress and the wish to stop.

use super::operator::{About, Matter, TerminalOperator};
use super::progress::{self, ProgressDisplay};
use super::stop::on_signal;
use super::ui::Ui;
use crate::ops::{Frontend, actor, estimate};
use crate::port::Progress;
use crate::report::{Course, Timeline, active, course, met_in_doubt, origin, quoted};
use std::sync::{Arc, PoisonError};

/// The most active steps shown at a time.
const ACTIVE_MOST: usize = 8;

/// The faces of a run, and the board it is shown on, whose commands have these options. Must be called inside the
/// runtime.
pub(super) fn frontend(ui: &Ui, options: String) -> (Frontend, Arc<dyn ProgressDisplay>) {
    let board = progress::board(ui);
    let about = About::default();
    let operator = TerminalOperator::new(Arc::clone(&board), ui.printer.err_style(), actor(), Arc::clone(&about));
    let printer = Arc::clone(&ui.printer);
    let is_quiet = ui.quiet;
    let paths = ui.paths.clone();
    let mut rehearsed = None;
    let told = Arc::clone(&board);
    let mut timeline = Timeline::with_options(options.clone());
    let frontend = Frontend {
        operator: Arc::new(operator),
        progress: Arc::clone(&board) as Arc<dyn Progress>,
        notice: Box::new(move |text| {
            if !is_quiet {
                printer.note(text);
            }
        }),
        watch: Box::new(move |engine, events| {
            let run = engine.run().facts.as_ref().map(|facts| facts.run.clone()).unwrap_or_default();
            let all = format!("surefoot status {}{options}", quoted(&run));
            let matter = Matter { about: origin(&engine.origin()), run, options: options.clone() };
            *about.lock().unwrap_or_else(PoisonError::into_inner) = matter;
            if told.wants_lines() {
                told.tell(&timeline.lines(engine, events));
            } else {
                told.tell(&met_in_doubt(engine, events));
            }
            if told.wants_active() {
                let (steps, more) = active(engine, ACTIVE_MOST);
                let takes = *rehearsed.get_or_insert_with(|| estimate(&paths, engine.plan().digest));
                told.course(&Course { takes, ..course(engine) });
                told.under_way(&steps, more, &all);
            }
        }),
        stop: on_signal(Arc::clone(&ui.printer), ui.quiet),
    };
    (frontend, board)
}
