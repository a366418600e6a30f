//! Numbers with a fraction, as their decimal text.
//!
//! Readers of JSON do not agree about fractions, so nothing that is digested has one (docs/evidence.md, "Plan digest").
//! A text of at most fifteen digits and the nearest number of 64 bits stand for each other without loss.

use crate::base::Value;

/// So many digits survive the way through a number of 64 bits and back.
const DIGITS_MAX: usize = 15;
/// A number times this is whole, whatever its digits.
const SCALE: u32 = 15;

/// The one text of a number: no sign of a positive one, no zeros that say nothing. `None` where it is no number, or has
/// more digits than every reader keeps.
pub(super) fn decimal(text: &str) -> Option<String> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || is_padded || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if whole.len() + fraction.len() > DIGITS_MAX + usize::from(whole == "0") {
        return None;
    }
    let sign = if is_negative && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// A decimal text as a number of expressions.
pub(super) fn number(text: &str) -> Option<Value> {
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
    }
}

/// A decimal text in units so small that every one of them is whole.
pub(super) fn scaled(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let zeros = (SCALE as usize).checked_sub(fraction.len())?;
    format!("{whole}{fraction}{}", "0".repeat(zeros)).parse().ok()
}
