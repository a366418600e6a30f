//! What is drawn where the locale has no more than ASCII: other marks for those of ours, and nothing else changed.

use crate::ops::is_ascii_only;
use std::borrow::Cow;
use std::sync::LazyLock;

static ASCII: LazyLock<bool> = LazyLock::new(is_ascii_only);

/// The text with marks that the locale can show.
pub(super) fn drawn(text: &str) -> Cow<'_, str> {
    if !*ASCII || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '✓' => plain.push('+'),
            '✗' => plain.push('x'),
            '·' | '─' => plain.push('-'),
            '│' | '├' | '┬' => plain.push('|'),
            '└' => plain.push('`'),
            '…' => plain.push('~'),
            '→' => plain.push('>'),
            '←' => plain.push('<'),
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}
