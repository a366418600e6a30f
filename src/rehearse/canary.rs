//! I7: no secret stands anywhere but in its declared sink.

use super::disk::{Files, SimDisk};
use crate::base::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Shorter texts could stand anywhere by chance.
const LENGTH_MIN: usize = 8;
/// So much of a secret is a secret.
const LENGTH_MAX: usize = 24;
/// Bytes of a word.
const WORD: usize = 8;
/// How many bits of a word's hash the sieve knows.
const SIEVE_BITS: u32 = 14;

/// Where secrets stand that should not.
pub(super) fn scan(canary: &Canary, files: Files<'_>, sinks: &BTreeSet<String>, shown: &[String]) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (path, bytes) in files {
        let name = path.to_string_lossy();
        // The trail holds a copy of the journal.
        if sinks.contains(&*name) || !seen.insert(bytes) {
            continue;
        }
        found.extend(canary.find(bytes).map(|form| format!("I7: a secret stands in {name} as {form}")));
    }
    let form = canary.find(shown.join("\n").as_bytes());
    found.extend(form.map(|form| format!("I7: a secret stands in what was shown as {form}")));
    found
}

/// Secrets that stood somewhere while the trial went on: whether they may have is known when every sink is.
#[derive(Default)]
pub(super) struct Sightings(BTreeSet<(PathBuf, Option<PathBuf>, &'static str)>);

impl Sightings {
    /// Looks at what has changed on the disk since the last time, synced or not, named or not.
    pub(super) fn look(&mut self, canary: &Canary, disk: &SimDisk) {
        self.look_from(canary, disk, Some(LENGTH_MAX));
    }

    /// Looks at everything: a secret may have stood there before anybody knew that it is one.
    pub(super) fn look_at_all(&mut self, canary: &Canary, disk: &SimDisk) {
        self.look_from(canary, disk, None);
    }

    fn look_from(&mut self, canary: &Canary, disk: &SimDisk, before: Option<usize>) {
        disk.look_at_changes(before, |born, now, bytes| {
            let form = canary.find(bytes);
            self.0.extend(form.map(|form| (born.to_owned(), now.map(Path::to_owned), form)));
            form.is_some()
        });
    }

    /// Those that were neither in a sink nor in a file on its way to one.
    pub(super) fn outside(&self, sinks: &BTreeSet<String>) -> Vec<String> {
        let is_sink = |path: &Path| sinks.contains(&*path.to_string_lossy());
        let may_be = |path: &Path| is_sink(path) || sinks.iter().any(|sink| is_copy_of(path, Path::new(sink)));
        let wrong = self.0.iter().filter(|(born, now, _)| !may_be(now.as_deref().unwrap_or(born)));
        wrong
            .map(|(born, now, form)| {
                let name = now.as_ref().unwrap_or(born).display();
                format!("I7: a secret stood in {name} as {form}")
            })
            .collect()
    }
}

/// Whether this is the name of a temporary file beside another one.
fn is_copy_of(path: &Path, sink: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (copy, name) = (name(path), name(sink));
    path.parent() == sink.parent()
        && copy.starts_with(&format!(".{name}."))
        && path.extension().is_some_and(|end| end == "tmp")
}

/// Finds secrets, in any of the forms in which they could get out: as they are, in hexadecimal, in base64 at any
/// alignment, percent-encoded, as JSON escapes, backwards.
///
/// Own code, because a general search costs more than the rest of the checks together: whatever is at least
/// `WORD + stride - 1` long covers a whole word that begins at a multiple of the stride, so a text is looked at in
/// strides, and in full only where one of its words is one of a form.
#[derive(Debug)]
pub struct Canary {
    forms: BTreeMap<Vec<u8>, &'static str>,
    words: BTreeSet<u64>,
    /// What a few bits of each word's hash are; most words of a text end here.
    sieve: Vec<bool>,
    stride: usize,
}

impl Canary {
    /// Looks for these; what has fewer than eight bytes could stand anywhere by chance and is left out.
    pub fn of(secrets: &[Secret<String>]) -> Self {
        let mut forms: BTreeMap<Vec<u8>, &'static str> = BTreeMap::new();
        for secret in secrets.iter().filter(|secret| secret.expose().len() >= LENGTH_MIN) {
            forms.extend(encodings(secret.expose().as_bytes()));
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

/// The forms in which a secret could get out.
fn encodings(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    // No form gets shorter than what it encodes, so that more than this of the secret would be cut off again.
    let start = secret.get(..LENGTH_MAX).unwrap_or(secret);
    let (lower, upper) = (hex::encode(start).into_bytes(), hex::encode_upper(start).into_bytes());
    let mut forms = vec![
        (start.to_vec(), "plain text"),
        (lower.clone(), "hexadecimal"),
        (upper.clone(), "upper-case hexadecimal"),
        (upper.chunks(2).flat_map(|digits| b"%".iter().chain(digits)).copied().collect(), "percent-encoded"),
        (lower.chunks(2).flat_map(|digits| br"\u00".iter().chain(digits)).copied().collect(), "JSON escapes"),
        (secret.iter().rev().take(LENGTH_MAX).copied().collect(), "reversed text"),
    ];
    for shift in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(start.iter().copied()).collect();
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
