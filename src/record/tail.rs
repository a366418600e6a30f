//! What a tail is that does not continue the chain (docs/journal.md, "Recovery", steps 4 to 9).

use super::BATCH_LIMIT;
use super::chain::{Break, Chain};
use super::frame::Frame;
use super::lines::lines;

/// What a disk replaces as a whole, in bytes.
const SECTOR: u64 = 512;

/// The verdict about the bytes after the last line of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// There are none.
    Clean,
    /// The last batch did not reach the disk whole. None of it was ever acknowledged.
    Torn,
    /// Records that were durable once are damaged.
    Corrupt(Corruption),
}

/// Where a journal is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {expected} is damaged at byte {offset} of {segment}: {what}{}", later(*.next_valid))]
pub struct Corruption {
    /// The segment, by the name of its file.
    pub segment: String,
    /// Where the damage begins in it, in bytes.
    pub offset: u64,
    /// The number of the record that should stand there.
    pub expected: u64,
    /// The number of the first sound record after it.
    pub next_valid: Option<u64>,
    /// What is wrong, in one phrase.
    pub what: String,
}

fn later(next_valid: Option<u64>) -> String {
    next_valid.map_or_else(|| "; no sound record follows".to_owned(), |seq| format!("; the next sound one is {seq}"))
}

/// Judges the bytes `tail` that begin at `offset` of a segment and do not continue `chain`.
pub fn judge(tail: &[u8], segment: &str, offset: u64, chain: &Chain) -> Tail {
    if tail.is_empty() {
        return Tail::Clean;
    }
    let mut next_valid = None;
    let mut broken = None;
    for (index, line) in lines(tail).enumerate() {
        let frame = Frame::read(line);
        if index == 0 {
            broken = frame.map_err(Break::from).and_then(|frame| chain.clone().link(&frame)).err();
        }
        let Ok(frame) = frame else { continue };
        next_valid = next_valid.or(Some(frame.seq));
        if frame.seq < chain.len || frame.durable.is_some_and(|durable| durable >= chain.len) {
            return corrupt(segment, offset, chain, next_valid, broken);
        }
    }
    let torn = tail.len() <= BATCH_LIMIT && (tail.last() != Some(&b'\n') || has_empty_sector(tail, offset));
    if torn { Tail::Torn } else { corrupt(segment, offset, chain, next_valid, broken) }
}

fn corrupt(segment: &str, offset: u64, chain: &Chain, next_valid: Option<u64>, broken: Option<Break>) -> Tail {
    let what = broken.map_or_else(|| "it is not readable".to_owned(), |broken| broken.to_string());
    Tail::Corrupt(Corruption { segment: segment.to_owned(), offset, expected: chain.len, next_valid, what })
}

/// Whether a sector of the file that lies in the tail, wholly or in part, is all zero.
fn has_empty_sector(tail: &[u8], offset: u64) -> bool {
    let first = usize::try_from(SECTOR - offset % SECTOR).unwrap_or(tail.len()).min(tail.len());
    let (first, rest) = tail.split_at(first);
    std::iter::once(first)
        .chain(rest.chunks(usize::try_from(SECTOR).unwrap_or(512)))
        .any(|chunk| !chunk.is_empty() && chunk.iter().all(|byte| *byte == 0))
}
