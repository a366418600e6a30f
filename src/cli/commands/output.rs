//! How commands tell of a run.

use crate::base::escape;
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::ops::{Ended, Status};
use crate::report::{self, Ending, Extras, StatusPage};

/// Prints how driving a run ended; the exit code.
pub(super) fn ended(mut ended: Ended, ui: &Ui) -> u8 {
    let (run_dir, audit_dir) = (ended.run_dir.to_string_lossy(), ended.audit_dir.to_string_lossy());
    let ending = Ending {
        view: &ended.view,
        plan: &ended.plan,
        run_dir: &run_dir,
        audit_dir: &audit_dir,
        options: &ui.options(ended.audit_moved),
        extras: Extras {
            again: &ended.again,
            unreported: false,
            console: ended.console.as_deref(),
            console_ends: ended.console_ends,
        },
        met_in_doubt: &ended.met_in_doubt,
        interrupted: ended.interrupted(),
        summary: &ended.summary,
        took: Some(ended.took),
    };
    ui.say("");
    moved(ended.audit_moved, &audit_dir, ui);
    warn(ended.trouble.as_deref(), ui);
    ui.show(|style| report::ending(&ending, style), || report::json::ended(&ending, ended.exit));
    // An end that could not be written was not told: `resume` tells it.
    if !ui.printer.has_failed() {
        ended.release();
    }
    ended.exit
}

/// Prints a run as it stands.
pub(super) fn print_status(status: &Status, ui: &Ui) -> u8 {
    let (run_dir, audit_dir) = (status.run_dir.to_string_lossy(), status.audit_dir.to_string_lossy());
    let page = StatusPage {
        view: &status.view,
        run_dir: &run_dir,
        audit_dir: &audit_dir,
        options: &ui.options(status.audit_moved),
        held_by: status.held_by.as_deref(),
        opened_at: Some(status.opened_at),
        last_at: Some(status.last_at),
    };
    let extras = extras(status);
    warn(status.trouble.as_deref(), ui);
    ui.show(|style| report::status_beside(&page, &extras, style), || report::json::status_beside(&page, &extras));
    exit::DONE
}

/// Prints that something was recorded, and what to type next; under JSON the run as it stands.
pub(super) fn recorded(what: &str, status: &Status, ui: &Ui) -> u8 {
    if ui.output == crate::cli::common::Output::Json {
        return print_status(status, ui);
    }
    moved(status.audit_moved, &status.audit_dir.to_string_lossy(), ui);
    warn(status.trouble.as_deref(), ui);
    let (options, style) = (ui.options(status.audit_moved), ui.printer.out_style());
    ui.printer.data(&report::recorded(what, &status.view, &extras(status), &options, style));
    exit::DONE
}

/// Says what is wrong with a file of the run, also under `--quiet`.
pub(super) fn warn(trouble: Option<&str>, ui: &Ui) {
    if let Some(trouble) = trouble {
        ui.printer.note(&format!("warning: {trouble}; the file was changed outside surefoot"));
    }
}

fn extras(status: &Status) -> Extras<'_> {
    Extras {
        again: &status.again,
        unreported: status.unreported,
        console: status.console.as_deref(),
        console_ends: status.console_ends,
    }
}

/// Says that the trail is now elsewhere: what is left in the first place ends where it could not be written any more.
fn moved(is_moved: bool, audit_dir: &str, ui: &Ui) {
    if is_moved {
        ui.say(&format!(
            "the trail is now in {}; pass its directory with `--audit-dir` to every later command on this run",
            escape(audit_dir)
        ));
    }
}
