//! Text from the outside, made safe to look at (docs/hardening.md, "Text from outside").

use std::fmt::Write as _;

/// The text with every character that could move the cursor, hide or reorder text replaced by a visible escape.
///
/// Replaced are C0 and C1 controls, DEL, bidirectional controls, zero-width characters and the Unicode line and
/// paragraph separators. Ordinary text, also outside ASCII, is left as it is.
pub fn escape(text: &str) -> String {
    if text.bytes().all(is_plain_byte) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_dangerous(character) {
            let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether the text is printable ASCII and so cannot be mistaken for a look-alike.
pub fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_plain_byte)
}

const fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, 0x20..0x7f)
}

fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x061c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x2069 | 0xfeff | 0xe0000..=0xe007f)
}
