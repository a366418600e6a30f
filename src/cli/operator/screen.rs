//! The size of the terminal on which a question is asked.

use crate::report::Style;
use rustix::termios::tcgetwinsize;
use std::fs::File;

/// Rows of a terminal that does not say how many it has.
const ROWS: usize = 24;

/// Longer lines are hard to read.
const COLUMNS_MOST: usize = 140;

/// A terminal that can be asked for its size again: people change it.
pub(super) struct Screen(pub(super) Option<File>);

impl Screen {
    /// The look with the columns that the terminal has now.
    pub(super) fn measured(&self, style: Style) -> Style {
        let columns = self.size().map_or(style.columns, |(_, columns)| columns.min(COLUMNS_MOST));
        Style { columns, ..style }
    }

    /// The rows that it has now.
    pub(super) fn rows(&self) -> usize {
        self.size().map_or(ROWS, |(rows, _)| rows)
    }

    fn size(&self) -> Option<(usize, usize)> {
        let size = tcgetwinsize(self.0.as_ref()?).ok()?;
        (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row.into(), size.ws_col.into()))
    }
}
