//! A file of variables: other lines are kept as they are, in their order.

use crate::base::{Secret, escape};
use crate::engine::call::CallError;
use crate::kinds::private::{self, refused};
use crate::kinds::task::Task;
use crate::kinds::whole;
use std::io;
use std::ops::Range;
use std::path::Path;

/// The longest file that is taken up, in bytes.
const LIMIT: u64 = 1 << 20;

/// Whether a variable can have this name, in a shell and for whoever reads such files.
pub(in crate::kinds) fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a name has to be, for messages.
pub(in crate::kinds) const NAMES: &str = "a name has letters, digits and `_`, and does not begin with a digit";

/// Sets variables in the file, which is made where there is none, and proves that they stand in it.
pub(in crate::kinds) fn set(
    task: &Task<'_>,
    path: &Path,
    variables: &[(&str, Secret<String>)],
) -> Result<(), CallError> {
    let disk = &*task.ports().disk;
    for (name, value) in variables {
        if !is_name(name) {
            return Err(task.wrong(&format!("there can be no variable `{}`: {NAMES}", escape(name))));
        }
        if value.expose().contains('\0') {
            return Err(task.wrong(&format!("the value of `{name}` has a NUL in it, which no variable can hold")));
        }
    }
    private::sheltered(disk, path)?;
    let old = match disk.stat(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Secret::new(Vec::new()),
        Err(error) => return Err(whole::fault("look at", path, &error)),
        Ok(stat) if !stat.is_file => {
            return Err(refused(path, "is no regular file", "name the file itself and no link to it"));
        }
        Ok(stat) if stat.len > LIMIT => {
            return Err(refused(path, &format!("has more than {LIMIT} bytes"), "name a file of variables"));
        }
        Ok(_) => Secret::new(disk.read(path, LIMIT).map_err(|error| whole::fault("read", path, &error))?),
    };
    let new = changed(&old, variables);
    whole::write(disk, path, &whole::temp(task, path), new.expose())?;
    private::read_back(disk, path, &new)
}

/// The file with these variables: in place of the last line that sets one, or at the end.
fn changed(old: &Secret<Vec<u8>>, variables: &[(&str, Secret<String>)]) -> Secret<Vec<u8>> {
    let old = old.expose();
    // All the room at once: what bytes leave behind when they grow would not be wiped.
    let room: usize = variables.iter().map(|(name, value)| name.len() + 4 * value.expose().len() + 16).sum();
    let mut new = Vec::with_capacity(old.len() + room + 1);
    let lines = lines(old);
    let sets = |line: &Line, name: &str| old.get(line.name.clone()) == Some(name.as_bytes());
    for (number, line) in lines.iter().enumerate() {
        let Some((name, value)) = variables.iter().find(|(name, _)| sets(line, name)) else {
            new.extend_from_slice(old.get(line.whole.clone()).unwrap_or_default());
            continue;
        };
        // An earlier line would keep an older value readable.
        if !lines.iter().skip(number + 1).any(|later| sets(later, name)) {
            new.extend_from_slice(old.get(line.whole.start..line.name.start).unwrap_or_default());
            append(&mut new, name, value);
        }
    }
    if new.last().is_some_and(|byte| *byte != b'\n') {
        new.push(b'\n');
    }
    for (name, value) in variables.iter().filter(|(name, _)| !lines.iter().any(|line| sets(line, name))) {
        append(&mut new, name, value);
    }
    Secret::new(new)
}

fn append(new: &mut Vec<u8>, name: &str, value: &Secret<String>) {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(name.len() + 4 * value.expose().len() + 16));
    private::line(&mut text, name, value.expose());
    new.extend_from_slice(text.as_bytes());
}

/// A line, or several of them where a value in quotes has line breaks.
struct Line {
    whole: Range<usize>,
    /// Where the name of the variable stands that it sets; empty where it sets none.
    name: Range<usize>,
}

fn lines(text: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let line = line_at(text, start);
        start = line.whole.end.max(start + 1);
        lines.push(line);
    }
    lines
}

fn line_at(text: &[u8], start: usize) -> Line {
    let end_of = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| from + at + 1)
    };
    let first = text.get(start..end_of(start)).unwrap_or_default();
    let blank = |bytes: &[u8]| bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let mut at = blank(first);
    let exported = first.get(at..).and_then(|rest| rest.strip_prefix(b"export")).map(blank).filter(|count| *count > 0);
    at += exported.map_or(0, |count| "export".len() + count);
    let rest = first.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let after = at + length;
    if length == 0 || first.get(after) != Some(&b'=') {
        return Line { whole: start..end_of(start), name: start..start };
    }
    let value = start + after + 1;
    let end = quoted_end(text, value).map_or_else(|| end_of(value), end_of);
    Line { whole: start..end, name: start + at..start + after }
}

/// Where a value ends that begins with a quote; none where it does not, or the quote is never closed.
fn quoted_end(text: &[u8], start: usize) -> Option<usize> {
    let mut quote = None;
    let mut at = start;
    if !matches!(text.get(start), Some(b'\'' | b'"')) {
        return None;
    }
    while let Some(byte) = text.get(at) {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(*byte),
            (None, b' ' | b'\t' | b'\r' | b'\n') => return Some(at),
            (None | Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
        at += 1;
    }
    quote.is_none().then_some(text.len())
}
