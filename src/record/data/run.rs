//! The data of the records about the run, its sessions and its journal.

use crate::base::{Digest, Map, Value};
use crate::engine::event::{Body, RunOpened, SessionOpened, Verdict};
use crate::record::word::{Text, Word};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::io::Write;

/// Writes the data of an event about the journal or the end of the run; other events have none here.
pub(super) fn write<W: Write, F: Formatter>(
    body: &Body,
    to: &mut serde_json::Serializer<W, F>,
) -> serde_json::Result<()> {
    match body {
        Body::UndoBegun { steps } => Undo { steps: steps.iter().map(Into::into).collect() }.serialize(to),
        Body::JournalRecovered { offset, len, sha256 } => {
            Recovered { offset: *offset, len: *len, sha256: Text(*sha256) }.serialize(to)
        }
        Body::JournalSegment { reason, old_sha256 } => {
            Segment { reason: reason.into(), old_sha256: Text(*old_sha256) }.serialize(to)
        }
        Body::RunClosed { verdict, summary } => {
            Closed { verdict: Word(*verdict), summary: Cow::Borrowed(summary) }.serialize(to)
        }
        _ => Err(super::parts::unknown("run")),
    }
}

/// Reads the data of `run.*`, `session.*` and `journal.*`.
pub(super) fn read(kind: &str, data: &str) -> serde_json::Result<Body> {
    Ok(match kind {
        "run.opened" => Body::RunOpened(serde_json::from_str::<Opened<'_>>(data)?.into()),
        "session.open" => Body::SessionOpened(serde_json::from_str::<Session<'_>>(data)?.into()),
        "run.paused" => serde_json::from_str::<Empty>(data).map(|Empty {}| Body::RunPaused)?,
        "run.cancel_asked" => serde_json::from_str::<Empty>(data).map(|Empty {}| Body::RunCancelAsked)?,
        "run.undo_begun" => {
            let Undo { steps } = serde_json::from_str(data)?;
            Body::UndoBegun { steps: steps.into_iter().map(Cow::into_owned).collect() }
        }
        "journal.recovered" => {
            let Recovered { offset, len, sha256 } = serde_json::from_str(data)?;
            Body::JournalRecovered { offset, len, sha256: sha256.0 }
        }
        "journal.segment" => {
            let Segment { reason, old_sha256 } = serde_json::from_str(data)?;
            Body::JournalSegment { reason: reason.into_owned(), old_sha256: old_sha256.0 }
        }
        "run.closed" => {
            let Closed { verdict, summary } = serde_json::from_str(data)?;
            Body::RunClosed { verdict: verdict.0, summary: summary.into_owned() }
        }
        _ => return Err(super::parts::unknown(kind)),
    })
}

#[derive(Serialize, Deserialize)]
pub(super) struct Empty {}

#[derive(Serialize, Deserialize)]
struct Undo<'a> {
    #[serde(borrow)]
    steps: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Opened<'a> {
    run: Cow<'a, str>,
    nonce: Cow<'a, str>,
    runbooks: Vec<Pinned<'a>>,
    plan_digest: Text<Digest>,
    inputs: Cow<'a, Map>,
    policy: Cow<'a, Value>,
    state_dir: Cow<'a, str>,
    audit_dir: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    twin: Option<Cow<'a, Value>>,
    engine: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot_clock: Option<Cow<'a, str>>,
}

/// A runbook file.
#[derive(Serialize, Deserialize)]
struct Pinned<'a> {
    file: Cow<'a, str>,
    sha256: Text<Digest>,
}

impl<'a> From<&'a RunOpened> for Opened<'a> {
    fn from(opened: &'a RunOpened) -> Self {
        let pinned = |(file, digest): &'a (String, Digest)| Pinned { file: file.into(), sha256: Text(*digest) };
        Self {
            run: (&opened.run).into(),
            nonce: (&opened.nonce).into(),
            runbooks: opened.runbooks.iter().map(pinned).collect(),
            plan_digest: Text(opened.plan_digest),
            inputs: Cow::Borrowed(&opened.inputs),
            policy: Cow::Borrowed(&opened.policy),
            state_dir: (&opened.state_dir).into(),
            audit_dir: (&opened.audit_dir).into(),
            twin: opened.twin.as_ref().map(Cow::Borrowed),
            engine: (&opened.engine).into(),
            boot_clock: opened.boot_clock.as_deref().map(Cow::Borrowed),
        }
    }
}

impl From<Opened<'_>> for RunOpened {
    fn from(read: Opened<'_>) -> Self {
        Self {
            run: read.run.into_owned(),
            nonce: read.nonce.into_owned(),
            runbooks: read.runbooks.into_iter().map(|file| (file.file.into_owned(), file.sha256.0)).collect(),
            plan_digest: read.plan_digest.0,
            inputs: read.inputs.into_owned(),
            policy: read.policy.into_owned(),
            state_dir: read.state_dir.into_owned(),
            audit_dir: read.audit_dir.into_owned(),
            twin: read.twin.map(Cow::into_owned),
            engine: read.engine.into_owned(),
            boot_clock: read.boot_clock.map(Cow::into_owned),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Session<'a> {
    pid: u32,
    boot_id: Cow<'a, str>,
    host: Cow<'a, str>,
    user: Cow<'a, str>,
    version: Cow<'a, str>,
    binary_sha256: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot_clock: Option<Cow<'a, str>>,
}

impl<'a> From<&'a SessionOpened> for Session<'a> {
    fn from(session: &'a SessionOpened) -> Self {
        Self {
            pid: session.pid,
            boot_id: (&session.boot_id).into(),
            host: (&session.host).into(),
            user: (&session.user).into(),
            version: (&session.version).into(),
            binary_sha256: (&session.binary_sha256).into(),
            boot_clock: session.boot_clock.as_deref().map(Cow::Borrowed),
        }
    }
}

impl From<Session<'_>> for SessionOpened {
    fn from(read: Session<'_>) -> Self {
        Self {
            pid: read.pid,
            boot_id: read.boot_id.into_owned(),
            host: read.host.into_owned(),
            user: read.user.into_owned(),
            version: read.version.into_owned(),
            binary_sha256: read.binary_sha256.into_owned(),
            boot_clock: read.boot_clock.map(Cow::into_owned),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Recovered {
    offset: u64,
    len: u64,
    sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
struct Segment<'a> {
    reason: Cow<'a, str>,
    old_sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
struct Closed<'a> {
    verdict: Word<Verdict>,
    summary: Cow<'a, Map>,
}
