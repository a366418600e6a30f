//! What a backup says about itself.

use super::Problem;
use super::problem::damaged;
use crate::base::Timestamp;
use std::io::Read;

/// Where this ends too early, the message says so.
const WHAT: &str = "its header";
const METADATA_VERSION: u8 = 2;
const STORE_ID_VERSION: u8 = 1;
/// More further fields than this are no header.
const FIELDS_MAX: u32 = 1_000;
/// A field longer than this is no field; the longest that is written is a script of at most 1 MiB.
const FIELD_MAX: u32 = 16 << 20;
const FULL: u8 = 1 << 2;

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The name of the database.
    pub database: String,
    /// When the backup was taken, in whole seconds.
    pub taken_at: Timestamp,
    /// Whether it can be restored alone.
    pub full: bool,
}

/// Reads metadata; of version 2, where `versioned`.
pub(super) fn read(input: &mut impl Read, versioned: bool) -> Result<Description, Problem> {
    if versioned {
        version(input, "metadata", METADATA_VERSION)?;
    }
    version(input, "a store id", STORE_ID_VERSION)?;
    skip(input, 16)?;
    short(input)?;
    short(input)?;
    skip(input, 2)?;
    short(input)?;
    let name = short(input)?;
    let seconds = i64::from_be_bytes(take(input)?);
    skip(input, 16)?;
    let bits = short(input)?;
    if versioned {
        fields(input)?;
    }
    let database = String::from_utf8(name).map_err(|_| wrong("the name of the database is not UTF-8"))?;
    let micros = seconds.checked_mul(1_000_000).ok_or_else(|| wrong("the time of the backup is out of range"))?;
    let full = bits.first().is_some_and(|bits| bits & FULL != 0);
    Ok(Description { database, taken_at: Timestamp::from_micros(micros), full })
}

fn fields(input: &mut impl Read) -> Result<(), Problem> {
    let number = u32::from_be_bytes(take(input)?);
    if number > FIELDS_MAX {
        return Err(wrong("its header has too many fields"));
    }
    for _ in 0..number.saturating_mul(2) {
        let length = u32::from_be_bytes(take(input)?);
        if length > FIELD_MAX {
            return Err(wrong("a field of its header is too long"));
        }
        skip(input, u64::from(length))?;
    }
    Ok(())
}

fn version(input: &mut impl Read, what: &'static str, known: u8) -> Result<(), Problem> {
    let [version] = take(input)?;
    if version == known { Ok(()) } else { Err(Problem::Version { what, version }) }
}

/// Bytes behind a length of one byte.
fn short(input: &mut impl Read) -> Result<Vec<u8>, Problem> {
    let [length] = take(input)?;
    let mut bytes = vec![0; usize::from(length)];
    input.read_exact(&mut bytes).map_err(|error| damaged(WHAT, &error))?;
    Ok(bytes)
}

fn take<const N: usize>(input: &mut impl Read) -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).map_err(|error| damaged(WHAT, &error))?;
    Ok(bytes)
}

/// Reads over `count` bytes; fewer are an error.
pub(super) fn skip(input: &mut impl Read, count: u64) -> Result<(), Problem> {
    let skipped = std::io::copy(&mut input.take(count), &mut std::io::sink()).map_err(|error| damaged(WHAT, &error))?;
    if skipped == count { Ok(()) } else { Err(Problem::Truncated(WHAT)) }
}

fn wrong(what: &str) -> Problem {
    Problem::Damaged(what.to_owned())
}
