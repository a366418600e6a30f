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
    /// The storage engine, `record` or `block`.
    pub engine: String,
    /// When the store was created, to the millisecond: half of its id, and what `db.info()` tells of it.
    pub store_created_at: Timestamp,
    /// The store's id: when it was created, and a random number.
    pub store_id: String,
}

/// Reads metadata; of version 2, where `versioned`.
pub(super) fn read(input: &mut impl Read, versioned: bool) -> Result<Description, Problem> {
    if versioned {
        version(input, "metadata", METADATA_VERSION)?;
    }
    version(input, "a store id", STORE_ID_VERSION)?;
    let created_ms = i64::from_be_bytes(take(input)?);
    let random = u64::from_be_bytes(take(input)?);
    let engine = text(short(input)?, "the storage engine")?;
    short(input)?;
    skip(input, 2)?;
    short(input)?;
    let database = text(short(input)?, "the name of the database")?;
    let seconds = i64::from_be_bytes(take(input)?);
    let [lowest, highest] = [i64::from_be_bytes(take(input)?), i64::from_be_bytes(take(input)?)];
    let bits = short(input)?;
    if versioned {
        fields(input)?;
    }
    let full = bits.first().is_some_and(|bits| bits & FULL != 0);
    if full && lowest > highest {
        return Err(wrong(&format!("its header names the changes from {lowest} to {highest}")));
    }
    Ok(Description {
        database,
        taken_at: moment(seconds, 1_000_000, "of the backup")?,
        full,
        engine,
        store_created_at: moment(created_ms, 1_000, "at which the store was created")?,
        store_id: format!("{created_ms}-{random:016x}"),
    })
}

fn moment(count: i64, micros: i64, what: &str) -> Result<Timestamp, Problem> {
    let micros = count.checked_mul(micros).ok_or_else(|| wrong(&format!("the time {what} is out of range")))?;
    Ok(Timestamp::from_micros(micros))
}

fn text(bytes: Vec<u8>, what: &str) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|_| wrong(&format!("{what} is not UTF-8")))
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

/// How many files and bytes an archive announces, behind the version that says that it does.
pub(super) fn sizes(input: &mut impl Read) -> Result<(u64, u64), Problem> {
    Ok((u64::from_be_bytes(take(input)?), u64::from_be_bytes(take(input)?)))
}

/// Reads over `count` bytes; fewer are an error.
fn skip(input: &mut impl Read, count: u64) -> Result<(), Problem> {
    let skipped = std::io::copy(&mut input.take(count), &mut std::io::sink()).map_err(|error| damaged(WHAT, &error))?;
    if skipped == count { Ok(()) } else { Err(Problem::Truncated(WHAT)) }
}

fn wrong(what: &str) -> Problem {
    Problem::Damaged(what.to_owned())
}
