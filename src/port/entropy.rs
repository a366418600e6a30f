//! Randomness.

/// The only source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random ones from a cryptographic source.
    fn fill(&self, bytes: &mut [u8]);
}
