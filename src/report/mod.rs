//! Views to text for people and to JSON for programs. Returns strings and prints nothing.
//!
//! Every function is pure: the same plan, view and events give the same bytes. Text fits the columns of its [`Style`],
//! down to forty; what it says is in words, colour and marks only repeat it. Strings that came from outside are shown
//! through [`base::escape`](crate::base::escape()).

mod active;
mod back;
mod before_after;
mod command_hints;
mod console;
mod doubt;
mod edges;
mod ending;
mod evidence;
mod extent;
mod graph;
pub mod json;
mod kinds;
mod language;
mod made;
mod next;
mod origin;
mod page;
mod plan;
mod purpose;
mod rehearsal;
mod remaining_effects;
mod run_history;
mod runs;
mod status;
mod style;
mod summary;
mod table;
mod testing;
mod text;
mod timeline;
mod verdict;
mod window;

pub use crate::base::lines::{one_line, rows};
pub use active::{Active, Course, active, course};
pub use console::at_console;
pub use ending::{Ending, ending};
pub use evidence::{EVIDENCE_MOST, evidence, evidence_command};
pub use graph::{PICTURE_MAX, dot, graph, mermaid, picture_size, svg};
pub use kinds::{find_kind, kind, kinds};
pub use language::{language, language_markdown};
pub use next::{Extras, next_commands};
pub use origin::origin;
pub use plan::plan;
pub use rehearsal::{
    RehearsalAssumption, RehearsalCampaign, RehearsalFailure, RehearsalPage, RehearsalUnfinished, rehearsal,
};
pub use remaining_effects::leaving;
pub use run_history::RunHistory;
pub use runs::{RunRow, runs};
pub use status::{StatusPage, recorded, run_state, status, status_beside, word};
pub use style::{Style, Tone};
pub use summary::summary;
pub use table::Table;
pub use testing::{DiffLine, Mismatch, TestPage, TestedCase, TestedFile, tested};
pub use text::{count, cut, flow, lay, quoted, quoted_path, wrap};
pub use timeline::{Line, Timeline, met_in_doubt};
pub use verdict::{VerdictPage, verdict};
pub use window::{WindowPage, window};

/// The words of the language that reports are made of.
pub use crate::runbook::{Diagnostics, explain};
