//! Secrets are replaced in what a program writes.

use crate::base::{Secret, secret_forms};
use crate::port::CommandSpec;
use aho_corasick::{AhoCorasick, BuildError, MatchKind};

/// Replaces secrets in bytes that arrive in pieces.
#[derive(Debug)]
pub struct SecretFilter {
    /// None where there is nothing to look for.
    search: Option<AhoCorasick>,
    /// The longest of them, in bytes.
    longest: usize,
    /// What may still be the beginning of one.
    held: Vec<u8>,
}

impl SecretFilter {
    /// Looks for these, as they are and in the encodings of [`secret_forms`]. Where several begin at one place the
    /// longest is replaced.
    pub fn of(secrets: &[Secret<String>]) -> Result<Self, BuildError> {
        let forms = secrets.iter().flat_map(|secret| secret_forms(secret.expose().as_bytes()));
        let texts: Vec<Vec<u8>> = forms.map(|(form, _)| form).filter(|form| !form.is_empty()).collect();
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let search = if texts.is_empty() {
            None
        } else {
            Some(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts)?)
        };
        Ok(Self { search, longest, held: Vec::new() })
    }

    /// Takes the next piece in; hands what is certain on.
    pub fn push(&mut self, piece: &[u8], mut to: impl FnMut(&[u8])) {
        if self.search.is_none() {
            return to(piece);
        }
        self.held.extend_from_slice(piece);
        // What begins before this place has its end in what has arrived.
        let certain = (self.held.len() + 1).saturating_sub(self.longest);
        self.hand_on(certain, to);
    }

    /// Nothing comes any more; hands the rest on.
    pub fn finish(&mut self, to: impl FnMut(&[u8])) {
        self.hand_on(self.held.len(), to);
    }

    fn hand_on(&mut self, certain: usize, mut to: impl FnMut(&[u8])) {
        let Some(search) = &self.search else { return };
        let mut done = 0;
        for found in search.find_iter(&self.held).take_while(|found| found.start() < certain) {
            to(self.held.get(done..found.start()).unwrap_or_default());
            to(CommandSpec::FILTERED.as_bytes());
            done = found.end();
        }
        if done < certain {
            to(self.held.get(done..certain).unwrap_or_default());
            done = certain;
        }
        self.held.drain(..done);
    }
}
