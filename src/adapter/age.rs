//! Sealing with age: X25519 recipients, a format with other implementations than ours.

use crate::base::{Digest, Secret};
use crate::port::{SealError, Sealed, Sealer};
use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read as _, Write as _};
use zeroize::Zeroizing;

const ALG: &str = "age";
/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_LEN: usize = 16;

/// The text of a key file is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A line is not a recipient.
    #[error("line {0} is not an age recipient (age1…)")]
    Recipient(usize),
    /// A line is not an identity. The text itself is not told.
    #[error("line {0} is not an age identity (AGE-SECRET-KEY-1…)")]
    Identity(usize),
}

/// Seals to recipients; opens where an identity was given.
pub struct AgeSealer {
    recipients: Vec<Recipient>,
    identities: Vec<Identity>,
}

impl AgeSealer {
    /// From the texts of a recipients file and of an identity file: one key a line, `#` begins a comment.
    pub fn new(recipients: &str, identity: Option<&Secret<String>>) -> Result<Self, KeyError> {
        let recipients = keys(recipients)
            .map(|(number, line)| line.parse().map_err(|_| KeyError::Recipient(number)))
            .collect::<Result<_, _>>()?;
        let identities = identity.map(|text| text.expose().as_str()).unwrap_or_default();
        let identities = keys(identities)
            .map(|(number, line)| line.parse().map_err(|_| KeyError::Identity(number)))
            .collect::<Result<_, _>>()?;
        Ok(Self { recipients, identities })
    }
}

impl std::fmt::Debug for AgeSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgeSealer").field("recipients", &self.recipients()).finish_non_exhaustive()
    }
}

/// A new identity as the text of its file, and its recipient.
pub fn generate_identity() -> (Secret<String>, String) {
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    let key = identity.to_string();
    (Secret::new(format!("# public key: {recipient}\n{}\n", key.expose_secret())), recipient)
}

/// The recipients of the text of an identity file; none where no key stands in it.
pub fn recipients_of(identity: &Secret<String>) -> Result<Vec<String>, KeyError> {
    let sealer = AgeSealer::new("", Some(identity))?;
    Ok(sealer.identities.iter().map(|identity| identity.to_public().to_string()).collect())
}

/// What stands for a recipient in the journal: the beginning of the digest of its text.
pub fn fingerprint(recipient: &str) -> String {
    Digest::of(recipient.as_bytes()).to_string().chars().take(FINGERPRINT_LEN).collect()
}

impl Sealer for AgeSealer {
    fn recipients(&self) -> Vec<String> {
        self.recipients.iter().map(|recipient| fingerprint(&recipient.to_string())).collect()
    }

    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError> {
        if self.recipients.is_empty() {
            return Err(SealError::NoRecipient);
        }
        let failed = |error: &dyn std::error::Error| SealError::Failed(error.to_string());
        let recipients = self.recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(|error| failed(&error))?;
        let mut sealed = Vec::new();
        let mut writer = encryptor.wrap_output(&mut sealed).map_err(|error| failed(&error))?;
        writer.write_all(plain.expose()).and_then(|()| writer.finish()).map_err(|error| failed(&error))?;
        Ok(Sealed {
            alg: ALG.to_owned(),
            b64: STANDARD.encode(&sealed),
            recipients: self.recipients(),
            sha256: Digest::of(&sealed),
        })
    }

    fn open(&self, sealed: &Sealed) -> Result<Secret<Vec<u8>>, SealError> {
        let failed = |why: &str| SealError::Failed(why.to_owned());
        let none = || SealError::NoIdentity(format!("sealed to {}", sealed.recipients.join(", ")));
        if sealed.alg != ALG {
            return Err(failed("the scheme is not age"));
        }
        if self.identities.is_empty() {
            return Err(none());
        }
        let bytes = STANDARD.decode(&sealed.b64).map_err(|_| failed("the ciphertext is not base64"))?;
        if Digest::of(&bytes) != sealed.sha256 {
            return Err(failed("the ciphertext is not the one that was sealed"));
        }
        let identities = self.identities.iter().map(|identity| identity as &dyn age::Identity);
        let decryptor = Decryptor::new(bytes.as_slice()).map_err(|_| failed("the ciphertext is damaged"))?;
        let mut reader = decryptor.decrypt(identities).map_err(|error| match error {
            DecryptError::NoMatchingKeys => none(),
            _ => failed("the ciphertext is damaged"),
        })?;
        // The plain text is shorter than what it was sealed into, so the buffer never moves and leaves no copy.
        let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
        reader.read_to_end(&mut plain).map_err(|_| failed("the ciphertext is damaged"))?;
        Ok(Secret::new(std::mem::take(&mut *plain)))
    }
}

/// The lines that are keys, with their numbers from 1.
fn keys(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}
