//! The readable header of a backup artifact.

use super::noise::step;
use super::spec::{ArchiveError, Spec};
use std::io::Read;

const METADATA_VERSION: u8 = 2;
const STORE_ID_VERSION: u8 = 1;
const ENGINE: &[u8] = b"record";
const STORE_FORMAT: &[u8] = b"aligned";

/// The header from the version byte to the last byte before the zstd frame.
pub(super) fn encode(spec: &Spec) -> Result<Vec<u8>, ArchiveError> {
    let mut state = spec.seed;
    let mut bytes = vec![METADATA_VERSION, STORE_ID_VERSION];
    let created_ms = spec.store_created_at.as_micros() / 1000;
    bytes.extend_from_slice(&created_ms.to_be_bytes());
    bytes.extend_from_slice(&step(&mut state).to_be_bytes());
    for part in [ENGINE, STORE_FORMAT] {
        put_short(&mut bytes, part)?;
    }
    bytes.extend_from_slice(&[1, 1]);
    let uuid = [step(&mut state).to_be_bytes(), step(&mut state).to_be_bytes()].concat();
    put_short(&mut bytes, &uuid)?;
    put_short(&mut bytes, spec.database.as_bytes())?;
    let highest = step(&mut state) % 1_000_000 + 2;
    for number in [spec.taken_at.as_secs(), 2, i64::try_from(highest).unwrap_or(i64::MAX)] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(&[1, 0b011 | u8::from(spec.full) << 2]);
    bytes.extend_from_slice(&0_u32.to_be_bytes());
    Ok(bytes)
}

/// Reads over the header that stands behind the magic.
pub(super) fn skip(input: &mut impl Read) -> Result<(), ArchiveError> {
    expect_version(input, "backup metadata", METADATA_VERSION)?;
    expect_version(input, "store id", STORE_ID_VERSION)?;
    skip_bytes(input, 16)?;
    skip_short(input)?;
    skip_short(input)?;
    skip_bytes(input, 2)?;
    skip_short(input)?;
    skip_short(input)?;
    skip_bytes(input, 24)?;
    skip_short(input)?;
    for _ in 0..take_u32(input)?.saturating_mul(2) {
        let length = take_u32(input)?;
        skip_bytes(input, u64::from(length))?;
    }
    Ok(())
}

fn put_short(bytes: &mut Vec<u8>, part: &[u8]) -> Result<(), ArchiveError> {
    bytes.push(u8::try_from(part.len()).map_err(|_| ArchiveError::Name(part.len()))?);
    bytes.extend_from_slice(part);
    Ok(())
}

fn expect_version(input: &mut impl Read, what: &'static str, wanted: u8) -> Result<(), ArchiveError> {
    let version = take_u8(input)?;
    if version == wanted { Ok(()) } else { Err(ArchiveError::Version { what, version: u32::from(version) }) }
}

fn skip_short(input: &mut impl Read) -> Result<(), ArchiveError> {
    let length = take_u8(input)?;
    skip_bytes(input, u64::from(length))
}

/// Reads over `count` bytes; fewer are an error.
pub(super) fn skip_bytes(input: &mut impl Read, count: u64) -> Result<(), ArchiveError> {
    let skipped = std::io::copy(&mut input.take(count), &mut std::io::sink()).map_err(ArchiveError::Read)?;
    if skipped == count { Ok(()) } else { Err(ArchiveError::Read(std::io::ErrorKind::UnexpectedEof.into())) }
}

fn take_u8(input: &mut impl Read) -> Result<u8, ArchiveError> {
    let mut byte = [0];
    input.read_exact(&mut byte).map_err(ArchiveError::Read)?;
    Ok(u8::from_be_bytes(byte))
}

/// The next four bytes as a number.
pub(super) fn take_u32(input: &mut impl Read) -> Result<u32, ArchiveError> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes).map_err(ArchiveError::Read)?;
    Ok(u32::from_be_bytes(bytes))
}
