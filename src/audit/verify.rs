//! Checking a trail.

use super::verdict::{Finding, HeadVerdict, Require, SegmentState, SegmentVerdict, Verdict};
use crate::base::{Digest, Value};
use crate::record::{Chain, Frame, Head, HeadState, Tail, judge, lines, replaces, segment_name, segment_number};

/// Checks the segments of a trail, given by name and in order, with the bytes of `journal.head` where there is one.
///
/// Reads no file and no clock; equal bytes have an equal verdict.
pub fn verify(segments: &[(&str, &[u8])], head: Option<&[u8]>) -> Verdict {
    let known = head.map(Head::read);
    let watched = known.and_then(|state| match state {
        HeadState::Valid(head) => Some(head),
        HeadState::Unreadable => None,
    });
    let mut walk = Walk { watched, ..Walk::default() };
    for (index, (name, bytes)) in segments.iter().enumerate() {
        walk.segment(name, bytes, segments.get(index + 1).map(|(_, next)| *next));
    }
    if segments.is_empty() {
        walk.finding = Some(Finding::Empty);
    }
    let head = match known {
        None => HeadVerdict::Absent,
        Some(HeadState::Unreadable) => HeadVerdict::Unreadable,
        Some(HeadState::Valid(head)) => walk.compare(&head),
    };
    Verdict {
        run: walk.run,
        segments: walk.verdicts,
        records: walk.chain.len,
        last: walk.chain.last_seq().map(|_| walk.chain.last),
        closed: walk.closed,
        finding: walk.finding,
        // Signed checkpoints and receipts of witnesses are not part of the format yet.
        signed: None,
        anchored: None,
        head,
        recorded: walk.recorded,
    }
}

#[derive(Default)]
struct Walk {
    chain: Chain,
    watched: Option<Head>,
    seen: Option<Digest>,
    closed: bool,
    run: Option<String>,
    recorded: Option<Require>,
    finding: Option<Finding>,
    verdicts: Vec<SegmentVerdict>,
}

impl Walk {
    fn segment(&mut self, name: &str, bytes: &[u8], next: Option<&[u8]>) {
        let expected = u32::try_from(self.verdicts.len() + 1).unwrap_or(u32::MAX);
        if self.finding.is_none() && segment_number(name) != Some(expected) {
            self.finding = Some(Finding::MissingSegment { segment: segment_name(expected) });
        }
        let (records, state) = if self.finding.is_some() {
            (None, SegmentState::NotReached)
        } else if next.is_some_and(|next| replaces(next, bytes)) {
            (None, compare_copy(bytes, next.unwrap_or_default()))
        } else {
            self.walk(name, bytes, next.is_some())
        };
        self.verdicts.push(SegmentVerdict { name: name.to_owned(), len: bytes.len() as u64, records, state });
    }

    fn walk(&mut self, name: &str, bytes: &[u8], is_followed: bool) -> (Option<(u64, u64)>, SegmentState) {
        let first = self.chain.len;
        let mut sound = 0;
        for line in lines(bytes) {
            let Ok(frame) = self.chain.accept(line) else { break };
            self.note(&frame);
            sound += line.len();
        }
        let rest = bytes.get(sound..).unwrap_or_default();
        let offset = sound as u64;
        let records = (self.chain.len > first).then(|| (first, self.chain.len - 1));
        self.finding = match judge(rest, name, offset, &self.chain) {
            Tail::Clean => return (records, SegmentState::Sound),
            Tail::Torn if !is_followed => {
                Some(Finding::Torn { segment: name.to_owned(), offset, len: rest.len() as u64 })
            }
            Tail::Torn => Some(Finding::Corrupt(crate::record::Corruption {
                segment: name.to_owned(),
                offset,
                expected: self.chain.len,
                next_valid: None,
                what: "the segment is cut off, but another one follows it".to_owned(),
            })),
            Tail::Corrupt(corruption) => Some(Finding::Corrupt(corruption)),
        };
        (records, SegmentState::Unsound)
    }

    fn note(&mut self, frame: &Frame<'_>) {
        if frame.seq == 0 {
            let data: Value = serde_json::from_str(frame.data).unwrap_or_default();
            self.run = data.get("run").and_then(Value::as_str).map(str::to_owned);
            let require = data.get("policy").and_then(|policy| policy.get("require")).and_then(Value::as_str);
            self.recorded = require.and_then(Require::from_name);
        }
        if self.watched.is_some_and(|head| head.seq == frame.seq) {
            self.seen = Some(frame.hash);
        }
        // The journal may have to mend its end after the run's: that opens nothing again.
        if !matches!(frame.kind, "journal.recovered" | "journal.segment" | "checkpoint.signed") {
            self.closed = frame.kind == "run.closed";
        }
    }

    /// A torn tail behind what the head knows is nothing but torn; one that reaches before it was durable once.
    fn compare(&mut self, head: &Head) -> HeadVerdict {
        let finding = match self.seen {
            Some(found) if found == head.hash => return HeadVerdict::Agrees(head.seq),
            Some(found) => Finding::Rewritten { seq: head.seq, known: head.hash, found },
            None => Finding::Cut { first: self.chain.len, durable: head.seq },
        };
        if matches!(self.finding, None | Some(Finding::Torn { .. })) {
            self.finding = Some(finding);
        }
        HeadVerdict::Disagrees
    }
}

/// Compares a segment with the copy that the next one begins with, up to where the copy ends.
fn compare_copy(old: &[u8], next: &[u8]) -> SegmentState {
    let is_end = |line: &[u8]| Frame::read(line).is_ok_and(|frame| frame.kind == "journal.segment");
    let copied: usize = lines(next).take_while(|line| !is_end(line)).map(<[u8]>::len).sum();
    if old.get(..copied) == next.get(..copied) { SegmentState::Replaced } else { SegmentState::ReplacedAndDiffers }
}
