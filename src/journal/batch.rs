//! Events to the bytes of one or several writes.

use crate::engine::event::{Body, Event};
use crate::record::{BATCH_LIMIT, Chain, EncodeError, Header, encode};
use std::ops::Range;

/// Formatted events, to be written round by round: each round is one write and one sync.
pub(super) struct Batch {
    /// The bytes of each round in the buffer, with the chain after them.
    pub(super) rounds: Vec<(Range<usize>, Chain)>,
}

/// Formats `events` after `chain` into `buffer`, which is cleared first. What stands before the end of `chain` is
/// durable.
///
/// A session begins with `session.open`, so that event raises the session's number. A batch over the limit becomes
/// several rounds; a line of a later round may say that the rounds before are durable, because it is written only
/// when they are.
pub(super) fn format(events: &[Event], chain: Chain, buffer: &mut Vec<u8>) -> Result<Batch, EncodeError> {
    buffer.clear();
    let mut rounds: Vec<(Range<usize>, Chain)> = Vec::with_capacity(1);
    let mut state = chain;
    let (mut start, mut durable) = (0, chain.last_seq());
    for event in events {
        let raise = u64::from(matches!(event.body, Body::SessionOpened(_) | Body::RunOpened(_)));
        let epoch = state.epoch + raise;
        let header = |durable| Header { seq: state.len, durable, epoch, prev: state.last };
        let before = buffer.len();
        let mut last = encode(event, &header(durable), buffer)?;
        if buffer.len() - start > BATCH_LIMIT {
            buffer.truncate(before);
            rounds.push((start..before, state));
            (start, durable) = (before, state.last_seq());
            last = encode(event, &header(durable), buffer)?;
        }
        state = Chain { len: state.len + 1, last, durable, epoch };
    }
    if start < buffer.len() {
        rounds.push((start..buffer.len(), state));
    }
    Ok(Batch { rounds })
}
