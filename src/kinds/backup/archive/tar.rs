//! A tar read to its end: every header's checksum, every entry's length, the end mark, and nothing behind it.
//!
//! Own code, because what is wanted is not the content but the proof that it is all there: the reader of the `tar`
//! crate takes a stream that stops between two entries for a whole one, and keeps long names in memory.

use super::problem::damaged;
use super::{Problem, member};
use std::io::{BufRead, Read};

const BLOCK: usize = 512;
const WHAT: &str = "the tar inside";
/// An extended header longer than this is not read for a size or a name.
const EXTENDED_MAX: u64 = 1 << 20;

/// What a tar holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// The first file, for messages.
    pub(super) first: Option<String>,
    /// Whether there are files of a store, here or in the dump.
    pub(super) holds_store: bool,
    /// What the dump in it holds, where one of the files is a dump.
    pub(super) dump: Option<Box<Contents>>,
}

/// Reads a dump that stands in a tar to its end.
pub(super) type Nested<'a> = &'a mut dyn FnMut(&mut dyn BufRead) -> Result<Contents, Problem>;

/// Size and name of the next entry, from the extended header in front of it.
#[derive(Default)]
struct Extended {
    size: Option<u64>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

/// Walks over all entries to the end of the stream.
pub(super) fn walk(stream: &mut dyn BufRead, nested: Nested<'_>) -> Result<Contents, Problem> {
    let mut contents = Contents::default();
    let mut extended = Extended::default();
    loop {
        let block = block(stream)?;
        if block.iter().all(|byte| *byte == 0) {
            return end(stream, contents);
        }
        let header = Header::parse(&block)?;
        match header.kind {
            b'x' => pax(stream, header.size, &mut extended)?,
            b'L' => extended.name = long(stream, header.size)?,
            b'K' => extended.link = long(stream, header.size)?,
            b'g' => over(stream, header.size)?,
            kind => {
                let Extended { size, name, link } = std::mem::take(&mut extended);
                let name = name.unwrap_or(header.name);
                member::check(&name, &link.unwrap_or(header.link), kind)?;
                // Links, devices, directories and pipes have no content, whatever their size says.
                if !matches!(kind, b'1'..=b'6') {
                    file(stream, &name, size.unwrap_or(header.size), &mut contents, nested)?;
                }
            }
        }
    }
}

/// Reads over a file, through it where it is a dump.
fn file(
    stream: &mut dyn BufRead,
    name: &[u8],
    size: u64,
    contents: &mut Contents,
    nested: Nested<'_>,
) -> Result<(), Problem> {
    if member::is_dump(name) && contents.dump.is_none() {
        let mut entry = Read::take(&mut *stream, size);
        let dump = nested(&mut entry);
        let left = entry.limit();
        let dump = dump.map_err(|problem| match problem {
            // Not the dump ends too early, but what it stands in.
            Problem::Truncated(_) if left > 0 => Problem::Truncated(WHAT),
            Problem::Unreadable(_) | Problem::TooMuch(_) => problem,
            problem => Problem::Inside(member::shown(name), Box::new(problem)),
        })?;
        pass(stream, left.saturating_add(padding(size)))?;
        contents.holds_store |= dump.holds_store;
        contents.dump = Some(Box::new(dump));
    } else {
        over(stream, size)?;
    }
    contents.holds_store |= member::is_of_store(name);
    contents.first.get_or_insert_with(|| member::shown(name));
    contents.files = contents.files.saturating_add(1);
    contents.bytes = contents.bytes.saturating_add(size);
    Ok(())
}

/// Behind the first block of zeros there is another one, and behind that only zeros up to the end of the stream.
fn end(stream: &mut dyn BufRead, contents: Contents) -> Result<Contents, Problem> {
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
    name: Vec<u8>,
    link: Vec<u8>,
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
        let text = |from: usize, length: usize| until_zero(field(from, length)).to_vec();
        let mut name = text(0, 100);
        // POSIX writers put the directories of a longer name in front of it; others keep something else there.
        let prefix = if field(257, 6) == b"ustar\0" { text(345, 155) } else { Vec::new() };
        if !prefix.is_empty() {
            name = [prefix.as_slice(), b"/", name.as_slice()].concat();
        }
        let kind = field(156, 1).first().copied().unwrap_or(0);
        Ok(Self { kind, size, name, link: text(157, 100) })
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

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Size, name and target in an extended header; files over 8 GiB have their size only there.
fn pax(stream: &mut dyn BufRead, length: u64, extended: &mut Extended) -> Result<(), Problem> {
    let Some(bytes) = short(stream, length)? else { return Err(wrong("an extended header is too long")) };
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b' ')?;
        line.get(at + 1..)
    });
    for line in lines {
        if let Some(digits) = line.strip_prefix(b"size=") {
            let size = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            extended.size = Some(size.ok_or_else(|| wrong("the size of an entry is not a number"))?);
        } else if let Some(name) = line.strip_prefix(b"path=") {
            extended.name = Some(name.to_vec());
        } else if let Some(link) = line.strip_prefix(b"linkpath=") {
            extended.link = Some(link.to_vec());
        }
    }
    Ok(())
}

/// A name that has an entry of its own.
fn long(stream: &mut dyn BufRead, length: u64) -> Result<Option<Vec<u8>>, Problem> {
    let bytes = short(stream, length)?.ok_or_else(|| wrong("the name of an entry is too long"))?;
    Ok(Some(until_zero(&bytes).to_vec()))
}

/// The content of an extended header; nothing where it is longer than any.
fn short(stream: &mut dyn BufRead, length: u64) -> Result<Option<Vec<u8>>, Problem> {
    if length > EXTENDED_MAX {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut bytes).map_err(|error| damaged(WHAT, &error))?;
    pass(stream, padding(length))?;
    Ok(Some(bytes))
}

fn block(stream: &mut dyn BufRead) -> Result<[u8; BLOCK], Problem> {
    let mut block = [0; BLOCK];
    stream.read_exact(&mut block).map_err(|error| damaged(WHAT, &error))?;
    Ok(block)
}

fn padding(size: u64) -> u64 {
    let block = BLOCK as u64;
    (block - size % block) % block
}

/// Reads over an entry's content, padding included.
fn over(stream: &mut dyn BufRead, size: u64) -> Result<(), Problem> {
    let whole = size.checked_add(padding(size)).ok_or_else(|| wrong("the size of an entry is out of range"))?;
    pass(stream, whole)
}

fn pass(stream: &mut dyn BufRead, mut left: u64) -> Result<(), Problem> {
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
