//! What is wrong with a runbook, where, and what to do about it.

use super::codes::Code;
use super::excerpt::{Mark, Paint, excerpt};
use super::source::{Lines, Position, Span};
use crate::base::{Value, escape};
use std::fmt::Write as _;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it is; `None` where it is not in the file, as with an input that was not given.
    pub span: Option<Span>,
    /// What it is.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Other places that it is about, in the order in which they were found.
    pub related: Vec<Related>,
}

/// Another place that a mistake is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// Where it is.
    pub span: Span,
    /// What is there, in a few words.
    pub message: String,
}

/// The mistakes as they are found, in any order.
#[derive(Debug, Default)]
pub(super) struct Collector {
    found: Vec<Diagnostic>,
    untold: usize,
    forgiven: &'static [Code],
    /// Whether the last mistake was kept, so that what is said of it afterwards has a place.
    is_kept: bool,
}

/// Every mistake of a file, in order of place.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    name: String,
    text: String,
    lines: Lines,
    found: Vec<Diagnostic>,
    untold: usize,
}

/// More than this many are counted and not kept: nobody reads them, and a hostile file could have millions.
const KEPT: usize = 200;

/// More places than these are too many to look at for one mistake.
const RELATED_MAX: usize = 8;

impl Collector {
    /// A collector that lets mistakes of these kinds pass.
    pub(super) fn forgiving(forgiven: &'static [Code]) -> Self {
        Self { forgiven, ..Self::default() }
    }

    /// Adds a mistake.
    pub(super) fn add(&mut self, code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> &mut Self {
        self.push(Diagnostic { code, span: span.into(), message: message.into(), hint: None, related: Vec::new() })
    }

    /// Adds a mistake with a hint.
    pub(super) fn add_with(&mut self, code: Code, span: Span, message: impl Into<String>, hint: Option<String>) {
        self.push(Diagnostic { code, span: Some(span), message: message.into(), hint, related: Vec::new() });
    }

    /// Adds another place that the last mistake is about.
    pub(super) fn also(&mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> &mut Self {
        let last = self.found.last_mut().filter(|last| self.is_kept && last.related.len() < RELATED_MAX);
        if let (Some(last), Some(span)) = (last, span.into()) {
            last.related.push(Related { span, message: message.into() });
        }
        self
    }

    /// Gives the last mistake a hint.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.found.last_mut().filter(|_| self.is_kept) {
            last.hint = Some(hint.into());
        }
    }

    /// How many were found so far.
    pub(super) fn count(&self) -> usize {
        self.found.len() + self.untold
    }

    /// Whether nothing but warnings was found.
    pub(super) fn is_sound(&self) -> bool {
        self.untold == 0 && self.found.iter().all(|found| found.code.is_warning())
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether further mistakes would only be counted, so that hints for them need not be worked out.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= KEPT
    }

    /// The mistakes of this file, in order of place.
    pub(super) fn finish(mut self, name: &str, text: &str) -> Diagnostics {
        self.found.sort();
        self.found.dedup();
        let (found, untold) = (self.found, self.untold);
        Diagnostics { name: name.to_owned(), lines: Lines::of(text), text: text.to_owned(), found, untold }
    }

    fn push(&mut self, diagnostic: Diagnostic) -> &mut Self {
        let is_forgiven = self.forgiven.contains(&diagnostic.code);
        self.is_kept = !is_forgiven && !self.is_full();
        if self.is_kept {
            self.found.push(diagnostic);
        } else if !is_forgiven {
            self.untold += 1;
        }
        self
    }
}

impl Diagnostics {
    /// The mistakes, in order of place; those without a place first.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// How many there are, those beyond the first two hundred counted too.
    pub fn count(&self) -> usize {
        self.found.len() + self.untold
    }

    /// Whether all of them are about inputs that were not given, or given wrongly: the file itself is sound.
    pub fn only_inputs(&self) -> bool {
        self.found
            .iter()
            .all(|found| matches!(found.code, Code::InputMissing | Code::InputMalformed | Code::InputUnknown))
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a range begins, and where what comes after it does.
    pub fn range(&self, span: Span) -> (Position, Position) {
        (self.lines.position(&self.text, span.start), self.lines.position(&self.text, span.end))
    }

    /// Where a mistake begins.
    pub fn position(&self, diagnostic: &Diagnostic) -> Option<Position> {
        diagnostic.span.map(|span| self.lines.position(&self.text, span.start))
    }

    /// All of them for people, for a terminal of a hundred columns.
    pub fn render(&self, colour: bool) -> String {
        self.render_within(colour, 100)
    }

    /// All of them for people, for a terminal of that many columns.
    pub fn render_within(&self, colour: bool, columns: usize) -> String {
        let paint = Paint(colour);
        let mut out = String::new();
        for diagnostic in &self.found {
            self.render_one(&mut out, diagnostic, paint, columns);
            out.push('\n');
        }
        let count = self.count();
        let more =
            if self.untold > 0 { format!(", {} not shown until these are fixed", self.untold) } else { String::new() };
        let warnings = self.found.iter().filter(|found| found.code.is_warning()).count();
        let counted = |number: usize, noun: &str| match number {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{number} {noun}s")),
        };
        let parts = [counted(count - warnings, "error"), counted(warnings, "warning")];
        let told = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        // A warning may stand above the mistake that is in the way.
        let first = self.found.iter().find(|found| !found.code.is_warning()).or(self.found.first());
        let first = first.map_or("SF001", |first| first.code.name());
        let _ = writeln!(out, "{}: {told}{more}; see `surefoot explain {first}`", escape(&self.name));
        out
    }

    /// All of them as data: a list of `code`, `title`, `message`, `help`, `file`, `line`, `column`, `end_line`,
    /// `end_column`, `related`; places are null where there is none.
    pub fn to_json(&self) -> Value {
        self.found.iter().map(|diagnostic| self.one_to_json(diagnostic)).collect()
    }

    fn one_to_json(&self, diagnostic: &Diagnostic) -> Value {
        let range = diagnostic.span.map(|span| self.range(span));
        let related = diagnostic.related.iter().map(|related| {
            let (start, end) = self.range(related.span);
            serde_json::json!({
                "message": related.message,
                "line": start.line,
                "column": start.column,
                "end_line": end.line,
                "end_column": end.column,
            })
        });
        serde_json::json!({
            "code": diagnostic.code.name(),
            "title": diagnostic.code.title(),
            "severity": severity(diagnostic.code),
            "message": diagnostic.message,
            "help": diagnostic.hint,
            "file": self.name,
            "line": range.map(|(start, _)| start.line),
            "column": range.map(|(start, _)| start.column),
            "end_line": range.map(|(_, end)| end.line),
            "end_column": range.map(|(_, end)| end.column),
            "related": related.collect::<Vec<_>>(),
        })
    }

    fn render_one(&self, out: &mut String, diagnostic: &Diagnostic, paint: Paint, columns: usize) {
        let heading = paint.red(&format!("{}[{}]", severity(diagnostic.code), diagnostic.code.name()));
        let _ = writeln!(out, "{heading}{}", paint.bold(&format!(": {}", escape(&diagnostic.message))));
        let Some(place) = self.position(diagnostic) else {
            let _ = writeln!(out, "  {} {}", paint.blue("-->"), escape(&self.name));
            render_hint(out, diagnostic, paint, 1);
            return;
        };
        let own = Mark { span: diagnostic.span.unwrap_or_default(), label: None };
        let related = diagnostic.related.iter().map(|one| Mark { span: one.span, label: Some(&one.message) });
        let marks: Vec<Mark<'_>> = std::iter::once(own).chain(related).collect();
        let place = format!("{}:{}:{}", escape(&self.name), place.line, place.column);
        let gutter = excerpt(out, &self.text, &self.lines, &place, marks, paint, columns);
        render_hint(out, diagnostic, paint, gutter);
    }
}

fn severity(code: Code) -> &'static str {
    if code.is_warning() { "warning" } else { "error" }
}

fn render_hint(out: &mut String, diagnostic: &Diagnostic, paint: Paint, gutter: usize) {
    let Some(hint) = &diagnostic.hint else { return };
    let lead = " ".repeat(gutter);
    let mut lines = hint.lines();
    let first = lines.next().unwrap_or_default();
    let _ = writeln!(out, "{lead} {} {} {}", paint.blue("="), paint.bold("help:"), escape(first));
    for line in lines {
        let _ = writeln!(out, "{lead}         {}", escape(line));
    }
}

impl std::fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
