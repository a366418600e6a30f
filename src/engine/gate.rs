//! What is recorded of a run's change window.

use crate::base::Timestamp;
use crate::calendar::Span;

/// What is recorded of the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowState {
    /// Where it stands, as last recorded in this session.
    pub gate: Gate,
    /// Since when nothing has been done because of it.
    pub(super) since: Timestamp,
    /// This session sleeps until it opens.
    pub awaited: bool,
    /// Why this session acts outside of it.
    pub overridden: Option<String>,
    /// How often a session has acted outside of it for a reason of its own.
    pub overrides: u32,
    /// It closed while the run was past its point of no return.
    pub left: bool,
}

/// Where the window stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// No record of this session says.
    #[default]
    Unknown,
    /// It is open.
    Open(Span),
    /// It is closed.
    Closed {
        /// When that was recorded.
        at: Timestamp,
        /// When it opens next, where it does.
        opens: Option<Timestamp>,
        /// Whether it closed in the course of this session.
        in_session: bool,
    },
}

impl WindowState {
    /// A new session begins: it looks at the calendar anew, and nothing that was said for the last one holds for it.
    pub(super) fn reopen(&mut self, at: Timestamp) {
        (self.gate, self.since) = (Gate::Unknown, at);
        (self.awaited, self.overridden) = (false, None);
    }
}
