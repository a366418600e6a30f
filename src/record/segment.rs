//! The files of a journal: `journal.000001.jsonl` and so on.

use super::frame::Frame;
use super::lines::lines;

/// The name of a segment, from 1.
pub fn segment_name(number: u32) -> String {
    format!("journal.{number:06}.jsonl")
}

/// The number of a segment of this name.
pub fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("journal.")?.strip_suffix(".jsonl")?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (segment_name(number) == name).then_some(number)
}

/// Whether a segment replaces the one before it: it begins with a copy of it.
///
/// After a failed sync a file may hold bytes in memory that never reached the disk, so the next session copies what
/// is sound into the next segment. The old one is kept, but is no part of the chain any more.
pub fn replaces(next: &[u8], before: &[u8]) -> bool {
    let first = |bytes| lines(bytes).next().and_then(|line| Frame::read(line).ok()).map(|frame| frame.seq);
    first(next).is_some_and(|seq| first(before).is_none_or(|other| other == seq))
}
