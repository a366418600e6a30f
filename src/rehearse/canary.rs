//! I7: no secret stands anywhere but in its declared sink.

use crate::base::Secret;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Shorter texts could stand anywhere by chance.
const LENGTH_MIN: usize = 8;
/// So much of a secret is a secret.
const LENGTH_MAX: usize = 24;

/// Where secrets stand that should not.
pub(super) fn scan(
    secrets: &[Secret<String>],
    files: &BTreeMap<PathBuf, Vec<u8>>,
    sinks: &BTreeSet<String>,
    shown: &[String],
) -> Vec<String> {
    let mut forms: BTreeMap<Vec<u8>, &'static str> = BTreeMap::new();
    for secret in secrets.iter().filter(|secret| secret.expose().len() >= LENGTH_MIN) {
        forms.extend(encodings(secret.expose().as_bytes()));
    }
    let names: Vec<_> = forms.values().copied().collect();
    // A table for each state is faster to search with, but takes longer to make than the search.
    let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(forms.keys());
    let Ok(search) = search else { return vec!["I7: too many secrets to look for".to_owned()] };
    let shown = shown.join("\n").into_bytes();
    let texts = files
        .iter()
        .filter(|(path, _)| !sinks.contains(&*path.to_string_lossy()))
        .map(|(path, bytes)| (path.to_string_lossy().into_owned(), bytes))
        .chain([("what was shown".to_owned(), &shown)]);
    let mut found = Vec::new();
    for (name, bytes) in texts {
        if let Some(hit) = search.find(bytes) {
            let form = names.get(hit.pattern().as_usize()).copied().unwrap_or_default();
            found.push(format!("I7: a secret stands in {name} as {form}"));
        }
    }
    found
}

/// The forms in which a secret could get out.
fn encodings(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut forms = vec![
        (secret.to_vec(), "plain text"),
        (hex::encode(secret).into_bytes(), "hexadecimal"),
        (hex::encode_upper(secret).into_bytes(), "upper-case hexadecimal"),
        (secret.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(), "percent-encoded"),
        (secret.iter().flat_map(|byte| format!("\\u{byte:04x}").into_bytes()).collect(), "JSON escapes"),
        (secret.iter().rev().copied().collect(), "reversed text"),
    ];
    for shift in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(secret.iter().copied()).collect();
        for (text, name) in
            [(STANDARD_NO_PAD.encode(&shifted), "base64"), (URL_SAFE_NO_PAD.encode(&shifted), "base64 for addresses")]
        {
            // The characters at both ends also depend on what stands beside the secret.
            let inner = text.as_bytes().get(4..text.len().saturating_sub(2)).unwrap_or_default();
            forms.push((inner.to_vec(), name));
        }
    }
    for (form, _) in &mut forms {
        form.truncate(LENGTH_MAX);
    }
    forms.retain(|(form, _)| form.len() >= LENGTH_MIN);
    forms
}
