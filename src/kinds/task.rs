//! One command in its context: its inputs by name, with errors that name them.

use crate::base::handle::{SecretPath, each_secret, handle_path};
use crate::base::{Digest, Map, Secret, Timestamp, Value, format_duration, parse_duration, parse_size};
use crate::engine::call::{CallError, ErrorClass, Outcome, Reply, Sealed};
use crate::engine::command::{Act, Command};
use crate::engine::event::Intent;
use crate::engine::evidence::Evidence;
use crate::kinds::aura::client::{self as aura, Destination, Reach};
use crate::kinds::context::Context;
use crate::kinds::vault::{self, Credentials, Obtained};
use crate::port::Ports;
use crate::runbook::kind::Proof;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A command with what it may use.
pub(in crate::kinds) struct Task<'a> {
    /// What it may use.
    pub(in crate::kinds) context: &'a Context,
    /// What to do.
    pub(in crate::kinds) command: &'a Command,
}

impl<'a> Task<'a> {
    pub(in crate::kinds) fn ports(&self) -> &'a Ports {
        &self.context.ports
    }

    pub(in crate::kinds) fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }

    /// The Aura API, or the reason why there is none.
    pub(in crate::kinds) fn aura(&self) -> Result<&'a aura::Client, CallError> {
        self.context.aura.as_ref().ok_or_else(|| {
            CallError::new(ErrorClass::Auth, "there are no credentials for the Aura API")
                .with_remedy("name the secret `aura` in the runbook and set AURA_CLIENT_ID and AURA_CLIENT_SECRET")
        })
    }

    /// The same for an effect, which does not leave after the deadline that was announced.
    pub(in crate::kinds) fn writer(&self) -> Result<aura::Client, CallError> {
        Ok(self.aura()?.until(self.intent()?.deadline))
    }

    /// Refuses to send what has another digest than what was announced.
    pub(in crate::kinds) fn as_announced(&self, digest: Digest) -> Result<(), CallError> {
        if self.intent()?.request_digest == digest {
            return Ok(());
        }
        Err(self.wrong("what is to be sent is not what was announced"))
    }

    /// An input that is there and not null.
    pub(in crate::kinds) fn maybe(&self, name: &str) -> Option<&'a Value> {
        self.command.with.get(name).filter(|value| !value.is_null())
    }

    /// An input that is a text and not empty.
    pub(in crate::kinds) fn text(&self, name: &str) -> Result<&'a str, CallError> {
        match self.maybe(name).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.wrong(&format!("`{name}` is not a text"))),
        }
    }

    /// An input that is a text, or nothing where it is null.
    pub(in crate::kinds) fn text_or_none(&self, name: &str) -> Result<Option<&'a str>, CallError> {
        self.maybe(name).map(|_| self.text(name)).transpose()
    }

    /// An input that is a text, or nothing where it is null or empty: who leaves something out in a runbook's input
    /// or in `--set` writes an empty text.
    pub(in crate::kinds) fn name_or_none(&self, name: &str) -> Result<Option<&'a str>, CallError> {
        match self.maybe(name) {
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            _ => self.text_or_none(name),
        }
    }

    pub(in crate::kinds) fn flag(&self, name: &str) -> bool {
        self.maybe(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(in crate::kinds) fn integer(&self, name: &str) -> Result<i64, CallError> {
        self.maybe(name).and_then(Value::as_i64).ok_or_else(|| self.wrong(&format!("`{name}` is not a whole number")))
    }

    pub(in crate::kinds) fn list(&self, name: &str) -> &'a [Value] {
        self.maybe(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub(in crate::kinds) fn map(&self, name: &str) -> Result<&'a Map, CallError> {
        self.maybe(name).and_then(Value::as_object).ok_or_else(|| self.wrong(&format!("`{name}` is not a map")))
    }

    pub(in crate::kinds) fn duration(&self, name: &str) -> Result<Duration, CallError> {
        let text = self.text(name)?;
        let span = parse_duration(text).map_err(|error| self.wrong(&format!("`{name}`: {error}")))?;
        let longest = self.command.kind.input(name).and_then(|field| field.longest);
        match longest.filter(|longest| span > *longest).map(format_duration) {
            None => Ok(span),
            Some(longest) => Err(check(format!("`{name}` is {text}, and may be at most {longest}")).with_remedy(format!(
                "`surefoot resume --set {}.{name}={longest}` where the step is held; else mend the runbook and start a \
                 new run",
                self.command.step
            ))),
        }
    }

    pub(in crate::kinds) fn time(&self, name: &str) -> Result<Timestamp, CallError> {
        self.text(name)?.parse().map_err(|error| self.wrong(&format!("`{name}`: {error}")))
    }

    /// A size in bytes, written as a number or as `16GiB`; nothing where it is null.
    pub(in crate::kinds) fn size(&self, name: &str) -> Result<Option<u64>, CallError> {
        match self.maybe(name) {
            None => Ok(None),
            Some(Value::String(text)) => {
                parse_size(text).map(Some).map_err(|error| self.wrong(&format!("`{name}`: {error}")))
            }
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(&format!("`{name}` is not a size"))),
        }
    }

    pub(in crate::kinds) fn digest(&self, name: &str) -> Result<Digest, CallError> {
        self.text(name)?.parse().map_err(|error| self.wrong(&format!("`{name}`: {error}")))
    }

    /// An input that names a file; a relative one is relative to where the run was started.
    pub(in crate::kinds) fn path(&self, name: &str) -> Result<PathBuf, CallError> {
        self.text(name).map(|text| self.resolve(text))
    }

    /// The absolute form of a path.
    pub(in crate::kinds) fn resolve(&self, path: &str) -> PathBuf {
        self.context.run.cwd.join(Path::new(path))
    }

    /// The credentials an input names; nothing where it is null or its secret is not there.
    pub(in crate::kinds) fn credentials(&self, name: &str) -> Result<Option<Credentials>, CallError> {
        let Some(handle) = self.maybe(name) else { return Ok(None) };
        let sealer = &*self.ports().sealer;
        let credentials = self.context.vault.resolve(handle, &self.command.sealed, sealer)?;
        credentials.map(|credentials| self.as_user(credentials)).transpose()
    }

    /// The credentials with the user name that the inputs give, where they give one.
    fn as_user(&self, credentials: Credentials) -> Result<Credentials, CallError> {
        Ok(match self.name_or_none("username")? {
            Some(username) => Credentials { username: username.to_owned(), ..credentials },
            None => credentials,
        })
    }

    /// The database at this address, where its password may be sent there.
    pub(in crate::kinds) fn destination(&self, url: &str) -> Result<Destination, CallError> {
        let named = self.maybe("hosts").and_then(Value::as_str).unwrap_or_default();
        Destination::of(url, Reach { named, loopback: self.context.is_twin })
    }

    /// The text of a value that may hold secrets, put together to be sent.
    pub(in crate::kinds) fn secret_text(&self, value: &Value) -> Result<Secret<String>, CallError> {
        self.context.vault.text(value, &self.command.sealed, &*self.ports().sealer)
    }

    /// The JSON of a value that may hold secrets, put together to be sent.
    pub(in crate::kinds) fn secret_json(&self, value: &Value) -> Result<Secret<String>, CallError> {
        self.context.vault.json(value, &self.command.sealed, &*self.ports().sealer)
    }

    /// Whether a secret stands in an input.
    pub(in crate::kinds) fn holds_secret(&self, name: &str) -> bool {
        let mut holds = false;
        if let Some(value) = self.maybe(name) {
            each_secret(value, &mut |_| holds = true);
        }
        holds
    }

    /// The earlier step that obtained the credentials that an input names; nothing where they are from elsewhere.
    pub(in crate::kinds) fn giver(&self, name: &str) -> Option<&'a str> {
        match SecretPath::parse(handle_path(self.maybe(name)?)?)? {
            SecretPath::Obtained { step, .. } => Some(step),
            SecretPath::Declared { .. } => None,
        }
    }

    /// A value that the protocol added for this call; for a sending, what was announced.
    pub(in crate::kinds) fn added(&self, name: &str) -> Option<&'a Value> {
        let announced = match &self.command.act {
            Act::Send(intent) => intent.input.get(name),
            _ => None,
        };
        announced.or_else(|| self.command.input.get(name)).filter(|value| !value.is_null())
    }

    /// A text that the protocol added.
    pub(in crate::kinds) fn added_text(&self, name: &str) -> Result<&'a str, CallError> {
        match self.added(name).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.wrong(&format!("the protocol gave no `{name}`"))),
        }
    }

    /// The intent of the effect to be sent.
    pub(in crate::kinds) fn intent(&self) -> Result<&'a Intent, CallError> {
        match &self.command.act {
            Act::Send(intent) => Ok(intent),
            _ => Err(self.wrong("there is no intent")),
        }
    }

    /// Opens a one-time secret that was sealed earlier.
    pub(in crate::kinds) fn open(&self, sealed: &Sealed) -> Result<Obtained, String> {
        let mut obtained = vault::open(sealed, &*self.ports().sealer)?;
        if let Ok(Some(username)) = self.name_or_none("username") {
            username.clone_into(&mut obtained.credentials.username);
        }
        self.context.vault.remember(sealed, &obtained.credentials.password);
        Ok(obtained)
    }

    /// Something is wrong with the command itself.
    pub(in crate::kinds) fn wrong(&self, what: &str) -> CallError {
        CallError::new(
            ErrorClass::Invalid,
            format!("step `{}` ({}): {what}", self.command.step, self.command.kind.name),
        )
    }

    /// The kind has no such call.
    pub(in crate::kinds) fn unknown(&self) -> CallError {
        let act = match &self.command.act {
            Act::Check => "check",
            Act::Read(_) => "read",
            Act::Prepare(_) => "prepare",
            Act::Send(_) => "send",
            Act::Deliver { .. } => "deliver",
            Act::Ask(_) => "ask",
        };
        self.wrong(&format!("there is no `{act}` of the call `{}`", self.command.id.call.name()))
    }

    /// Evidence about a subject, seen now.
    pub(in crate::kinds) fn evidence(&self, kind: Proof, subject: &str, digest: Digest, verifier: &str) -> Evidence {
        Evidence { kind, subject: subject.to_owned(), digest, at: self.now(), verifier: verifier.to_owned() }
    }

    /// What this step is doing, for whoever looks on.
    pub(in crate::kinds) fn doing(&self, what: &str) {
        self.ports().progress.doing(&self.command.step, what);
    }
}

/// The reply of a read that is the whole step and proves nothing.
pub(in crate::kinds) fn done(output: Map) -> Reply {
    Reply::Done { output, evidence: Vec::new() }
}

/// A map of these fields.
pub(in crate::kinds) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A check that did not hold.
pub(in crate::kinds) fn check(message: impl Into<String>) -> CallError {
    CallError::new(ErrorClass::Check, message)
}

/// The announcement of an effect on this target, with the digest of what will be sent.
pub(in crate::kinds) fn prepared(
    target: impl Into<String>,
    request: impl Into<String>,
    request_digest: Digest,
    guard: Value,
) -> Reply {
    Reply::Prepared { target: target.into(), request: request.into(), request_digest, guard, sealed: None }
}

/// An effect on this machine that took place.
pub(in crate::kinds) fn applied(output: Value) -> Reply {
    settled(Outcome::Applied, output, None)
}

/// An effect without an HTTP response.
pub(in crate::kinds) fn settled(outcome: Outcome, output: Value, error: Option<CallError>) -> Reply {
    Reply::Settled { outcome, status: None, request_id: None, server_date: None, output, sealed: None, error }
}
