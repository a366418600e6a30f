//! Places in a source text.

/// A range of bytes in the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`; offsets beyond 4 GiB do not occur, because the text is limited.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The first byte as an index.
    pub fn from(self) -> usize {
        self.start as usize
    }

    /// The byte after the last one as an index.
    pub fn to(self) -> usize {
        self.end as usize
    }

    /// The part of `text` that this range covers, as far as it exists.
    pub fn of(self, text: &str) -> &str {
        text.get(self.from()..self.to().min(text.len())).unwrap_or_default()
    }
}

/// A place as people count: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where each line of a text begins.
#[derive(Clone, Debug)]
pub(super) struct Lines(Vec<u32>);

impl Lines {
    /// The lines of `text`.
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line that holds this byte, from 1.
    pub(super) fn line_at(&self, offset: u32) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    /// The place of this byte of `text`.
    pub(super) fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line_at(offset);
        let start = self.start_of(line);
        let before = Span { start, end: offset }.of(text);
        Position { line, column: before.chars().count() + 1 }
    }

    /// The content of a line without its end, and the offset of its first byte.
    pub(super) fn content<'a>(&self, text: &'a str, line: usize) -> (&'a str, usize) {
        let start = self.start_of(line) as usize;
        let rest = text.get(start..).unwrap_or_default();
        let content = rest.split('\n').next().unwrap_or_default();
        (content.strip_suffix('\r').unwrap_or(content), start)
    }

    fn start_of(&self, line: usize) -> u32 {
        self.0.get(line.saturating_sub(1)).copied().unwrap_or_default()
    }
}
