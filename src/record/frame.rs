//! A line taken apart, without reading its data.

use crate::base::{Digest, Hasher};
use serde::de::IgnoredAny;

/// The longest batch, in bytes: one write with one sync. It is the longest line as well.
pub const BATCH_LIMIT: usize = 256 * 1024;

/// The version of the line format that this version of surefoot writes and reads.
pub const VERSION: u64 = 1;

/// What is hashed before the line's own bytes.
const DOMAIN: &[u8] = b"surefoot/v1\n";

/// Bytes of `,"h":"<64 hex>"}` with the newline.
const SUFFIX_LEN: usize = 73;

/// Bytes of `,"prev":"<64 hex>"`.
const PREV_LEN: usize = 74;

/// A line whose form and hash are right. Whether it continues the chain is for [`Chain`](super::Chain) to say.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its number.
    pub seq: u64,
    /// The highest number known to be durable when it was made.
    pub durable: Option<u64>,
    /// Its session.
    pub epoch: u64,
    /// When, as written.
    pub ts: &'a str,
    /// Milliseconds of a clock that never goes back.
    pub mono_ms: u64,
    /// The type of the record.
    pub kind: &'a str,
    /// By whom: the JSON string with its quotes.
    pub actor: &'a str,
    /// The data: a JSON object.
    pub data: &'a str,
    /// Hash of the line before, in hexadecimal.
    pub prev: &'a str,
    /// Hash of this line.
    pub hash: Digest,
}

/// Why bytes are not a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It does not end in a newline.
    #[error("the line does not end")]
    NoNewline,
    /// The hash at its end is not its hash.
    #[error("the line does not have its own hash")]
    Hash,
    /// A key is absent, out of order or has a wrong value.
    #[error("the line is not a record at `{0}`")]
    Form(&'static str),
    /// The hash is right, but the format is one that this version does not know.
    #[error("the line has format {0}, written by a newer surefoot")]
    Newer(u64),
}

impl<'a> Frame<'a> {
    /// Takes a line apart; `line` ends with its newline. The data is checked to be JSON.
    pub fn read(line: &'a [u8]) -> Result<Self, FrameError> {
        if line.last() != Some(&b'\n') {
            return Err(FrameError::NoNewline);
        }
        let (body, suffix) = line.split_at_checked(line.len().wrapping_sub(SUFFIX_LEN)).ok_or(FrameError::Form("h"))?;
        let hash = hash_of(body);
        let own = suffix.strip_prefix(br#","h":""#).and_then(|rest| rest.strip_suffix(b"\"}\n"));
        if own != Some(hash.to_hex().as_slice()) {
            return Err(FrameError::Hash);
        }
        let body = std::str::from_utf8(body).map_err(|_| FrameError::Form("utf-8"))?;
        Self::take_apart(body, hash)
    }

    fn take_apart(body: &'a str, hash: Digest) -> Result<Self, FrameError> {
        let mut rest = body;
        let version = number(&mut rest, r#"{"v":"#, "v")?;
        if version > VERSION {
            return Err(FrameError::Newer(version));
        }
        let seq = number(&mut rest, r#","seq":"#, "seq")?;
        let durable = if let Some(after) = rest.strip_prefix(r#","d":-1"#) {
            rest = after;
            None
        } else {
            Some(number(&mut rest, r#","d":"#, "d")?)
        };
        let epoch = number(&mut rest, r#","ep":"#, "ep")?;
        let ts = word(&mut rest, r#","ts":""#, "ts")?;
        let mono_ms = number(&mut rest, r#","mono":"#, "mono")?;
        let kind = word(&mut rest, r#","type":""#, "type")?;
        let actor = string(&mut rest, r#","actor":"#, "actor")?;
        let rest = rest.strip_prefix(r#","data":"#).ok_or(FrameError::Form("data"))?;
        let (data, link) = rest.split_at_checked(rest.len().wrapping_sub(PREV_LEN)).ok_or(FrameError::Form("prev"))?;
        let prev = link.strip_prefix(r#","prev":""#).and_then(|hex| hex.strip_suffix('"'));
        let prev = prev.filter(|hex| is_hex(hex)).ok_or(FrameError::Form("prev"))?;
        if version != VERSION || !data.starts_with('{') || serde_json::from_str::<IgnoredAny>(data).is_err() {
            return Err(FrameError::Form(if version == VERSION { "data" } else { "v" }));
        }
        Ok(Self { seq, durable, epoch, ts, mono_ms, kind, actor, data, prev, hash })
    }
}

/// The hash of a line, from its bytes before `,"h":`.
pub(super) fn hash_of(body: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    hasher.update(body);
    hasher.finish()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A number as JSON has it: without sign and without leading zeros.
fn number(rest: &mut &str, key: &str, name: &'static str) -> Result<u64, FrameError> {
    let wrong = FrameError::Form(name);
    let after = rest.strip_prefix(key).ok_or(wrong)?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (text, after) = after.split_at(digits);
    if digits > 1 && text.starts_with('0') {
        return Err(wrong);
    }
    *rest = after;
    text.parse().map_err(|_| wrong)
}

/// A string of characters that never need an escape.
fn word<'a>(rest: &mut &'a str, key: &str, name: &'static str) -> Result<&'a str, FrameError> {
    let wrong = FrameError::Form(name);
    let after = rest.strip_prefix(key).ok_or(wrong)?;
    let (text, after) = after.split_once('"').ok_or(wrong)?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-+".contains(&byte)) {
        return Err(wrong);
    }
    *rest = after;
    Ok(text)
}

/// A JSON string, returned with its quotes.
fn string<'a>(rest: &mut &'a str, key: &str, name: &'static str) -> Result<&'a str, FrameError> {
    let wrong = FrameError::Form(name);
    let after = rest.strip_prefix(key).filter(|after| after.starts_with('"')).ok_or(wrong)?;
    let mut escaped = false;
    let end = after.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    let (text, after) = end.and_then(|end| after.split_at_checked(end + 2)).ok_or(wrong)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| wrong)?;
    *rest = after;
    Ok(text)
}
