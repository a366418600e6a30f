//! The runs of a state directory.

use super::origin::brief;
use super::status::UNREPORTED;
use super::style::{Style, Tone};
use super::table::Table;
use crate::base::{Timestamp, escape};
use crate::engine::origin::Origin;

/// One run in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: String,
    /// Its runbook's name.
    pub runbook: String,
    /// What it is about; nothing where it cannot be read.
    pub origin: Option<Origin>,
    /// Where it stands, in words.
    pub phase: String,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When its last record was written.
    pub last_at: Option<Timestamp>,
    /// How many of its steps are done or skipped.
    pub steps_done: usize,
    /// How many steps it has.
    pub steps: usize,
    /// Who works on it right now.
    pub held_by: Option<String>,
    /// Whether it is closed and its process ended before anybody was told.
    pub unreported: bool,
}

/// The runs for people, in the order given.
pub fn runs(rows: &[RunRow], style: Style) -> String {
    let mut table = Table::new(["run", "runbook", "state", "steps", "last record", "about"]);
    for row in rows {
        let state = match &row.held_by {
            Some(holder) => format!("{} (in work: {})", row.phase, escape(holder)),
            None if row.unreported => format!("{}{UNREPORTED}", row.phase),
            None => escape(&row.phase),
        };
        let tone = match row.phase.as_str() {
            "done" => Tone::Good,
            "failed" | "damaged" => Tone::Bad,
            _ => Tone::Plain,
        };
        let time = |at: Option<Timestamp>| at.map(Timestamp::to_seconds_text).unwrap_or_default();
        let about = row.origin.as_ref().map(brief).unwrap_or_default();
        let steps = format!("{}/{}", row.steps_done, row.steps);
        table.toned(tone, [escape(&row.run), escape(&row.runbook), state, steps, time(row.last_at), about]);
    }
    table.render(style)
}
