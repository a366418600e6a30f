//! A verdict in words and as a value.

use super::verdict::{Finding, HeadVerdict, SegmentState, SegmentVerdict, Verdict};
use crate::base::{Digest, Value, escape};
use serde_json::json;
use std::fmt;

impl Verdict {
    /// The verdict as lines of text. The first one says whether the chain is intact.
    pub fn lines(&self) -> Vec<String> {
        let records = format!("{} record{}", self.records, if self.records == 1 { "" } else { "s" });
        let mut lines = match &self.finding {
            None => vec![format!("OK: {records}, hash chain intact")],
            Some(finding) => vec![format!("FAILED: {finding}"), format!("{records} before that verify")],
        };
        let is_plain = self.segments.len() == 1 && self.segments.iter().all(|one| one.state == SegmentState::Sound);
        if !is_plain {
            lines.extend(self.segments.iter().map(ToString::to_string));
        }
        match self.head {
            HeadVerdict::Absent => {}
            HeadVerdict::Unreadable => lines.push("journal.head is damaged: neither of its slots is valid".to_owned()),
            HeadVerdict::Agrees(seq) => lines.push(format!("journal.head agrees at record {seq}")),
            HeadVerdict::Disagrees => lines.push("journal.head does not agree with the journal".to_owned()),
        }
        lines.push(if self.closed { "The run has ended".to_owned() } else { "The run has not ended".to_owned() });
        lines.extend(self.signed.map(|seq| format!("Signed up to record {seq}")));
        lines.extend(self.anchored.map(|seq| format!("Witnessed by others up to record {seq}")));
        if let (None, Some((first, last)), Some(hash)) = (&self.finding, self.unproven(), self.last) {
            let what = match first {
                0 => "Not signed: a rewritten or shortened trail would not be noticed".to_owned(),
                _ => format!("Records {first} to {last} are not signed: a change or cut there would not be noticed"),
            };
            lines.push(format!("{what}. Keep this hash in your ticket: {hash}"));
        }
        lines
    }

    /// The verdict as a value, for `--output json`.
    pub fn to_value(&self) -> Value {
        let segment = |segment: &SegmentVerdict| {
            json!({
                "name": segment.name,
                "bytes": segment.len,
                "first": segment.records.map(|(first, _)| first),
                "last": segment.records.map(|(_, last)| last),
                "state": state_word(segment.state),
            })
        };
        json!({
            "run": self.run,
            "consistent": self.finding.is_none(),
            "finding": self.finding.as_ref().map(Finding::to_value),
            "records": self.records,
            "last_hash": self.last.map(hex),
            "ended": self.closed,
            "head": match self.head {
                HeadVerdict::Absent => "absent",
                HeadVerdict::Unreadable => "unreadable",
                HeadVerdict::Agrees(_) => "agrees",
                HeadVerdict::Disagrees => "disagrees",
            },
            "signed_up_to": self.signed,
            "anchored_up_to": self.anchored,
            "unproven": self.unproven().map(|(first, last)| json!({"first": first, "last": last})),
            "segments": self.segments.iter().map(segment).collect::<Vec<_>>(),
        })
    }
}

impl Finding {
    /// Its kind, as a word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Torn { .. } => "torn",
            Self::Corrupt(_) => "corrupt",
            Self::MissingSegment { .. } => "missing-segment",
            Self::Cut { .. } => "cut",
            Self::Rewritten { .. } => "rewritten",
        }
    }

    fn to_value(&self) -> Value {
        let mut value = json!({"kind": self.kind(), "message": self.to_string()});
        let more = match self {
            Self::Corrupt(corruption) => json!({
                "segment": corruption.segment,
                "offset": corruption.offset,
                "expected": corruption.expected,
                "next_valid": corruption.next_valid,
            }),
            Self::Torn { segment, offset, len } => json!({"segment": segment, "offset": offset, "bytes": len}),
            Self::MissingSegment { segment } => json!({"segment": segment}),
            Self::Cut { first, durable } => json!({"first": first, "durable": durable}),
            Self::Rewritten { seq, known, found } => json!({"seq": seq, "known": hex(*known), "found": hex(*found)}),
            Self::Empty => json!({}),
        };
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        value
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no journal segment here"),
            Self::Torn { segment, offset, len } => write!(
                f,
                "the last {len} bytes of {} (from byte {offset}) are part of a write that a crash interrupted; \
                 `surefoot resume` removes them",
                escape(segment)
            ),
            Self::Corrupt(corruption) => f.write_str(&escape(&corruption.to_string())),
            Self::MissingSegment { segment } => write!(f, "the segment {segment} is missing"),
            Self::Cut { first, durable } => write!(f, "records {first} to {durable} were durable and are missing"),
            Self::Rewritten { seq, known, found } => write!(
                f,
                "record {seq} was known with the hash {known} and now has the hash {found}: the journal was rewritten"
            ),
        }
    }
}

impl fmt::Display for SegmentVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = escape(&self.name);
        let records =
            self.records.map_or_else(|| "no record".to_owned(), |(first, last)| format!("records {first} to {last}"));
        match self.state {
            SegmentState::Sound => write!(f, "{name}: {records}"),
            SegmentState::Unsound => write!(f, "{name}: {records} verify, the rest does not"),
            SegmentState::Replaced => write!(f, "{name}: replaced by the next segment after a failed sync"),
            SegmentState::ReplacedAndDiffers => {
                write!(f, "{name}: replaced by the next segment after a failed sync, and differs from its copy there")
            }
            SegmentState::NotReached => write!(f, "{name}: not checked"),
        }
    }
}

const fn state_word(state: SegmentState) -> &'static str {
    match state {
        SegmentState::Sound => "consistent",
        SegmentState::Unsound => "inconsistent",
        SegmentState::Replaced => "replaced",
        SegmentState::ReplacedAndDiffers => "replaced-and-differs",
        SegmentState::NotReached => "not-checked",
    }
}

fn hex(digest: Digest) -> String {
    digest.to_string()
}
