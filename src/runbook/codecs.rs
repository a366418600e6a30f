//! Filters of JSON, digests, base64 and patterns.

use super::functions::{OUTPUT_MAX, limited, text_of, to_machine};
use super::patterns::is_for_size;
use super::work::spend;
use crate::base::{Digest, Value as Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;
use minijinja::{Error, ErrorKind, State};
use regex_lite::{Regex, RegexBuilder};

/// A longer pattern nobody reads.
const PATTERN_MAX: usize = 1 << 10;
/// Bytes of the smallest and the largest program of a pattern.
const PROGRAMS: (usize, usize) = (1 << 10, 64 << 10);
/// To compile a program takes as long as to go through it so many times.
const COMPILING: u64 = 4;
/// A byte of JSON makes about so many of values.
const JSON_WORK: u64 = 64;

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// A text of a length that filters take.
fn read<'v>(state: &mut State<'_, '_>, value: &'v Value, work: u64) -> Result<&'v str, Error> {
    let text = value.as_str().ok_or_else(|| wrong(format!("{} is not text", value.kind())))?;
    if text.len() > OUTPUT_MAX {
        return Err(wrong(format!("the text is longer than {} KiB", OUTPUT_MAX >> 10)));
    }
    spend(state, work.saturating_mul(text.len() as u64 + 1))?;
    Ok(text)
}

/// The value that a text in JSON is.
pub(super) fn from_json(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let text = read(state, value, JSON_WORK)?;
    serde_json::from_str::<Json>(text)
        .map(|json| to_machine(&json))
        .map_err(|error| wrong(format!("the text is not JSON: {error}")))
}

/// SHA-256 of a text in UTF-8, in hexadecimal digits; other values as JSON.
pub(super) fn sha256(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    let text = text_of(value)?;
    spend(state, text.len() as u64 * 4)?;
    Ok(String::from_utf8_lossy(&Digest::of(text.as_bytes()).to_hex()).into_owned())
}

/// A text in base64.
pub(super) fn b64encode(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    let text = text_of(value)?;
    spend(state, text.len() as u64)?;
    limited(text.len().checked_mul(4).map(|grown| grown / 3 + 4))?;
    Ok(STANDARD.encode(text))
}

/// The text that stands in base64.
pub(super) fn b64decode(state: &mut State<'_, '_>, value: &Value) -> Result<String, Error> {
    let bytes =
        STANDARD.decode(read(state, value, 1)?).map_err(|error| wrong(format!("the text is not base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| wrong("what stands in base64 is not UTF-8 text"))
}

/// A pattern with what going through it once costs for each byte of text.
struct Program {
    regex: Regex,
    cost: u64,
}

/// Takes the smallest room in which the program fits: how large one is cannot be asked.
fn program(state: &mut State<'_, '_>, pattern: &str) -> Result<Program, Error> {
    if pattern.len() > PATTERN_MAX {
        return Err(wrong(format!("a pattern has at most {PATTERN_MAX} bytes")));
    }
    let (mut room, largest) = PROGRAMS;
    loop {
        spend(state, COMPILING * room as u64)?;
        match RegexBuilder::new(pattern).size_limit(room).build() {
            Ok(regex) => return Ok(Program { cost: room as u64 * regex.captures_len() as u64, regex }),
            Err(error) if room >= largest || !is_for_size(&error) => {
                return Err(wrong(format!("the pattern cannot be used: {error}")));
            }
            Err(_) => room *= 2,
        }
    }
}

/// Whether a pattern matches somewhere in a text.
pub(super) fn regex_match(state: &mut State<'_, '_>, value: &Value, pattern: &str) -> Result<bool, Error> {
    let program = program(state, pattern)?;
    Ok(program.regex.is_match(read(state, value, program.cost)?))
}

/// A text with every match of a pattern replaced; `$1` or `${name}` in what takes its place is a group of the match.
pub(super) fn regex_replace(
    state: &mut State<'_, '_>,
    value: &Value,
    pattern: &str,
    to: &str,
) -> Result<String, Error> {
    let program = program(state, pattern)?;
    let text = read(state, value, program.cost)?;
    let (mut out, mut copied) = (String::new(), 0);
    for found in program.regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        // Each search goes on to the end of the text at worst.
        spend(state, program.cost.saturating_mul((text.len() - whole.end()) as u64 + 1))?;
        out.push_str(text.get(copied..whole.start()).unwrap_or_default());
        let before = out.len();
        let names = to.matches('$').count();
        limited(names.checked_mul(whole.len()).and_then(|more| more.checked_add(before + to.len())))?;
        found.expand(to, &mut out);
        copied = whole.end();
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    limited(Some(out.len()))?;
    Ok(out)
}
