//! Finds secrets in whatever form they stand.

use super::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter texts could stand anywhere by chance.
const LENGTH_MIN: usize = 8;
/// So much of a secret is a secret.
const LENGTH_MAX: usize = 24;
/// Bytes of a word.
const WORD: usize = 8;
/// How many bits of a word's hash the sieve knows.
const SIEVE_BITS: u32 = 14;
/// What the percent-encoding of an address leaves as it is, beside letters and digits.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Finds secrets, in any of the forms in which they could get out: as they are, in hexadecimal, in base64 at any
/// alignment, percent-encoded in part or all through, within JSON, backwards.
///
/// Own code, because a general search costs more than the rest of the checks together: whatever is at least
/// `WORD + stride - 1` long covers a whole word that begins at a multiple of the stride, so a text is looked at in
/// strides, and in full only where one of its words is one of a form.
#[derive(Debug)]
pub struct SecretScanner {
    forms: BTreeMap<Vec<u8>, &'static str>,
    words: BTreeSet<u64>,
    /// What a few bits of each word's hash are; most words of a text end here.
    sieve: Vec<bool>,
    stride: usize,
}

impl SecretScanner {
    /// So much of a secret is a secret, and of a form of it.
    pub const LENGTH_MAX: usize = LENGTH_MAX;

    /// Looks for these; what has fewer than eight bytes could stand anywhere by chance and is left out.
    pub fn of(secrets: &[Secret<String>]) -> Self {
        let mut forms: BTreeMap<Vec<u8>, &'static str> = BTreeMap::new();
        for secret in secrets.iter().filter(|secret| secret.expose().len() >= LENGTH_MIN) {
            for (form, name) in encodings(secret.expose().as_bytes()) {
                forms.entry(form).or_insert(name);
            }
        }
        let shortest = forms.keys().map(Vec::len).min().unwrap_or(LENGTH_MAX);
        let stride = (shortest + 1).saturating_sub(WORD).clamp(1, WORD);
        let starts = forms.keys().flat_map(|form| form.windows(WORD).take(stride));
        let words: BTreeSet<u64> = starts.filter_map(word).collect();
        let mut sieve = vec![false; 1 << SIEVE_BITS];
        for word in &words {
            if let Some(bit) = sieve.get_mut(place(*word)) {
                *bit = true;
            }
        }
        Self { forms, words, sieve, stride }
    }

    /// The name of a form that stands in the text.
    pub fn find(&self, text: &[u8]) -> Option<&'static str> {
        let is_of_a_form = |word| self.sieve.get(place(word)) == Some(&true) && self.words.contains(&word);
        if !text.windows(WORD).step_by(self.stride).filter_map(word).any(is_of_a_form) {
            return None;
        }
        let stands = |form: &[u8]| text.windows(form.len()).any(|bytes| bytes == form);
        self.forms.iter().find(|(form, _)| stands(form)).map(|(_, name)| *name)
    }
}

fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

fn place(word: u64) -> usize {
    usize::try_from(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SIEVE_BITS)).unwrap_or_default()
}

/// The forms in which a secret could get out, as far as they are looked for.
fn encodings(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    // No form gets shorter than what it encodes, so that more than this of the secret would be cut off again.
    let mut forms = secret_forms(secret.get(..LENGTH_MAX).unwrap_or(secret));
    forms.push((secret.iter().rev().take(LENGTH_MAX).copied().collect(), "reversed text"));
    for (form, _) in &mut forms {
        form.truncate(LENGTH_MAX);
    }
    forms.retain(|(form, _)| form.len() >= LENGTH_MIN);
    forms
}

/// The forms in which programs write a secret: as it is, and encoded. What is shorter than eight bytes has no other
/// form than itself, since an encoding of it could stand anywhere by chance.
pub fn secret_forms(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut forms = vec![(secret.to_vec(), "plain text")];
    if secret.len() < LENGTH_MIN {
        return forms;
    }
    let (lower, upper) = (hex::encode(secret).into_bytes(), hex::encode_upper(secret).into_bytes());
    forms.extend([
        (lower.clone(), "hexadecimal"),
        (upper.clone(), "upper-case hexadecimal"),
        (upper.chunks(2).flat_map(|digits| b"%".iter().chain(digits)).copied().collect(), "percent-encoded"),
        (lower.chunks(2).flat_map(|digits| br"\u00".iter().chain(digits)).copied().collect(), "JSON escapes"),
        (json_text(secret), "JSON text"),
        (percent_encode(secret, UNRESERVED).to_string().into_bytes(), "percent-encoded"),
        (percent_encode(secret, NON_ALPHANUMERIC).to_string().into_bytes(), "percent-encoded"),
    ]);
    for shift in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(secret.iter().copied()).collect();
        // The characters at both ends also depend on what stands beside the secret, as the user name does in
        // `user:password` of HTTP basic authentication.
        let inner = (shift * 8).div_ceil(6)..shifted.len() * 8 / 6;
        for (text, name) in
            [(STANDARD_NO_PAD.encode(&shifted), "base64"), (URL_SAFE_NO_PAD.encode(&shifted), "base64 for addresses")]
        {
            forms.push((text.as_bytes().get(inner.clone()).unwrap_or_default().to_vec(), name));
        }
    }
    forms
}

/// As it stands between the quotes of a JSON text.
fn json_text(secret: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(secret);
    let quoted = serde_json::Value::from(text.trim_end_matches(char::REPLACEMENT_CHARACTER)).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().as_bytes().to_vec()
}
