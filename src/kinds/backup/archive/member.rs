//! The names in an archive: which are those of a store, and which would lead out of the place it is unpacked in.

use super::Problem;
use crate::base::escape;

/// So much of a name is repeated.
const SHOWN_MAX: usize = 80;

/// Whether a file belongs to a store. Those of the record formats are `neostore` and `neostore.…`, those of the block
/// format `block.…`; a dump and a full backup hold the database's directory as it stands.
pub(super) fn is_of_store(name: &[u8]) -> bool {
    let base = base(name);
    base == b"neostore" || [&b"neostore."[..], b"block."].iter().any(|start| base.starts_with(start))
}

/// Whether a file is a dump, as it is in the tar of a data science instance.
pub(super) fn is_dump(name: &[u8]) -> bool {
    base(name).ends_with(b".dump")
}

/// Refuses what would be written outside of the place that the archive is unpacked in. Nothing is unpacked here;
/// whoever is given the file may be less careful.
pub(super) fn check(name: &[u8], link: &[u8], kind: u8) -> Result<(), Problem> {
    let leaving = if escapes(name) {
        Some(name)
    } else if matches!(kind, b'1' | b'2') && escapes(link) {
        Some(link)
    } else {
        None
    };
    leaving.map_or(Ok(()), |name| Err(Problem::Escapes(shown(name))))
}

/// A name for messages.
pub(super) fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let mut short: String = text.chars().take(SHOWN_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape(&short)
}

fn base(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn escapes(name: &[u8]) -> bool {
    let is_absolute = matches!(name, [b'/' | b'\\', ..] | [_, b':', b'/' | b'\\', ..]);
    is_absolute || name.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| part == b"..")
}
