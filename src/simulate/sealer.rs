//! Sealing without cryptography's cost: what is sealed cannot be found in the ciphertext, and that is all.

use crate::base::{Digest, Secret, Value};
use crate::port::{SealError, Sealed, Sealer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Seals by a stream of digests. It keeps nothing from anybody: a trial has no secrets but its own.
#[derive(Debug)]
pub(super) struct Veil;

const SCHEME: &str = "veil";

/// The bytes, each mixed with one of the stream.
fn veiled(bytes: &[u8]) -> Vec<u8> {
    let block = |number: usize| Digest::of(format!("veil {number}").as_bytes());
    let mixed = bytes.chunks(32).enumerate().flat_map(|(number, chunk)| {
        let stream = block(number);
        chunk.iter().zip(stream.as_bytes()).map(|(byte, key)| byte ^ key).collect::<Vec<_>>()
    });
    mixed.collect()
}

impl Sealer for Veil {
    fn recipients(&self) -> Vec<String> {
        vec!["rehearsal".to_owned()]
    }

    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError> {
        let bytes = veiled(plain.expose());
        let (b64, sha256) = (STANDARD.encode(&bytes), Digest::of(&bytes));
        Ok(Sealed { alg: SCHEME.to_owned(), b64, recipients: self.recipients(), sha256 })
    }

    fn open(&self, sealed: &Sealed) -> Result<Secret<Vec<u8>>, SealError> {
        let bytes = STANDARD.decode(&sealed.b64).map_err(|error| SealError::Failed(error.to_string()))?;
        Ok(Secret::new(veiled(&bytes)))
    }
}

/// The id and the password that a seal holds; none where it does not open.
pub(super) fn opened(sealed: &Sealed) -> Option<(String, String)> {
    let plain: Value = serde_json::from_slice(Veil.open(sealed).ok()?.expose()).ok()?;
    let text = |name: &str| plain.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("id")?, text("password")?))
}
