//! What every way of showing a run can do.

use crate::port::Progress;
use crate::report::{Active, Course, Line};

/// Where a run is shown.
pub(in crate::cli) trait ProgressDisplay: Progress {
    /// Whether everything that happens is told. Where it is not, [`ProgressDisplay::tell`] is given only what a session
    /// finds in doubt, for that is said before anything is done about it.
    fn wants_lines(&self) -> bool {
        false
    }

    /// Whether [`ProgressDisplay::under_way`] does anything.
    fn wants_active(&self) -> bool {
        false
    }

    /// These things happened.
    fn tell(&self, _lines: &[Line]) {}

    /// The run stands there.
    fn course(&self, _course: &Course) {}

    /// These steps are under way, and so many more; `all` is the command that shows them.
    fn under_way(&self, _steps: &[Active], _more: usize, _all: &str) {}

    /// The terminal is needed for a question; nothing is drawn until [`ProgressDisplay::unhide`].
    fn hide(&self) {}

    /// The question is answered.
    fn unhide(&self) {}

    /// The command ends; what is live is removed.
    fn close(&self) {}
}
