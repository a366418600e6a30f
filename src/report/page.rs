//! A text in the making.

use super::style::{Style, Tone};
use super::table::Table;
use super::text::{flow, lay, pad, wrap};
use crate::base::width;

/// Lines for people, laid out for a [`Style`].
#[derive(Debug)]
pub(super) struct Page {
    style: Style,
    text: String,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { style, text: String::new() }
    }

    /// What the place can do where the text is shown, `indent` columns to the right.
    pub(super) fn style(&self, indent: usize) -> Style {
        Style { columns: self.style.columns().saturating_sub(indent), ..self.style }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An empty line, unless there is one already or nothing stands above.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading with an empty line above.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.say(Tone::Strong, 0, text);
    }

    /// A sentence, wrapped, `indent` columns to the right.
    pub(super) fn say(&mut self, tone: Tone, indent: usize, text: &str) {
        self.hang(tone, indent, "", text);
    }

    /// The lines of a question: commands among them as they are, everything else wrapped.
    pub(super) fn question(&mut self, indent: usize, lines: &[String]) {
        let room = self.style.columns().saturating_sub(indent).max(12);
        for line in lines.iter().flat_map(|line| lay(line, room)) {
            self.verbatim(indent, &line);
        }
    }

    /// A lead, and a text beside it that is wrapped under itself.
    pub(super) fn hang(&mut self, tone: Tone, indent: usize, lead: &str, text: &str) {
        let inner = indent + width(lead);
        for (number, line) in wrap(text, self.style.columns().saturating_sub(inner).max(12)).iter().enumerate() {
            let lead = if number == 0 { lead.to_owned() } else { " ".repeat(width(lead)) };
            let whole = format!("{lead}{line}");
            self.text.push_str(&" ".repeat(indent));
            self.text.push_str(&self.style.paint(tone, whole.trim_end()));
            self.text.push('\n');
        }
    }

    /// A name and what belongs to it, wrapped under the name.
    pub(super) fn item(&mut self, indent: usize, name: &str, text: &str) {
        let inner = self.style.columns().saturating_sub(indent + 2);
        for (number, line) in wrap(&format!("{name}: {text}"), inner).iter().enumerate() {
            self.verbatim(indent + if number == 0 { 0 } else { 2 }, line);
        }
    }

    /// Names and values in two columns.
    pub(super) fn fields(&mut self, indent: usize, rows: &[(String, String)]) {
        let wide = rows.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
        let wide = wide.min(if self.style.is_narrow() { 14 } else { 24 });
        for (name, value) in rows {
            self.hang(Tone::Plain, indent, &format!("{}  ", pad(name, wide)), value);
        }
    }

    /// A line as it is, even where it is too long: something to copy.
    pub(super) fn verbatim(&mut self, indent: usize, line: &str) {
        self.text.push_str(format!("{}{line}", " ".repeat(indent)).trim_end());
        self.text.push('\n');
    }

    /// A lead, and a text beside it that is wrapped between words only: commands and ids in it can be copied.
    pub(super) fn whole(&mut self, indent: usize, lead: &str, text: &str) {
        let inner = indent + width(lead);
        let mut lines = flow(text, self.style.columns().saturating_sub(inner)).into_iter();
        self.verbatim(indent, &format!("{lead}{}", lines.next().unwrap_or_default()));
        for line in lines {
            self.verbatim(inner, &line);
        }
    }

    /// A command to type, on a line of its own so that it can be copied.
    pub(super) fn command(&mut self, command: &str) {
        let painted = self.style.paint(Tone::Command, command);
        self.verbatim(2, &painted);
    }

    /// Names and values in two columns; a path or an address is never broken, so that it can be copied.
    pub(super) fn whole_fields(&mut self, indent: usize, rows: &[(String, String)]) {
        let wide = rows.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
        for (name, value) in rows {
            self.whole(indent, &format!("{}  ", pad(name, wide)), value);
        }
    }

    /// A table.
    pub(super) fn table(&mut self, table: &Table) {
        self.text.push_str(&table.render(self.style));
    }
}
