//! A verdict in words and as a value.

use super::verdict::{Finding, HeadVerdict, SegmentState, SegmentVerdict, Verdict};
use crate::base::{Digest, Value, show};
use serde_json::json;
use std::fmt;

impl Verdict {
    /// The verdict as lines of text, each beginning with a word in capitals.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.segments.iter().map(ToString::to_string).collect();
        lines.extend(self.finding.as_ref().map(ToString::to_string));
        match self.head {
            HeadVerdict::Absent => {}
            HeadVerdict::Unreadable => lines.push("HEAD neither slot of journal.head is valid".to_owned()),
            HeadVerdict::Agrees(seq) => lines.push(format!("HEAD agrees at record {seq}")),
            HeadVerdict::Disagrees => lines.push("HEAD does not agree with the journal".to_owned()),
        }
        lines.push(if self.closed {
            "ENDED the last record of the run says that it has ended".to_owned()
        } else {
            "OPEN the last record of the run does not say that it has ended".to_owned()
        });
        lines.push(up_to("SIGNED", self.signed, "no checkpoint of this trail is signed"));
        lines.push(up_to("ANCHORED", self.anchored, "nobody else has witnessed this trail"));
        if let (Some((first, last)), Some(hash)) = (self.unproven(), self.last) {
            lines.push(format!(
                "UNPROVEN records {first} to {last}: a chain alone shows neither a tail cut off nor a journal written \
                 anew; keep the last hash elsewhere to compare: {hash}"
            ));
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
            Self::Empty => f.write_str("EMPTY there is no segment of a journal here"),
            Self::Torn { segment, offset, len } => write!(
                f,
                "TORN the last {len} bytes of {} (from byte {offset}) are part of a write that a crash interrupted; \
                 `surefoot resume` removes them",
                show(segment)
            ),
            Self::Corrupt(corruption) => write!(f, "CORRUPT {}", show(&corruption.to_string())),
            Self::MissingSegment { segment } => write!(f, "MISSING {segment} is not there"),
            Self::Cut { first, durable } => {
                write!(f, "CUT records {first} to {durable} were durable once and are not there")
            }
            Self::Rewritten { seq, known, found } => write!(
                f,
                "REWRITTEN record {seq} is known by the hash {known} and has the hash {found}: the journal was \
                 written anew"
            ),
        }
    }
}

impl fmt::Display for SegmentVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = show(&self.name);
        let records =
            self.records.map_or_else(|| "no record".to_owned(), |(first, last)| format!("records {first} to {last}"));
        match self.state {
            SegmentState::Sound => write!(f, "CONSISTENT {name}: {records}"),
            SegmentState::Unsound => write!(f, "INCONSISTENT {name}: {records} are sound"),
            SegmentState::Replaced => write!(f, "REPLACED {name}: copied into the next segment after a failed sync"),
            SegmentState::ReplacedAndDiffers => write!(
                f,
                "REPLACED {name}: copied into the next segment after a failed sync; it does not hold what was copied"
            ),
            SegmentState::NotReached => write!(f, "NOT CHECKED {name}"),
        }
    }
}

fn up_to(word: &str, seq: Option<u64>, none: &str) -> String {
    seq.map_or_else(|| format!("{word} up to none: {none}"), |seq| format!("{word} up to {seq}"))
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
