//! Text for a shell.

use std::fmt::Write as _;

/// The text as one word of a shell: bare where every shell reads it as it stands, in quotes otherwise.
///
/// Control characters stand in `$'…'` (bash, ksh, zsh; POSIX since 2024), so that a word never spans lines.
pub fn shell_word(text: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+@%,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_bare) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut word = String::with_capacity(text.len() + 8);
    word.push_str("$'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => word.extend(['\\', character]),
            _ if character.is_control() => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    let _infallible = write!(word, "\\{byte:03o}");
                }
            }
            _ => word.push(character),
        }
    }
    word.push('\'');
    word
}
