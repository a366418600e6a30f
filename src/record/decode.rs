//! A line to an event.

use super::data::read_data;
use super::encode::Header;
use super::frame::{Frame, FrameError};
use super::types::TYPES;
use crate::base::{Actor, Digest, Timestamp};
use crate::engine::event::Event;

/// A line, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it holds beside its event.
    pub header: Header,
    /// The event.
    pub event: Event,
    /// Its hash.
    pub hash: Digest,
}

/// A line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is not a line.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Its type is unknown.
    #[error("record {seq} has the unknown type {kind}, written by a newer surefoot")]
    UnknownType {
        /// Its number.
        seq: u64,
        /// Its type, made of letters and dots.
        kind: String,
    },
    /// A field of it is absent or has a wrong value.
    #[error("record {seq} ({kind}) has wrong data: {reason}")]
    Data {
        /// Its number.
        seq: u64,
        /// Its type.
        kind: String,
        /// What is wrong, in one phrase.
        reason: String,
    },
}

impl DecodeError {
    /// Whether a newer version of surefoot wrote the line.
    pub const fn is_newer(&self) -> bool {
        matches!(self, Self::Frame(FrameError::Newer(_)) | Self::UnknownType { .. })
    }
}

/// Reads a line that ends with its newline. Its place in the chain is not checked.
pub fn decode(line: &[u8]) -> Result<Record, DecodeError> {
    let frame = Frame::read(line)?;
    let event = event_of(&frame)?;
    let wrong = || DecodeError::Data { seq: frame.seq, kind: frame.kind.to_owned(), reason: "prev".to_owned() };
    let prev = frame.prev.parse().map_err(|_| wrong())?;
    let Frame { seq, durable, epoch, hash, .. } = frame;
    Ok(Record { header: Header { seq, durable, epoch, prev }, event, hash })
}

/// The event of a line that was taken apart before.
pub fn event_of(frame: &Frame<'_>) -> Result<Event, DecodeError> {
    let wrong = |reason: String| DecodeError::Data { seq: frame.seq, kind: frame.kind.to_owned(), reason };
    if !TYPES.contains(&frame.kind) {
        return Err(DecodeError::UnknownType { seq: frame.seq, kind: frame.kind.to_owned() });
    }
    let at: Timestamp = frame.ts.parse().map_err(|error| wrong(format!("ts: {error}")))?;
    let actor: String = serde_json::from_str(frame.actor).map_err(|error| wrong(format!("actor: {error}")))?;
    let actor: Actor = actor.parse().map_err(|error| wrong(format!("actor: {error}")))?;
    let body = read_data(frame.kind, frame.data).map_err(|error| wrong(error.to_string()))?;
    Ok(Event { at, mono_ms: frame.mono_ms, actor, body })
}
