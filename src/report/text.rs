//! Text laid out in columns. Widths are terminal columns, not bytes.

use super::style::{Style, Tone};
use crate::base::{char_width, shell_word, width};

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) { word.to_owned() } else { shell_word(word) }
}

/// A path as a shell and a command take it: one that begins like an option begins with `./`.
pub fn quoted_path(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

/// The text in lines of at most `columns` columns, broken between words; a longer word is broken where it must be.
/// Lines of the text stay lines. There is always at least one line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.lines() {
        wrap_line(line, columns, &mut lines);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn wrap_line(line: &str, columns: usize, lines: &mut Vec<String>) {
    let mut current = String::new();
    let mut used = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        let gap = usize::from(used > 0);
        if used + gap + wide <= columns {
            if gap > 0 {
                current.push(' ');
            }
            current.push_str(word);
            used += gap + wide;
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut current));
            used = 0;
        }
        for character in word.chars() {
            let next = char_width(character);
            if used + next > columns && used > 0 {
                lines.push(std::mem::take(&mut current));
                used = 0;
            }
            current.push(character);
            used += next;
        }
    }
    lines.push(current);
}

/// A line of a question, laid out: one that begins with two spaces or more is a command to copy and stays as it is, any
/// other is wrapped. Runbooks rely on it (`surefoot kinds manual`).
pub fn lay(line: &str, columns: usize) -> Vec<String> {
    if line.starts_with("  ") { vec![line.to_owned()] } else { wrap(line, columns) }
}

/// The text in lines of about `columns` columns, broken between words only; a longer word has a line of its own. A
/// command between backticks is one word, so that it can be copied.
pub fn flow(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (are_paired, mut is_command) = (text.matches('`').count().is_multiple_of(2), false);
    let words = text.split(|letter: char| {
        is_command ^= letter == '`' && are_paired;
        letter.is_whitespace() && !is_command
    });
    for word in words.filter(|word| !word.is_empty()) {
        match lines.last_mut().filter(|line| width(line) + 1 + width(word) <= columns) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text in at most `columns` columns, `…` where something was cut off.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|character| {
        used += char_width(*character);
        used <= columns
    });
    let mut shown: String = kept.collect();
    shown.push('…');
    shown
}

/// The text followed by spaces up to `columns` columns.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// `1 step`, `3 steps`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A line across with a label in it; where the label does not fit, it stands between two lines.
pub(super) fn rule(style: Style, tone: Tone, label: &str) -> String {
    let columns = style.columns();
    let used = width(label) + 6;
    if used + 4 <= columns {
        let line = format!("──── {label} {}", "─".repeat(columns - used));
        return format!("{}\n", style.paint(tone, &line));
    }
    let line = style.paint(tone, &"─".repeat(columns));
    let inner: Vec<String> = wrap(label, columns).iter().map(|part| style.paint(tone, part)).collect();
    format!("{line}\n{}\n{line}\n", inner.join("\n"))
}
