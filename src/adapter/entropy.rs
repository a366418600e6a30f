//! Randomness of the operating system.

use crate::port::Entropy;

/// The random source of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Os;

impl Entropy for Os {
    /// # Panics
    ///
    /// Where the operating system has no randomness to give; nothing may go on without it.
    #[expect(clippy::disallowed_methods, reason = "this is the entropy port")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has randomness");
    }
}
