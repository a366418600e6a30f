//! The data of the records about calls.

use super::parts::{Error, SealedBox};
use crate::base::{Digest, Timestamp, Value};
use crate::engine::call::{Call, Outcome};
use crate::engine::event::{Body, Intent, Settlement};
use crate::record::word::{Text, Word};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Reads the data of `call.<name>`.
pub(super) fn read(name: &str, data: &str) -> serde_json::Result<Body> {
    match name {
        "intended" => serde_json::from_str::<Intended<'_>>(data).map(|read| Body::CallIntended(read.into())),
        "settled" => serde_json::from_str::<Settled<'_>>(data).map(|read| Body::CallSettled(read.into())),
        "probed" => {
            let Probed { step, call, found } = serde_json::from_str(data)?;
            Ok(Body::CallProbed { step: step.into_owned(), call: call.0, found: found.into_owned() })
        }
        _ => Err(super::parts::unknown(name)),
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Intended<'a> {
    step: Cow<'a, str>,
    call: Word<Call>,
    attempt: u32,
    target: Cow<'a, str>,
    request: Cow<'a, str>,
    request_digest: Text<Digest>,
    guard: Cow<'a, Value>,
    evidence: Vec<Rests<'a>>,
    input: Cow<'a, Value>,
    deadline: Option<Text<Timestamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedBox<'a>>,
}

/// A piece of evidence that an intent rests on.
#[derive(Serialize, Deserialize)]
struct Rests<'a> {
    kind: Cow<'a, str>,
    seq: u64,
}

impl<'a> From<&'a Intent> for Intended<'a> {
    fn from(intent: &'a Intent) -> Self {
        let rests = |(kind, seq): &'a (String, u64)| Rests { kind: Cow::Borrowed(kind), seq: *seq };
        Self {
            step: Cow::Borrowed(&intent.step),
            call: Word(intent.call),
            attempt: intent.attempt,
            target: Cow::Borrowed(&intent.target),
            request: Cow::Borrowed(&intent.request),
            request_digest: Text(intent.request_digest),
            guard: Cow::Borrowed(&intent.guard),
            evidence: intent.evidence.iter().map(rests).collect(),
            input: Cow::Borrowed(&intent.input),
            deadline: intent.deadline.map(Text),
            sealed: intent.sealed.as_ref().map(SealedBox::from),
        }
    }
}

impl From<Intended<'_>> for Intent {
    fn from(read: Intended<'_>) -> Self {
        Self {
            step: read.step.into_owned(),
            call: read.call.0,
            attempt: read.attempt,
            target: read.target.into_owned(),
            request: read.request.into_owned(),
            request_digest: read.request_digest.0,
            guard: read.guard.into_owned(),
            evidence: read.evidence.into_iter().map(|rests| (rests.kind.into_owned(), rests.seq)).collect(),
            input: read.input.into_owned(),
            deadline: read.deadline.map(|at| at.0),
            sealed: read.sealed.map(Into::into),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Settled<'a> {
    step: Cow<'a, str>,
    call: Word<Call>,
    attempt: u32,
    outcome: Word<Outcome>,
    status: Option<u16>,
    request_id: Option<Cow<'a, str>>,
    server_date: Option<Text<Timestamp>>,
    output: Cow<'a, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedBox<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Error<'a>>,
}

impl<'a> From<&'a Settlement> for Settled<'a> {
    fn from(settlement: &'a Settlement) -> Self {
        Self {
            step: Cow::Borrowed(&settlement.step),
            call: Word(settlement.call),
            attempt: settlement.attempt,
            outcome: Word(settlement.outcome),
            status: settlement.status,
            request_id: settlement.request_id.as_deref().map(Cow::Borrowed),
            server_date: settlement.server_date.map(Text),
            output: Cow::Borrowed(&settlement.output),
            sealed: settlement.sealed.as_ref().map(SealedBox::from),
            error: settlement.error.as_ref().map(Error::from),
        }
    }
}

impl From<Settled<'_>> for Settlement {
    fn from(read: Settled<'_>) -> Self {
        Self {
            step: read.step.into_owned(),
            call: read.call.0,
            attempt: read.attempt,
            outcome: read.outcome.0,
            status: read.status,
            request_id: read.request_id.map(Cow::into_owned),
            server_date: read.server_date.map(|at| at.0),
            output: read.output.into_owned(),
            sealed: read.sealed.map(Into::into),
            error: read.error.map(Into::into),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Probed<'a> {
    pub(super) step: Cow<'a, str>,
    pub(super) call: Word<Call>,
    pub(super) found: Cow<'a, Value>,
}
