//! The lines of a file that a mistake is about, with what is wrong underlined.

use super::snippet::snippet;
use super::source::{Lines, Span};
use crate::base::escape;
use std::fmt::Write as _;

/// A range to underline. One without a label is the mistake itself.
pub(super) struct Mark<'m> {
    pub(super) span: Span,
    pub(super) label: Option<&'m str>,
}

/// Whether colours may be used.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

/// Writes the lines in the order of the file, left out ones as `...`; how wide the numbers of lines are.
pub(super) fn excerpt(
    out: &mut String,
    text: &str,
    lines: &Lines,
    place: &str,
    mut marks: Vec<Mark<'_>>,
    paint: Paint,
    columns: usize,
) -> usize {
    marks.sort_by_key(|mark| mark.span);
    let line = |mark: &Mark<'_>| lines.line_at(mark.span.start);
    let digits = marks.iter().map(|mark| line(mark).to_string().len()).max().unwrap_or(1);
    let gutter = " ".repeat(digits);
    let bar = paint.blue("|");
    let _ = writeln!(out, "{gutter}{} {place}", paint.blue("-->"));
    let _ = writeln!(out, "{gutter} {bar}");
    let mut last: Option<(usize, String)> = None;
    for mark in &marks {
        let number = line(mark);
        let snippet = snippet(text, lines, mark.span, columns.saturating_sub(digits + 3));
        let shown = snippet.line.trim_end().to_owned();
        let here = Some((number, shown));
        if here != last {
            if last.as_ref().is_some_and(|(last, _)| number > last + 1) {
                let _ = writeln!(out, "{}", paint.blue("..."));
            }
            let number = paint.blue(&format!("{number:<digits$}"));
            let _ = writeln!(out, "{number} {bar} {}", here.as_ref().map_or("", |(_, shown)| shown));
        }
        last = here;
        let indent = " ".repeat(snippet.indent);
        let underline = match mark.label {
            None => paint.red(&"^".repeat(snippet.length)),
            Some(label) => paint.blue(&format!("{} {}", "-".repeat(snippet.length), escape(label))),
        };
        let _ = writeln!(out, "{gutter} {bar} {indent}{underline}");
    }
    digits
}

impl Paint {
    pub(super) fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(super) fn blue(self, text: &str) -> String {
        self.with("1;34", text)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(self, style: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
