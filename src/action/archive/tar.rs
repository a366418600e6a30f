//! A tar read to its end: every header's checksum, every entry's length, the end mark, and nothing behind it.
//!
//! Own code, because what is wanted is not the content but the proof that it is all there: the reader of the `tar`
//! crate takes a stream that stops between two entries for a whole one, and keeps long names in memory.

use super::Problem;
use super::problem::damaged;
use std::io::BufRead;

const BLOCK: usize = 512;
const WHAT: &str = "the tar inside";
/// A pax header longer than this is not read for a size.
const PAX_MAX: u64 = 1 << 20;

/// What a tar holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Whether one of the files is a dump.
    pub(super) holds_dump: bool,
}

/// Walks over all entries to the end of the stream.
pub(super) fn walk(stream: &mut impl BufRead) -> Result<Contents, Problem> {
    let mut contents = Contents::default();
    let mut size_of_next = None;
    loop {
        let block = block(stream)?;
        if block.iter().all(|byte| *byte == 0) {
            return end(stream, contents);
        }
        let header = Header::parse(&block)?;
        match header.kind {
            b'x' => size_of_next = pax_size(stream, header.size)?.or(size_of_next),
            b'g' | b'L' | b'K' => over(stream, header.size)?,
            // Links, devices, directories and pipes have no content, whatever their size says.
            b'1'..=b'6' => size_of_next = None,
            _ => {
                let size = size_of_next.take().unwrap_or(header.size);
                over(stream, size)?;
                contents.files = contents.files.saturating_add(1);
                contents.bytes = contents.bytes.saturating_add(size);
                contents.holds_dump |= header.is_dump;
            }
        }
    }
}

/// Behind the first block of zeros there is another one, and behind that only zeros up to the end of the stream.
fn end(stream: &mut impl BufRead, contents: Contents) -> Result<Contents, Problem> {
    if block(stream)?.iter().any(|byte| *byte != 0) {
        return Err(wrong("there is something between its two end marks"));
    }
    loop {
        let rest = stream.fill_buf().map_err(|error| damaged(WHAT, &error))?;
        if rest.is_empty() {
            break;
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(wrong("there is something behind its end"));
        }
        let length = rest.len();
        stream.consume(length);
    }
    if contents.files == 0 { Err(wrong("there is no file in it")) } else { Ok(contents) }
}

struct Header {
    kind: u8,
    size: u64,
    is_dump: bool,
}

impl Header {
    fn parse(block: &[u8; BLOCK]) -> Result<Self, Problem> {
        let field = |from: usize, length: usize| block.get(from..from + length).unwrap_or_default();
        let told = number(field(148, 8)).ok_or_else(|| wrong("a header has no checksum"))?;
        let blank = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
        let bytes = || block.iter().enumerate().map(|(at, byte)| blank(at, *byte));
        let unsigned: i64 = bytes().map(i64::from).sum();
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        // Old writers summed signed bytes.
        if u64::try_from(unsigned) != Ok(told) && u64::try_from(signed) != Ok(told) {
            return Err(wrong("the checksum of a header is wrong"));
        }
        let size = number(field(124, 12)).ok_or_else(|| wrong("the size of an entry is not a number"))?;
        let name = field(0, 100);
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let kind = field(156, 1).first().copied().unwrap_or(0);
        Ok(Self { kind, size, is_dump: name.ends_with(b".dump") })
    }
}

/// An octal number in ASCII, or a number in base 256 where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        let start = u64::from(first & 0x7f);
        return rest.iter().try_fold(start, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let digits = field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| !matches!(byte, b' ' | 0));
    digits.copied().try_fold(0_u64, |sum, digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// The `size` in an extended header; files over 8 GiB have theirs only there.
fn pax_size(stream: &mut impl BufRead, length: u64) -> Result<Option<u64>, Problem> {
    if length > PAX_MAX {
        over(stream, length)?;
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut bytes).map_err(|error| damaged(WHAT, &error))?;
    pass(stream, padding(length))?;
    let line = bytes.split(|byte| *byte == b'\n').find_map(|line| {
        let at = line.iter().position(|byte| *byte == b' ')?;
        line.get(at + 1..)?.strip_prefix(b"size=")
    });
    match line {
        None => Ok(None),
        Some(digits) => {
            let text = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            text.map(Some).ok_or_else(|| wrong("the size of an entry is not a number"))
        }
    }
}

fn block(stream: &mut impl BufRead) -> Result<[u8; BLOCK], Problem> {
    let mut block = [0; BLOCK];
    stream.read_exact(&mut block).map_err(|error| damaged(WHAT, &error))?;
    Ok(block)
}

fn padding(size: u64) -> u64 {
    let block = BLOCK as u64;
    (block - size % block) % block
}

/// Reads over an entry's content, padding included.
fn over(stream: &mut impl BufRead, size: u64) -> Result<(), Problem> {
    let whole = size.checked_add(padding(size)).ok_or_else(|| wrong("the size of an entry is out of range"))?;
    pass(stream, whole)
}

fn pass(stream: &mut impl BufRead, mut left: u64) -> Result<(), Problem> {
    while left > 0 {
        let rest = stream.fill_buf().map_err(|error| damaged(WHAT, &error))?;
        if rest.is_empty() {
            return Err(Problem::Truncated(WHAT));
        }
        let taken = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        stream.consume(taken);
        left -= taken as u64;
    }
    Ok(())
}

fn wrong(what: &str) -> Problem {
    Problem::Damaged(format!("{WHAT}: {what}"))
}
