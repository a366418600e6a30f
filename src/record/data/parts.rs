//! Parts that several record types have.

use crate::base::{Digest, Timestamp};
use crate::engine::call::{CallError, ErrorClass, Sealed};
use crate::engine::evidence::{Evidence, Proof};
use crate::record::word::{Text, Word};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An error.
#[derive(Serialize, Deserialize)]
pub(super) struct Error<'a> {
    class: Word<ErrorClass>,
    reason: Cow<'a, str>,
    message: Cow<'a, str>,
    remedy: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<Text<Seconds>>,
}

impl<'a> From<&'a CallError> for Error<'a> {
    fn from(error: &'a CallError) -> Self {
        Self {
            class: Word(error.class),
            reason: Cow::Borrowed(&error.reason),
            message: Cow::Borrowed(&error.message),
            remedy: Cow::Borrowed(&error.remedy),
            retry_after: error.retry_after.map(|span| Text(Seconds(span))),
        }
    }
}

impl From<Error<'_>> for CallError {
    fn from(error: Error<'_>) -> Self {
        Self {
            class: error.class.0,
            reason: error.reason.into_owned(),
            message: error.message.into_owned(),
            remedy: error.remedy.into_owned(),
            retry_after: error.retry_after.map(|span| span.0.0),
        }
    }
}

/// A span of time in seconds with up to nine decimals, so that no part of it is lost.
pub(super) struct Seconds(pub(super) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 {
            return write!(f, "{secs}");
        }
        f.write_str(format!("{secs}.{nanos:09}").trim_end_matches('0'))
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("not a number of seconds: {text:?}");
        let (secs, decimals) = text.split_once('.').unwrap_or((text, ""));
        if decimals.len() > 9 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let secs = secs.parse().map_err(|_| wrong())?;
        let nanos = format!("{decimals:0<9}").parse().map_err(|_| wrong())?;
        Ok(Self(Duration::new(secs, nanos)))
    }
}

/// A sealed secret.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedBox<'a> {
    alg: Cow<'a, str>,
    b64: Cow<'a, str>,
    recipients: Cow<'a, [String]>,
    sha256: Text<Digest>,
}

impl<'a> From<&'a Sealed> for SealedBox<'a> {
    fn from(sealed: &'a Sealed) -> Self {
        Self {
            alg: Cow::Borrowed(&sealed.alg),
            b64: Cow::Borrowed(&sealed.b64),
            recipients: Cow::Borrowed(&sealed.recipients),
            sha256: Text(sealed.sha256),
        }
    }
}

impl From<SealedBox<'_>> for Sealed {
    fn from(sealed: SealedBox<'_>) -> Self {
        Self {
            alg: sealed.alg.into_owned(),
            b64: sealed.b64.into_owned(),
            recipients: sealed.recipients.into_owned(),
            sha256: sealed.sha256.0,
        }
    }
}

/// A piece of evidence.
#[derive(Serialize, Deserialize)]
pub(super) struct Proved<'a> {
    kind: Word<Proof>,
    subject: Cow<'a, str>,
    digest: Text<Digest>,
    at: Text<Timestamp>,
    verifier: Cow<'a, str>,
}

impl<'a> From<&'a Evidence> for Proved<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self {
            kind: Word(evidence.kind),
            subject: Cow::Borrowed(&evidence.subject),
            digest: Text(evidence.digest),
            at: Text(evidence.at),
            verifier: Cow::Borrowed(&evidence.verifier),
        }
    }
}

impl From<Proved<'_>> for Evidence {
    fn from(proved: Proved<'_>) -> Self {
        Self {
            kind: proved.kind.0,
            subject: proved.subject.into_owned(),
            digest: proved.digest.0,
            at: proved.at.0,
            verifier: proved.verifier.into_owned(),
        }
    }
}

/// The error of a reader that does not know a type.
pub(super) fn unknown(kind: &str) -> serde_json::Error {
    serde::de::Error::custom(format!("unknown type {kind}"))
}
