//! Reading an archive back.

use super::header;
use super::spec::{ArchiveError, Contents, DESCRIPTION, DESCRIPTION_MAX};
use std::io::Read;

/// Reads an archive to its end in constant memory and returns what it is a copy of.
///
/// A file that was cut anywhere, or has bytes behind its end, is an error even where the description was found.
pub fn read_back(mut input: impl Read) -> Result<Contents, ArchiveError> {
    let mut magic = [0; 4];
    input.read_exact(&mut magic).map_err(ArchiveError::Read)?;
    match &magic {
        b"BZV3" => {
            header::skip(&mut input)?;
            decompress(input)
        }
        b"DZV1" => decompress(input),
        [0x28, 0xb5, 0x2f, 0xfd] => decompress(magic.as_slice().chain(input)),
        _ => Err(ArchiveError::Magic(magic)),
    }
}

fn decompress(input: impl Read) -> Result<Contents, ArchiveError> {
    let mut stream = zstd::Decoder::new(input).map_err(ArchiveError::Read)?;
    skip_sizes(&mut stream)?;
    let mut found = None;
    let mut tar = tar::Archive::new(&mut stream);
    for entry in tar.entries().map_err(ArchiveError::Read)? {
        let entry = entry.map_err(ArchiveError::Read)?;
        if entry.path_bytes().as_ref() == DESCRIPTION.as_bytes() {
            let mut text = Vec::new();
            entry.take(DESCRIPTION_MAX).read_to_end(&mut text).map_err(ArchiveError::Read)?;
            found = Some(serde_json::from_slice(&text).map_err(ArchiveError::Description)?);
        }
    }
    // The tar reader stops at its end mark; only the end of the zstd stream proves that the file is whole.
    std::io::copy(&mut stream, &mut std::io::sink()).map_err(ArchiveError::Read)?;
    found.ok_or(ArchiveError::Foreign)
}

/// Reads over the mark and the sizes with which the content begins.
fn skip_sizes(stream: &mut impl Read) -> Result<(), ArchiveError> {
    let mark = header::take_u32(stream)?;
    if mark.to_be_bytes() != *b"zstd" {
        return Err(ArchiveError::Version { what: "content (it does not begin with zstd)", version: mark });
    }
    let version = header::take_u32(stream)?;
    if version != 1 {
        return Err(ArchiveError::Version { what: "sizes", version });
    }
    header::skip_bytes(stream, 16)
}
