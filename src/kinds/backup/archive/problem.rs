//! Why a file is no backup, in one sentence each.

use super::unpacked::TooMuch;
use crate::base::{Timestamp, escape};
use std::io;

/// So much text of an error page is repeated.
const TEXT_MAX: usize = 160;

/// Why a file cannot be taken for a backup.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is what a browser shows.
    #[error("the file is an HTML page and no backup, probably an error page that was saved in its place{0}")]
    Html(String),
    /// It is an error message of a service.
    #[error("the file is {0} message of a service and no backup: {1}")]
    Message(&'static str, String),
    /// It is an archive of another kind.
    #[error("the file is {0} and no backup of Neo4j")]
    Other(&'static str),
    /// It begins like nothing known.
    #[error("the file is no backup of Neo4j: it begins with {0}")]
    Unknown(String),
    /// It ends too early.
    #[error("the file is truncated: {0} ends too early; export or download it again")]
    Truncated(&'static str),
    /// Its content contradicts itself.
    #[error("the file is damaged: {0}; export or download it again")]
    Damaged(String),
    /// Its header is of a later version.
    #[error("the file has {what} of version {version}, which this surefoot does not know")]
    Version {
        /// Which structure.
        what: &'static str,
        /// The version found.
        version: u8,
    },
    /// It holds the changes since another backup.
    #[error("the file is a partial (differential) backup of {}, and only a full one can be restored alone", when(*.0))]
    Partial(Timestamp),
    /// It is whole, and nothing of a database is in it.
    #[error(
        "the archive holds no store of Neo4j: none of its {files} files is called neostore… or block.…, and the first \
         is {first}; export the snapshot again, and give the file as it was downloaded"
    )]
    NoStore {
        /// Number of files in it.
        files: u64,
        /// The name of the first.
        first: String,
    },
    /// Less stands in it than it says.
    #[error("the archive is not complete: it announces {0}, and {1} are there; export or download it again")]
    Incomplete(String, String),
    /// A name in it leads out of the place that it is unpacked in.
    #[error(
        "the archive names {0}, which lies outside of where it is unpacked; no backup does, so do not use this file"
    )]
    Escapes(String),
    /// It unpacks to far more than a store.
    #[error("the file unpacks to {0}, which no backup does; do not use it, and export the snapshot again")]
    TooMuch(String),
    /// Something is wrong with the dump in it.
    #[error("{0}, which is in the archive, is no dump: {1}")]
    Inside(String, Box<Problem>),
    /// The disk failed.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

/// What failed while the file itself was read.
pub(super) fn unreadable(error: io::Error) -> Problem {
    Problem::Unreadable(error)
}

/// What failed in a stream inside the file. Where the source failed, that is told and not the stream.
pub(super) fn damaged(what: &'static str, error: &io::Error) -> Problem {
    if let Some(too_much) = error.get_ref().filter(|inner| inner.is::<TooMuch>()) {
        return Problem::TooMuch(too_much.to_string());
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Truncated(what),
        _ if error.raw_os_error().is_some() => Problem::Unreadable(io::Error::new(error.kind(), error.to_string())),
        _ => Problem::Damaged(format!("{what} is not readable ({})", escape(&error.to_string()))),
    }
}

/// What a file is that has none of the magics, from its first bytes.
pub(super) fn foreign(start: &[u8]) -> Problem {
    if start.is_empty() {
        return Problem::Empty;
    }
    if start.len() < 4 {
        return Problem::Truncated("its first word");
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower = text.get(..text.len().min(64)).unwrap_or(text).to_lowercase();
    match lower.as_bytes().first() {
        Some(b'<') if lower.starts_with("<?xml") || lower.starts_with("<error") => {
            Problem::Message("an XML", plain(text))
        }
        Some(b'<') if ["<!doctype", "<html", "<head", "<body", "<!--"].iter().any(|tag| lower.starts_with(tag)) => {
            Problem::Html(title(text))
        }
        Some(b'{' | b'[') if start.iter().all(|byte| *byte >= 0x20 || byte.is_ascii_whitespace()) => {
            Problem::Message("a JSON", cut(text))
        }
        _ if start.starts_with(b"PK\x03\x04") => Problem::Other("a ZIP archive"),
        _ if start.get(257..262) == Some(b"ustar") => Problem::Other("a bare tar archive"),
        _ if start.iter().all(|byte| *byte == 0) => {
            Problem::Other("nothing but zeros (a download that was not written)")
        }
        _ => Problem::Unknown(beginning(start)),
    }
}

fn beginning(start: &[u8]) -> String {
    let first = start.get(..start.len().min(16)).unwrap_or_default();
    if first.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        return format!("{:?}", String::from_utf8_lossy(first));
    }
    first.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// The title of a page, in brackets.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let inner = lower.find("<title>").and_then(|at| {
        let from = at + "<title>".len();
        let to = lower.get(from..)?.find("</title>")?;
        page.get(from..from + to)
    });
    inner.map(cut).filter(|title| !title.is_empty()).map(|title| format!(" ({title})")).unwrap_or_default()
}

/// Text without its tags.
fn plain(text: &str) -> String {
    let mut bare = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                bare.push(' ');
            }
            _ if !in_tag => bare.push(character),
            _ => {}
        }
    }
    cut(&bare)
}

fn cut(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = words.chars().take(TEXT_MAX).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    escape(&short)
}

/// When a backup was taken, for messages.
fn when(at: Timestamp) -> String {
    at.to_seconds_text()
}
