//! The secrets of a run: those the environment gave, and those that steps obtained and sealed.

use crate::base::handle::{SecretPath, handle_path, is_handle, text_pieces};
use crate::base::{Digest, Secret, Value};
use crate::engine::call::{CallError, ErrorClass, Sealed};
pub use crate::kinds::aura::client::query::Credentials;
use crate::port::Sealer;
use crate::runbook::secret::{PASSWORD, SecretSource, USERNAME, VALUE, find_part, part_names, parts_in_order};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// No word that could stand in a sentence is as long.
const WORD_MAX: usize = 16;

/// The secrets of a run. Clones share what was opened.
#[derive(Clone, Default)]
pub struct Vault {
    given: BTreeMap<String, Option<Given>>,
    sources: BTreeMap<String, SecretSource>,
    opened: Arc<Mutex<BTreeMap<Digest, Credentials>>>,
    /// The passwords that this process has seen, by the digest of what they are sealed in.
    seen: Arc<Mutex<BTreeMap<Digest, Secret<String>>>>,
}

/// The parts of a declared secret.
#[derive(Clone)]
struct Given {
    names: Vec<String>,
    parts: Vec<Secret<String>>,
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
    pub fn with(self, name: &str, parts: Option<Vec<Secret<String>>>) -> Self {
        let names = parts_in_order(parts.as_ref().map_or(0, Vec::len));
        self.with_parts(name, &names, parts)
    }

    /// The same vault with one more secret, whose parts have these names.
    #[must_use]
    pub fn with_parts(mut self, name: &str, names: &[String], parts: Option<Vec<Secret<String>>>) -> Self {
        self.given.insert(name.to_owned(), parts.map(|parts| Given { names: names.to_vec(), parts }));
        self
    }

    /// The same vault, knowing where a secret comes from, for messages.
    #[must_use]
    pub fn with_source(mut self, name: &str, source: &SecretSource) -> Self {
        self.sources.insert(name.to_owned(), source.clone());
        self
    }

    /// What to do so that a declared secret is there, as the beginning of a sentence.
    pub fn remedy(&self, name: &str) -> Option<String> {
        let source = self.sources.get(name)?;
        Some(match source {
            SecretSource::Env(variables) if variables.is_empty() => return None,
            SecretSource::Env(_) => format!("set {}", source.place()),
            SecretSource::File(_) => format!("put it into {}", source.place()),
            SecretSource::Command(_) => format!("make sure that {} prints it", source.place()),
        })
    }

    /// The parts of the secret `secrets.NAME`; nothing where it is not set or not named by the runbook.
    pub fn parts(&self, name: &str) -> Option<&[Secret<String>]> {
        Some(&self.given.get(name)?.as_ref()?.parts)
    }

    /// Every text that may stand in no record: the secrets of the environment and the passwords seen so far.
    ///
    /// A user name says who asks, and is told. A short word of small letters is left out: `password` stands in our own
    /// sentences.
    pub fn texts(&self) -> Vec<Secret<String>> {
        let named = self.given.values().flatten().flat_map(|given| given.names.iter().zip(&given.parts));
        let given = named.filter(|(name, _)| *name != USERNAME).map(|(_, part)| part);
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
        match handle_path(handle).and_then(SecretPath::parse) {
            Some(SecretPath::Declared { name, .. }) => {
                self.given.get(name).and_then(Option::as_ref).map(|given| given.credentials(name)).transpose()
            }
            Some(SecretPath::Obtained { step, .. }) => {
                blobs.get(step).map(|blob| self.open(step, blob, sealer)).transpose()
            }
            None => Err(CallError::new(ErrorClass::Invalid, "a secret is needed here, and something else was given")),
        }
    }

    /// The text of an input that may hold secrets: a plain value, a handle, or a text with handles in it. It is put
    /// together right before it is sent, and never recorded.
    pub fn text(
        &self,
        value: &Value,
        blobs: &BTreeMap<String, Sealed>,
        sealer: &dyn Sealer,
    ) -> Result<Secret<String>, CallError> {
        let Some(pieces) = text_pieces(value) else { return self.piece(value, blobs, sealer) };
        let pieces: Vec<Secret<String>> =
            pieces.iter().map(|piece| self.piece(piece, blobs, sealer)).collect::<Result<_, _>>()?;
        Ok(joined(&pieces))
    }

    /// The JSON text of an input that may hold secrets, with the text in place of each handle. It is put together right
    /// before it is sent, and never recorded.
    pub fn json(
        &self,
        value: &Value,
        blobs: &BTreeMap<String, Sealed>,
        sealer: &dyn Sealer,
    ) -> Result<Secret<String>, CallError> {
        if is_handle(value) || text_pieces(value).is_some() {
            let text = self.text(value, blobs, sealer)?;
            return Ok(Secret::new(quoted(text.expose())));
        }
        let plain = |text: &str| Secret::new(text.to_owned());
        let mut pieces = Vec::new();
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pieces.push(plain(if index == 0 { "[" } else { "," }));
                    pieces.push(self.json(item, blobs, sealer)?);
                }
                pieces.push(plain(if items.is_empty() { "[]" } else { "]" }));
            }
            Value::Object(map) => {
                for (index, (key, value)) in map.iter().enumerate() {
                    pieces.push(plain(if index == 0 { "{" } else { "," }));
                    pieces.push(Secret::new(format!("{}:", quoted(key))));
                    pieces.push(self.json(value, blobs, sealer)?);
                }
                pieces.push(plain(if map.is_empty() { "{}" } else { "}" }));
            }
            value => return Ok(Secret::new(value.to_string())),
        }
        Ok(joined(&pieces))
    }

    fn piece(
        &self,
        value: &Value,
        blobs: &BTreeMap<String, Sealed>,
        sealer: &dyn Sealer,
    ) -> Result<Secret<String>, CallError> {
        match value {
            Value::String(text) => return Ok(Secret::new(text.clone())),
            Value::Bool(_) | Value::Number(_) => return Ok(Secret::new(value.to_string())),
            _ => {}
        }
        match handle_path(value).and_then(SecretPath::parse) {
            Some(SecretPath::Declared { name, part }) => {
                let given = self.given.get(name).and_then(Option::as_ref).ok_or_else(|| self.not_set(name))?;
                given.part(name, part).cloned()
            }
            Some(SecretPath::Obtained { step, part }) => {
                let blob = blobs.get(step).ok_or_else(|| {
                    CallError::new(ErrorClass::Auth, format!("`{step}` has obtained no password that could be used"))
                })?;
                let Credentials { username, password } = self.open(step, blob, sealer)?;
                let (names, parts) = (parts_in_order(2), vec![Secret::new(username), password]);
                Given { names, parts }.part(step, part).cloned()
            }
            None => Err(CallError::new(ErrorClass::Invalid, "a text is needed here, and something else was given")),
        }
    }

    fn not_set(&self, name: &str) -> CallError {
        let error = CallError::new(ErrorClass::Auth, format!("the secret `{name}` is not set"));
        match self.remedy(name) {
            Some(remedy) => error.with_remedy(remedy),
            None => error,
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

/// The pieces as one text.
fn joined(pieces: &[Secret<String>]) -> Secret<String> {
    // All the room at once: what a text leaves behind when it grows would not be wiped.
    let mut text = String::with_capacity(pieces.iter().map(|piece| piece.expose().len()).sum());
    for piece in pieces {
        text.push_str(piece.expose());
    }
    Secret::new(text)
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Opens a sealed one-time secret.
pub(in crate::kinds) fn open(blob: &Sealed, sealer: &dyn Sealer) -> Result<Obtained, String> {
    let plain = sealer.open(blob).map_err(|error| error.to_string())?;
    // The parser's own message could repeat a part of the secret.
    let Plain { id, url, username, password } =
        serde_json::from_slice(plain.expose()).map_err(|_| "what was sealed is not a password".to_owned())?;
    Ok(Obtained { id, url, credentials: Credentials { username, password: Secret::new(password) } })
}

impl Given {
    /// User name and password.
    fn credentials(&self, name: &str) -> Result<Credentials, CallError> {
        let named = |part: &str| self.parts.get(find_part(&self.names, part)?);
        let Some(password) = named(PASSWORD) else {
            let parts = self.names.join(", ");
            let message = format!("`secrets.{name}` has the parts {parts}; a user name and a password are needed");
            return Err(CallError::new(ErrorClass::Invalid, message));
        };
        let username = named(USERNAME).map_or_else(|| "neo4j".to_owned(), |username| username.expose().clone());
        Ok(Credentials { username, password: password.clone() })
    }

    /// The part of this name, or the only one.
    fn part(&self, secret: &str, part: Option<&str>) -> Result<&Secret<String>, CallError> {
        let index = match (part, self.parts.len()) {
            (Some(part), _) => find_part(&self.names, part),
            (None, 1) => Some(0),
            (None, _) => find_part(&self.names, VALUE),
        };
        index.and_then(|index| self.parts.get(index)).ok_or_else(|| {
            let names = part_names(&self.names).join(", ");
            let message = format!("one part of the secret `{secret}` is needed here; its parts are {names}");
            CallError::new(ErrorClass::Invalid, message)
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}
