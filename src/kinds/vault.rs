//! The secrets of a run: those the environment gave, and those that steps obtained and sealed.

use crate::base::{Digest, Secret, Value};
use crate::engine::call::{CallError, ErrorClass, Sealed};
pub use crate::kinds::aura::client::query::Credentials;
use crate::port::Sealer;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The key under which a handle stands in rendered inputs.
const HANDLE: &str = "$secret";
/// No word that could stand in a sentence is as long.
const WORD_MAX: usize = 16;

/// The secrets of a run. Clones share what was opened.
#[derive(Clone, Default)]
pub struct Vault {
    parts: BTreeMap<String, Option<Vec<Secret<String>>>>,
    variables: BTreeMap<String, Vec<String>>,
    opened: Arc<Mutex<BTreeMap<Digest, Credentials>>>,
    /// The passwords that this process has seen, by the digest of what they are sealed in.
    seen: Arc<Mutex<BTreeMap<Digest, Secret<String>>>>,
}

/// A one-time secret as it was sealed (docs/secrets.md, "One-time passwords").
pub(in crate::kinds) struct Obtained {
    /// The instance it opens.
    pub(in crate::kinds) id: String,
    /// Where that is reached.
    pub(in crate::kinds) url: String,
    /// User name and password.
    pub(in crate::kinds) credentials: Credentials,
}

#[derive(Deserialize)]
struct Plain {
    #[serde(default)]
    id: String,
    #[serde(default)]
    url: String,
    username: String,
    password: String,
}

impl Vault {
    /// A vault without secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same vault with one more secret: its parts in the order of the runbook's `env`, or nothing where it is
    /// optional and not set.
    #[must_use]
    pub fn with(mut self, name: &str, parts: Option<Vec<Secret<String>>>) -> Self {
        self.parts.insert(name.to_owned(), parts);
        self
    }

    /// The same vault, knowing which environment variables a secret comes from, for messages.
    #[must_use]
    pub fn with_variables(mut self, name: &str, variables: &[String]) -> Self {
        self.variables.insert(name.to_owned(), variables.to_vec());
        self
    }

    /// The environment variables a secret comes from.
    pub fn variables(&self, name: &str) -> &[String] {
        self.variables.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The parts of the secret `secrets.NAME`; nothing where it is not set or not named by the runbook.
    pub fn parts(&self, name: &str) -> Option<&[Secret<String>]> {
        self.parts.get(name)?.as_deref()
    }

    /// Every text that may stand in no record: the secrets of the environment and the passwords seen so far.
    ///
    /// The first of several parts says who asks, and is told. A short word of small letters is left out: `password`
    /// stands in our own sentences.
    pub fn texts(&self) -> Vec<Secret<String>> {
        let parts = self.parts.values().flatten();
        let given = parts.flat_map(|parts| parts.get(usize::from(parts.len() > 1)..).unwrap_or_default());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_word = |text: &str| text.len() < WORD_MAX && text.bytes().all(|byte| byte.is_ascii_lowercase());
        given.chain(seen.values()).filter(|text| !is_word(text.expose())).cloned().collect()
    }

    /// Opens what an earlier process has sealed, where that can be opened here, so that its password is known too.
    pub fn learn(&self, blob: &Sealed, sealer: &dyn Sealer) {
        if let Ok(obtained) = open(blob, sealer) {
            self.remember(blob, &obtained.credentials.password);
        }
    }

    /// The password that was sealed into this, or stands in it.
    pub(in crate::kinds) fn remember(&self, blob: &Sealed, password: &Secret<String>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.sha256, password.clone());
    }

    /// The credentials that a handle stands for: `{"$secret": "secrets.NAME"}` or
    /// `{"$secret": "steps.STEP.credentials"}`. Nothing where the secret is not set or not obtained.
    pub fn resolve(
        &self,
        handle: &Value,
        blobs: &BTreeMap<String, Sealed>,
        sealer: &dyn Sealer,
    ) -> Result<Option<Credentials>, CallError> {
        let path = handle.get(HANDLE).and_then(Value::as_str).unwrap_or_default();
        let mut words = path.split('.');
        match (words.next(), words.next()) {
            (Some("secrets"), Some(name)) => self.parts(name).map(|parts| from_parts(name, parts)).transpose(),
            (Some("steps"), Some(step)) => blobs.get(step).map(|blob| self.open(step, blob, sealer)).transpose(),
            _ => Err(CallError::new(ErrorClass::Invalid, "a secret is needed here, and something else was given")),
        }
    }

    /// Opens a sealed one-time secret, once.
    fn open(&self, step: &str, blob: &Sealed, sealer: &dyn Sealer) -> Result<Credentials, CallError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = opened.get(&blob.sha256) {
            return Ok(credentials.clone());
        }
        let obtained = open(blob, sealer).map_err(|why| {
            CallError::new(ErrorClass::Auth, format!("the password that `{step}` obtained cannot be opened: {why}"))
                .with_remedy("resume on the machine, and as the user, whose key it was sealed to")
        })?;
        self.remember(blob, &obtained.credentials.password);
        opened.insert(blob.sha256, obtained.credentials.clone());
        Ok(obtained.credentials)
    }
}

/// Opens a sealed one-time secret.
pub(in crate::kinds) fn open(blob: &Sealed, sealer: &dyn Sealer) -> Result<Obtained, String> {
    let plain = sealer.open(blob).map_err(|error| error.to_string())?;
    // The parser's own message could repeat a part of the secret.
    let Plain { id, url, username, password } =
        serde_json::from_slice(plain.expose()).map_err(|_| "what was sealed is not a password".to_owned())?;
    Ok(Obtained { id, url, credentials: Credentials { username, password: Secret::new(password) } })
}

fn from_parts(name: &str, parts: &[Secret<String>]) -> Result<Credentials, CallError> {
    match parts {
        [username, password] => Ok(Credentials { username: username.expose().clone(), password: password.clone() }),
        [password] => Ok(Credentials { username: "neo4j".to_owned(), password: password.clone() }),
        _ => Err(CallError::new(
            ErrorClass::Invalid,
            format!("`secrets.{name}` has {} parts; a user name and a password are needed", parts.len()),
        )),
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}
