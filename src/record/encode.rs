//! An event to a line.

use super::data::write_data;
use super::formatter::Plain;
use super::frame::{BATCH_LIMIT, VERSION, hash_of};
use crate::base::Digest;
use crate::engine::event::Event;
use serde::Serialize as _;
use std::io::Write as _;

/// What a line holds beside its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its number; the first line of a run has 0.
    pub seq: u64,
    /// The highest number known to be durable when the line was made; none for the first.
    pub durable: Option<u64>,
    /// The session that wrote it, from 1.
    pub epoch: u64,
    /// Hash of the line before; [`Digest::ZERO`] for the first.
    pub prev: Digest,
}

/// An event cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The line would be longer than a batch may be.
    #[error("the record {kind} of {step} would have {len} bytes (at most {BATCH_LIMIT} are allowed)")]
    TooLong {
        /// Its type.
        kind: &'static str,
        /// Its step, or `the run`.
        step: String,
        /// Its length in bytes.
        len: usize,
    },
    /// Its data has no JSON form that can be read back.
    #[error("the record {kind} of {step} cannot be written as JSON: {reason}")]
    Data {
        /// Its type.
        kind: &'static str,
        /// Its step, or `the run`.
        step: String,
        /// Why, in one phrase.
        reason: String,
    },
}

/// Appends the line of an event to `out` and returns its hash. After an error `out` is as it was before.
pub fn encode(event: &Event, header: &Header, out: &mut Vec<u8>) -> Result<Digest, EncodeError> {
    let start = out.len();
    let step = || event.body.step().map_or_else(|| "the run".to_owned(), str::to_owned);
    let kind = event.body.name();
    if let Err(error) = write_body(event, header, out) {
        out.truncate(start);
        return Err(EncodeError::Data { kind, step: step(), reason: error.to_string() });
    }
    let hash = hash_of(out.get(start..).unwrap_or_default());
    out.extend_from_slice(br#","h":""#);
    push_hex(out, &hash);
    out.extend_from_slice(b"\"}\n");
    let len = out.len() - start;
    if len > BATCH_LIMIT {
        out.truncate(start);
        return Err(EncodeError::TooLong { kind, step: step(), len });
    }
    Ok(hash)
}

fn write_body(event: &Event, header: &Header, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let io = serde_json::Error::io;
    let Header { seq, epoch, .. } = header;
    write!(out, r#"{{"v":{VERSION},"seq":{seq},"d":"#).map_err(io)?;
    match header.durable {
        None => out.extend_from_slice(b"-1"),
        Some(durable) => write!(out, "{durable}").map_err(io)?,
    }
    let kind = event.body.name();
    write!(out, r#","ep":{epoch},"ts":"{}","mono":{},"type":"{kind}","actor":"#, event.at, event.mono_ms)
        .map_err(io)?;
    super::word::Text(&event.actor).serialize(&mut json(out))?;
    out.extend_from_slice(br#","data":"#);
    write_data(&event.body, &mut json(out))?;
    out.extend_from_slice(br#","prev":""#);
    push_hex(out, &header.prev);
    out.push(b'"');
    Ok(())
}

fn json(out: &mut Vec<u8>) -> serde_json::Serializer<&mut Vec<u8>, Plain> {
    serde_json::Serializer::with_formatter(out, Plain::default())
}

fn push_hex(out: &mut Vec<u8>, digest: &Digest) {
    out.extend_from_slice(&digest.to_hex());
}
