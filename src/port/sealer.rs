//! Sealing of one-time secrets to recipients.

use crate::base::Secret;
use crate::engine::call::Sealed;

/// Encrypts to the run's recipients, and decrypts where an identity is at hand. Draws its own randomness.
pub trait Sealer: Send + Sync {
    /// Fingerprints of the recipients; empty where there are none, and then nothing can be sealed.
    fn recipients(&self) -> Vec<String>;

    /// Encrypts to all recipients, in memory.
    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError>;

    /// Decrypts with the identity of this machine.
    fn open(&self, sealed: &Sealed) -> Result<Secret<Vec<u8>>, SealError>;
}

/// Why something could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no recipient.
    #[error("there is no key to seal to (run `surefoot keys init`)")]
    NoRecipient,
    /// There is no identity to open with.
    #[error("there is no identity on this machine that opens it ({0})")]
    NoIdentity(String),
    /// The ciphertext is damaged or the scheme failed.
    #[error("cannot seal or open: {0}")]
    Failed(String),
}
