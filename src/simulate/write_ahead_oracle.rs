//! I1: whatever leaves is announced, durably, and each announcement lets through what it says and nothing else.

use super::sealer::opened;
use crate::base::{Digest, Value};
use crate::port::Sealed;
use crate::twin::Request;
use std::collections::{BTreeMap, BTreeSet};

/// Within so many bytes of its beginning a record says of what type it is.
const HEAD: usize = 256;
/// What stands before that.
const KEY: &[u8] = br#""type":""#;
/// What a preflight puts and removes to see whether it can is announced by nobody (docs/evidence.md, "Preflight").
const PROBE: &str = "/.surefoot-probe-";

/// The bytes of a journal's segments, one after another.
pub(super) type Segments<'a> = &'a mut dyn Iterator<Item = &'a [u8]>;

/// An effect as it leaves.
pub(super) struct Leaving<'a> {
    /// Method and path, as an intent says them.
    pub(super) request: &'a str,
    /// What it carries.
    pub(super) load: Load<'a>,
}

/// What an effect carries, as far as its intent tells it.
pub(super) enum Load<'a> {
    /// A body whose digest is announced.
    Body(&'a [u8]),
    /// A password that is announced under seal.
    Password(String),
    /// A file whose digest is announced.
    File(Option<Digest>),
    /// One of the parts of the upload of this id.
    Part(&'a str),
    /// The end of the upload of this id.
    Upload(&'a str),
    /// One of several uploads that nobody will complete.
    Leftover,
    /// What the announcement tells with handles in place of secrets.
    Veiled,
}

impl<'a> Leaving<'a> {
    /// An effect over HTTP.
    pub(super) fn over_http(request: &'a str, sent: &'a Request, password: Option<&str>) -> Self {
        let load = password.map_or(Load::Body(&sent.body), |new| Load::Password(new.to_owned()));
        Self { request, load }
    }

    /// An effect on a service of the scenario.
    pub(super) fn to_service(request: &'a str) -> Self {
        Self { request, load: Load::Veiled }
    }
}

/// Reads the announcements of a trial as they become durable.
#[derive(Default)]
pub(super) struct WriteAheadOracle {
    /// How much of each segment was read.
    read: Vec<usize>,
    /// The announcements of this process that nothing was recorded about yet, by sequence number.
    open: BTreeMap<u64, Value>,
    /// Those that something left for.
    used: BTreeSet<u64>,
    /// Whether this process may send nothing any more.
    is_over: bool,
}

impl WriteAheadOracle {
    /// A new process: what it finds in the journal may have been mended.
    pub(super) fn begin(&mut self) {
        self.read.clear();
        self.open.clear();
        self.is_over = false;
    }

    /// Somebody could not be told: nothing may leave any more (docs/journal.md, "Trail").
    pub(super) fn end(&mut self) {
        self.is_over = true;
    }

    /// Whether nothing may leave.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether what leaves now is announced, and under which name by which step. Announcements of earlier processes do
    /// not count, nor do those that were used or settled.
    pub(super) fn announced(&mut self, leaving: &Leaving<'_>, durable: Segments<'_>) -> Option<(String, String)> {
        for (number, segment) in durable.enumerate() {
            if self.read.len() <= number {
                self.read.push(0);
            }
            let from = self.read.get(number).copied().unwrap_or_default();
            let fresh = segment.get(from..).unwrap_or_default();
            let whole = fresh.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            fresh.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').for_each(|line| self.take(line));
            if let Some(read) = self.read.get_mut(number) {
                *read = from + whole;
            }
        }
        if leaving.request.contains(PROBE) {
            return Some(Default::default());
        }
        let fits = |seq: &u64, intent: &Value| {
            (leaving.is_one_of_many() || !self.used.contains(seq)) && leaving.is_what(intent)
        };
        let (seq, intent) = self.open.iter().rev().find(|(seq, intent)| fits(seq, intent))?;
        self.used.insert(*seq);
        let text = |name: &str| intent.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some((text("target"), text("step")))
    }

    fn take(&mut self, line: &[u8]) {
        let head = line.get(..HEAD).unwrap_or(line);
        let place = head.windows(KEY.len()).position(|bytes| bytes == KEY);
        let name = place.and_then(|at| head.get(at + KEY.len()..)).unwrap_or_default();
        let (announces, settles) = (name.starts_with(b"call.intended\""), name.starts_with(b"call.settled\""));
        if name.starts_with(b"session.open\"") {
            self.open.clear();
        }
        if !announces && !settles {
            return;
        }
        let Ok(mut record) = serde_json::from_slice::<Value>(line) else { return };
        let seq = record.get("seq").and_then(Value::as_u64).unwrap_or_default();
        let data = record.get_mut("data").map(Value::take).unwrap_or_default();
        if announces {
            self.open.insert(seq, data);
        } else {
            let same =
                |intent: &Value| ["step", "call", "attempt"].iter().all(|name| intent.get(name) == data.get(name));
            self.open.retain(|_, intent| !same(intent));
        }
    }
}

impl Leaving<'_> {
    /// Whether one announcement is for several of it.
    fn is_one_of_many(&self) -> bool {
        matches!(self.load, Load::Part(_) | Load::Leftover)
    }

    /// Whether this is what the intent announces.
    fn is_what(&self, intent: &Value) -> bool {
        let said = |name: &str| intent.pointer(name).and_then(Value::as_str);
        let has_digest = |digest: Digest| said("/request_digest") == Some(digest.to_string().as_str());
        said("/request") == Some(self.request)
            && match &self.load {
                Load::Body(body) => has_digest(Digest::of(body)),
                Load::Password(new) => intent.get("sealed").and_then(sealed_password).as_ref() == Some(new),
                Load::Part(id) | Load::Upload(id) => said("/input/upload_id") == Some(*id),
                Load::File(digest) => digest.is_none_or(has_digest),
                Load::Leftover | Load::Veiled => true,
            }
    }
}

/// The password in a seal as it stands in a record.
fn sealed_password(sealed: &Value) -> Option<String> {
    let text = |name: &str| sealed.get(name).and_then(Value::as_str);
    let sealed = Sealed {
        alg: text("alg")?.to_owned(),
        b64: text("b64")?.to_owned(),
        recipients: Vec::new(),
        sha256: text("sha256")?.parse().ok()?,
    };
    opened(&sealed).map(|(_, password)| password)
}
