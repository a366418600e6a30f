//! Everything that looks random, derived from the seed and a name.
//!
//! Nothing is drawn from a stream: each value is the digest of the seed and of what it is for, so that a world
//! rebuilt from its log has the same ids and passwords without the log holding any secret.

use crate::base::{Digest, Hasher};
use base64::Engine as _;

/// The seed of a world.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeededRng(u64);

impl SeededRng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn digest(self, parts: &[&str]) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(&self.0.to_be_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finish()
    }

    /// A number.
    pub(super) fn number(self, parts: &[&str]) -> u64 {
        leading(&self.digest(parts))
    }

    /// A number between two others, both included.
    pub(super) fn between(self, low: u64, high: u64, parts: &[&str]) -> u64 {
        low + self.number(parts) % (high.saturating_sub(low) + 1)
    }

    /// Lower-case hexadecimal digits, at most 64.
    pub(super) fn hex(self, digits: usize, parts: &[&str]) -> String {
        let mut text = self.digest(parts).to_string();
        text.truncate(digits);
        text
    }

    /// The id of the scenario's instance at this place, where the scenario gives none.
    pub(super) fn seeded_id(self, place: usize) -> String {
        self.hex(8, &["seeded instance", &place.to_string()])
    }

    /// A version 4 UUID.
    pub(super) fn uuid(self, parts: &[&str]) -> String {
        let mut bytes: Vec<u8> = self.digest(parts).as_bytes().iter().take(16).copied().collect();
        if let Some(byte) = bytes.get_mut(6) {
            *byte = (*byte & 0x0f) | 0x40;
        }
        if let Some(byte) = bytes.get_mut(8) {
            *byte = (*byte & 0x3f) | 0x80;
        }
        let text = hex::encode(bytes);
        let mut grouped = String::with_capacity(36);
        for (place, character) in text.chars().enumerate() {
            if matches!(place, 8 | 12 | 16 | 20) {
                grouped.push('-');
            }
            grouped.push(character);
        }
        grouped
    }

    /// 43 characters that are safe in a URL, as the passwords of Aura.
    pub(super) fn password(self, parts: &[&str]) -> String {
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(self.digest(parts).as_bytes())
    }

    /// The form of `X-Request-Id` (docs/aura-api.md, "Requests"): 32 hexadecimal digits, a slash, a decimal number.
    pub(super) fn request_id(self, parts: &[&str]) -> String {
        let digest = self.digest(parts);
        format!("{:.32}/{}", digest.to_string(), leading(&digest))
    }
}

/// The first eight bytes of a digest as a number.
fn leading(digest: &Digest) -> u64 {
    digest.as_bytes().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
