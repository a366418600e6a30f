//! Rows of cells under headings, laid out for the columns there are.

use super::style::{Style, Tone};
use super::text::{pad, rule, wrap};
use crate::base::width;

/// A table. Cells are plain text; where the rows do not fit beside each other, each becomes a block of its own.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Row>,
    indent: usize,
    title: usize,
}

#[derive(Clone, Debug)]
struct Row {
    cells: Vec<String>,
    tone: Tone,
    /// A line across above the row, with its tone and label.
    rule: Option<(Tone, String)>,
}

/// Spaces between two columns.
const GAP: usize = 2;

/// The last column may be wrapped, but not to fewer columns than this.
const LAST_LEAST: usize = 22;

impl Table {
    /// A table with these headings; all of them empty for one without.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { headings: headings.map(str::to_owned).to_vec(), rows: Vec::new(), indent: 0, title: 1 }
    }

    /// The same table, further to the right.
    #[must_use]
    pub fn indented(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// The same table; where a row becomes a block, this many of its first cells are the block's title.
    #[must_use]
    pub fn titled(mut self, cells: usize) -> Self {
        self.title = cells;
        self
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.toned(Tone::Plain, cells);
    }

    /// Adds a row in a tone.
    pub fn toned<const N: usize>(&mut self, tone: Tone, cells: [String; N]) {
        self.rows.push(Row { cells: Vec::from(cells), tone, rule: None });
    }

    /// Adds a line across, with a label, above the row added last.
    pub fn rule_above(&mut self, tone: Tone, label: impl Into<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.rule = Some((tone, label.into()));
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, every line ended.
    pub fn render(&self, style: Style) -> String {
        let widths = self.widths();
        let fixed: usize = widths.iter().rev().skip(1).map(|wide| wide + GAP).sum::<usize>() + self.indent;
        let room = style.columns().saturating_sub(fixed);
        let last = widths.last().copied().unwrap_or_default();
        if room >= last.min(LAST_LEAST) { self.extras(style, &widths, room) } else { self.stacked(style) }
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| width(heading)).collect();
        for row in &self.rows {
            for (cell, wide) in row.cells.iter().zip(&mut widths) {
                *wide = (*wide).max(cell.lines().map(width).max().unwrap_or_default());
            }
        }
        widths
    }

    fn extras(&self, style: Style, widths: &[usize], room: usize) -> String {
        let mut out = String::new();
        if self.headings.iter().any(|heading| !heading.is_empty()) {
            self.lay(&mut out, &self.headings, widths, room, |text| style.paint(Tone::Faint, text));
        }
        for row in &self.rows {
            row.rule_into(&mut out, style);
            self.lay(&mut out, &row.cells, widths, room, |text| style.paint(row.tone, text));
        }
        out
    }

    fn lay(&self, out: &mut String, cells: &[String], widths: &[usize], room: usize, paint: impl Fn(&str) -> String) {
        let Some((last, before)) = cells.split_last() else { return };
        let mut line = " ".repeat(self.indent);
        for (cell, wide) in before.iter().zip(widths) {
            line.push_str(&pad(cell, wide + GAP));
        }
        let hanging = width(&line);
        for (number, part) in wrap(last, room).iter().enumerate() {
            let lead = if number == 0 { line.as_str() } else { &" ".repeat(hanging) };
            out.push_str(&paint(format!("{lead}{part}").trim_end()));
            out.push('\n');
        }
    }

    /// Each row as a block: its title, the other cells under it with their headings.
    fn stacked(&self, style: Style) -> String {
        let mut out = String::new();
        for row in &self.rows {
            row.rule_into(&mut out, style);
            let title: Vec<&str> = row.cells.iter().take(self.title).map(|cell| cell.trim()).collect();
            let tone = if row.tone == Tone::Plain { Tone::Strong } else { row.tone };
            Self::block(&mut out, style, tone, self.indent, &title.join("  "));
            let rest = row.cells.iter().zip(&self.headings).skip(self.title).filter(|(cell, _)| !cell.is_empty());
            for (cell, heading) in rest {
                let label = if heading.is_empty() { String::new() } else { format!("{heading}: ") };
                Self::block(&mut out, style, row.tone, self.indent + 2, &format!("{label}{cell}"));
            }
        }
        out
    }

    fn block(out: &mut String, style: Style, tone: Tone, indent: usize, text: &str) {
        for (number, part) in wrap(text, style.columns().saturating_sub(indent + 2)).iter().enumerate() {
            let lead = " ".repeat(if number == 0 { indent } else { indent + 2 });
            out.push_str(&lead);
            out.push_str(&style.paint(tone, part));
            out.push('\n');
        }
    }
}

impl Row {
    fn rule_into(&self, out: &mut String, style: Style) {
        if let Some((tone, label)) = &self.rule {
            out.push_str(&rule(style, *tone, label));
        }
    }
}
