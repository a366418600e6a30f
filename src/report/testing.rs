//! What the cases of test files came to.

use super::page::Page;
use super::style::{Style, Tone};
use super::text::count;
use crate::base::{escape, format_duration};
use std::time::Duration;

/// What all cases came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestPage {
    /// The files, in the order they were named.
    pub files: Vec<TestedFile>,
    /// How many cases were left out by the filter.
    pub filtered_out: usize,
    /// Real time in all.
    pub elapsed: Duration,
}

/// What the cases of a file came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestedFile {
    /// The file, as it was named.
    pub file: String,
    /// The runbook, with its version.
    pub runbook: String,
    /// Its cases, in order.
    pub cases: Vec<TestedCase>,
}

/// What a case came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestedCase {
    /// Its name.
    pub name: String,
    /// The line of its name in the file.
    pub line: usize,
    /// How the run ended.
    pub end: String,
    /// What is not as expected; nothing where it passed.
    pub mismatches: Vec<Mismatch>,
    /// How long the run took, by the clock of the world.
    pub simulated: Duration,
    /// Real time.
    pub elapsed: Duration,
}

/// Something that is not as expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// The key of `expect`, or what else is wrong.
    pub what: String,
    /// Expected and found, line by line.
    pub lines: Vec<DiffLine>,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// It is expected and found.
    Same(String),
    /// It is expected, and was not found.
    Expected(String),
    /// It was found, and is not expected.
    Found(String),
}

impl DiffLine {
    /// The mark before it, and its text.
    pub fn marked(&self) -> (char, &str) {
        match self {
            Self::Same(text) => (' ', text),
            Self::Expected(text) => ('-', text),
            Self::Found(text) => ('+', text),
        }
    }
}

impl Mismatch {
    /// An error of a case, in one sentence.
    pub fn error(text: impl Into<String>) -> Self {
        Self { what: "error".to_owned(), lines: vec![DiffLine::Found(text.into())] }
    }

    /// Two values that differ.
    pub fn values(what: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let lines = vec![DiffLine::Expected(expected.into()), DiffLine::Found(found.into())];
        Self { what: what.to_owned(), lines }
    }

    /// As plain text, each line with its mark.
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(DiffLine::marked).map(|(mark, text)| format!("\n  {mark} {}", escape(text)));
        format!("{}:{}", self.what, lines.collect::<String>())
    }
}

impl TestPage {
    /// How many cases passed, and how many failed.
    pub fn counts(&self) -> (usize, usize) {
        let cases = || self.files.iter().flat_map(|file| &file.cases);
        let failed = cases().filter(|case| !case.mismatches.is_empty()).count();
        (cases().count() - failed, failed)
    }
}

/// What the cases came to, for people.
pub fn tested(page: &TestPage, style: Style) -> String {
    let mut out = Page::new(style);
    for file in &page.files {
        out.heading(&format!("{} ({})", escape(&file.file), escape(&file.runbook)));
        for case in &file.cases {
            let (tone, word) = if case.mismatches.is_empty() { (Tone::Good, "ok    ") } else { (Tone::Bad, "FAILED") };
            let took = match case.simulated.as_secs() {
                0 => "0s".to_owned(),
                secs => format_duration(Duration::from_secs(secs)),
            };
            out.verbatim(2, &format!("{} {} ({took} simulated)", style.paint(tone, word), escape(&case.name)));
        }
    }
    let failed = page.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    for (file, case) in failed.filter(|(_, case)| !case.mismatches.is_empty()) {
        out.gap();
        let heading = format!("{}:{}: {}", escape(&file.file), case.line, escape(&case.name));
        out.verbatim(0, &style.paint(Tone::Strong, &heading));
        for mismatch in &case.mismatches {
            out.verbatim(2, &mismatch.what);
            for line in &mismatch.lines {
                let (mark, text) = line.marked();
                let tone = match mark {
                    '-' => Tone::Good,
                    '+' => Tone::Bad,
                    _ => Tone::Plain,
                };
                out.verbatim(4, &style.paint(tone, &format!("{mark} {}", escape(text))));
            }
        }
    }
    out.gap();
    if page.files.iter().flat_map(|file| &file.cases).any(|case| !case.mismatches.is_empty()) {
        out.say(Tone::Faint, 0, "`-` is expected, `+` was found.");
    }
    let (passed, failed) = page.counts();
    let left_out = if page.filtered_out > 0 { format!(", {} filtered out", page.filtered_out) } else { String::new() };
    let (tone, verdict) = if failed == 0 { (Tone::Good, "ok") } else { (Tone::Bad, "FAILED") };
    let seconds = format!("{}.{:02}s", page.elapsed.as_secs(), page.elapsed.subsec_millis() / 10);
    let cases = count(passed + failed, "case");
    out.say(tone, 0, &format!("{verdict}: {cases}, {passed} passed, {failed} failed{left_out}, in {seconds}"));
    out.finish()
}
