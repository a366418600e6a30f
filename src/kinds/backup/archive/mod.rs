//! Exported backup files, read to their end: what they say they are, and whether they are whole.
//!
//! Layout, all integers big-endian (docs/aura-api.md, "Backup files", and the open source of Neo4j where that leaves
//! things open):
//!
//! ```text
//! DGV1   gzip( tar )                          1F8B…      gzip( tar ), early dumps, and the tar of AuraDS
//! DZV1   zstd( "zstd" sizes tar )             28B52FFD…  zstd( "zstd" sizes tar )
//! BTV1   metadata, tar                        BTV2       02, metadata, fields, tar
//! BZV1   zstd( "zstd" metadata sizes tar )    BZV2       zstd( "zstd" 02 metadata fields sizes tar )
//! BZV3   02, metadata, fields, zstd( "zstd" sizes tar )
//!
//! sizes     int32 1, int64 number of files, int64 number of bytes
//! metadata  store id: 01, int64, int64, len8 engine, len8 format, major, minor
//!           len8 database id; len8 database name; int64 time in seconds since 1970; int64, int64
//!           len8 bits: 0 recovered, 1 compressed, 2 full
//! fields    int32 number, each: int32 length and key, int32 length and value
//! ```
//!
//! Every reader of Neo4j's own archives writes `"zstd"` first into a zstd stream and `sizes` before the tar; both are
//! read where they stand and not missed where they do not. Nothing here allocates by a length that a file names without
//! a limit, nothing is unpacked without one, and nothing decides by an extension.
//!
//! That a file is a whole archive is not enough: there must be a store in it. The tar of a data science instance holds
//! a dump beside other files, and that dump is read through like one that stands alone.

mod header;
mod member;
mod problem;
mod tar;
mod unpacked;

pub use header::Description;
pub use problem::Problem;

use crate::base::{PlantedBug, planted};
use problem::damaged;
use std::cell::Cell;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::rc::Rc;
use unpacked::{Packed, Unpacked};

/// How many bytes are asked of the source at a time: a block of zstd.
const CHUNK: usize = 1 << 17;
/// The largest window of a zstd stream, 2^27 bytes = 128 MiB: that of every compressor without `--ultra --long`.
const WINDOW_LOG_MAX: u32 = 27;
/// The storage engines whose files have known names.
const ENGINES: [&str; 2] = ["record", "block"];
/// So much of a file that is none is looked at to say what it is.
const PEEK: usize = 4 << 10;

/// A file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The format by its magic: `BZV3`, `DZV1`, …; `GZIP` or `ZSTD` where it has none of its own.
    pub format: &'static str,
    /// The extension its format goes by: `backup`, `dump` or `tar`.
    pub extension: &'static str,
    /// What the header says, where the format has one.
    pub description: Option<Description>,
    /// Number of files in it.
    pub files: u64,
    /// Number of bytes in these files.
    pub bytes: u64,
    /// Number of bytes in the files of the database, unpacked.
    pub store_bytes: u64,
    /// Whether there is a file in it that is known to be one of a store.
    pub holds_store: bool,
}

/// A format, by the first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Tar(Metadata),
    Zstd(Metadata),
    /// Metadata outside, zstd inside.
    Open,
    Gzip,
}

/// Which metadata stands in front of the tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metadata {
    None,
    V1,
    V2,
}

/// The name of the format that begins with these bytes; nothing where it is none.
pub fn format_of(start: &[u8]) -> Option<&'static str> {
    recognise(start).map(|(name, _)| name)
}

fn recognise(start: &[u8]) -> Option<(&'static str, Format)> {
    let known: [(&[u8], &'static str, Format); 9] = [
        (b"BZV3", "BZV3", Format::Open),
        (b"BZV2", "BZV2", Format::Zstd(Metadata::V2)),
        (b"BZV1", "BZV1", Format::Zstd(Metadata::V1)),
        (b"BTV2", "BTV2", Format::Tar(Metadata::V2)),
        (b"BTV1", "BTV1", Format::Tar(Metadata::V1)),
        (b"DZV1", "DZV1", Format::Zstd(Metadata::None)),
        (b"DGV1", "DGV1", Format::Gzip),
        (&[0x28, 0xb5, 0x2f, 0xfd], "ZSTD", Format::Zstd(Metadata::None)),
        (&[0x1f, 0x8b], "GZIP", Format::Gzip),
    ];
    known.into_iter().find(|(magic, ..)| start.starts_with(magic)).map(|(_, name, format)| (name, format))
}

/// Reads a file to its end, in constant memory.
pub fn examine(input: impl Read) -> Result<Archive, Problem> {
    let packed = Rc::new(Cell::new(0));
    let input = BufReader::with_capacity(CHUNK, Packed { inner: input, count: packed.clone() });
    let (name, (description, contents)) = through(Box::new(input), &packed, true)?;
    // Engines that come later may name their files otherwise; then the header alone vouches for them.
    let is_known = description.as_ref().is_none_or(|header| ENGINES.contains(&header.engine.as_str()));
    if is_known && !contents.holds_store {
        let first = contents.first.unwrap_or_default();
        return Err(Problem::NoStore { files: contents.files, first });
    }
    let extension = match (name, contents.dump.is_some()) {
        ("GZIP", true) => "tar",
        ("GZIP" | "ZSTD" | "DGV1" | "DZV1", _) => "dump",
        _ => "backup",
    };
    let store_bytes = contents.dump.as_ref().map_or(contents.bytes, |dump| dump.bytes);
    let tar::Contents { files, bytes, holds_store, .. } = contents;
    Ok(Archive { format: name, extension, description, files, bytes, store_bytes, holds_store })
}

type Inside = (Option<Description>, tar::Contents);

/// Reads a file, or a dump in one, to its end; a dump in a dump is a file like others.
fn through<'a>(
    mut input: Box<dyn BufRead + 'a>,
    packed: &Rc<Cell<u64>>,
    is_outermost: bool,
) -> Result<(&'static str, Inside), Problem> {
    let unread = |error| if is_outermost { problem::unreadable(error) } else { damaged("the dump", &error) };
    let start = first(&mut input, PEEK).map_err(unread)?;
    let Some((name, format)) = recognise(&start) else { return Err(problem::foreign(&start)) };
    let magic = if matches!(name, "GZIP" | "ZSTD") { 0 } else { 4 };
    let rest = start.get(magic..).unwrap_or_default().to_vec();
    let mut input: Box<dyn BufRead + 'a> = Box::new(Cursor::new(rest).chain(input));
    let layer = Layer { packed, is_outermost };
    let found = match format {
        Format::Tar(metadata) => layer.inside(input, metadata)?,
        Format::Zstd(metadata) => layer.inside_zstd(input, metadata)?,
        Format::Open => {
            let description = full(header::read(&mut input, true)?)?;
            if planted(PlantedBug::HeaderBelieved) {
                let believed = tar::Contents { bytes: u64::MAX, holds_store: true, ..tar::Contents::default() };
                return Ok((name, (Some(description), believed)));
            }
            let (_, contents) = layer.inside_zstd(input, Metadata::None)?;
            (Some(description), contents)
        }
        Format::Gzip => {
            let decoder = Unpacked::new(flate2::bufread::MultiGzDecoder::new(input), packed);
            layer.inside(Box::new(BufReader::with_capacity(CHUNK, decoder)), Metadata::None)?
        }
    };
    Ok((name, found))
}

/// A file, or a dump in one.
struct Layer<'p> {
    packed: &'p Rc<Cell<u64>>,
    is_outermost: bool,
}

impl Layer<'_> {
    fn inside_zstd(&self, input: Box<dyn BufRead + '_>, metadata: Metadata) -> Result<Inside, Problem> {
        const WHAT: &str = "the zstd stream";
        let mut decoder = zstd::Decoder::with_buffer(input).map_err(|error| damaged(WHAT, &error))?;
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(|error| damaged(WHAT, &error))?;
        let stream = Box::new(BufReader::with_capacity(CHUNK, Unpacked::new(decoder, self.packed)));
        let (_, stream) = after_mark(stream, *b"zstd", WHAT)?;
        self.inside(stream, metadata)
    }

    /// What stands in the innermost stream: metadata, sizes, a tar, and nothing else.
    fn inside(&self, mut stream: Box<dyn BufRead + '_>, metadata: Metadata) -> Result<Inside, Problem> {
        let description = match metadata {
            Metadata::None => None,
            Metadata::V1 => Some(full(header::read(&mut stream, false)?)?),
            Metadata::V2 => Some(full(header::read(&mut stream, true)?)?),
        };
        // A tar begins with a name, or with nothing but zeros; so this mark is none.
        let (has_sizes, mut stream) = after_mark(stream, [0, 0, 0, 1], "the archive")?;
        let sizes = if has_sizes { Some(header::sizes(&mut stream)?) } else { None };
        let mut nested = |entry: &mut dyn BufRead| self.dump(entry);
        let contents = tar::walk(&mut stream, &mut nested)?;
        match sizes {
            // Writers count beforehand what they are going to write; more may come, less may not.
            Some((files, bytes)) if contents.files < files || contents.bytes < bytes => Err(Problem::Incomplete(
                format!("{files} files with {bytes} bytes"),
                format!("{} with {}", contents.files, contents.bytes),
            )),
            _ => Ok((description, contents)),
        }
    }

    fn dump(&self, entry: &mut dyn BufRead) -> Result<tar::Contents, Problem> {
        if !self.is_outermost {
            let bytes = std::io::copy(entry, &mut std::io::sink()).map_err(|error| damaged("the dump", &error))?;
            return Ok(tar::Contents { bytes, ..tar::Contents::default() });
        }
        let (_, (_, contents)) = through(Box::new(entry), self.packed, false)?;
        Ok(contents)
    }
}

/// The stream behind a mark, and whether that was there; the whole stream where it was not.
fn after_mark<'a>(
    mut stream: Box<dyn BufRead + 'a>,
    mark: [u8; 4],
    what: &'static str,
) -> Result<(bool, Box<dyn BufRead + 'a>), Problem> {
    let start = first(&mut stream, mark.len()).map_err(|error| damaged(what, &error))?;
    if start == mark { Ok((true, stream)) } else { Ok((false, Box::new(Cursor::new(start).chain(stream)))) }
}

/// The first `count` bytes, or fewer where there are no more.
fn first(input: &mut impl Read, count: usize) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(count);
    input.take(count as u64).read_to_end(&mut start)?;
    Ok(start)
}

fn full(description: Description) -> Result<Description, Problem> {
    if description.full { Ok(description) } else { Err(Problem::Partial(description.taken_at)) }
}
