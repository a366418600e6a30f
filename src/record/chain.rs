//! What the next line must look like.

use super::frame::{Frame, FrameError};
use crate::base::Digest;

/// The state of a chain after some lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How many lines there are, and so the number of the next one.
    pub len: u64,
    /// The hash of the last line.
    pub last: Digest,
    /// What the last line said to be durable.
    pub durable: Option<u64>,
    /// The session of the last line; 0 before the first.
    pub epoch: u64,
}

/// Why a line does not continue a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// It is not a line at all.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It has another number than the next one.
    #[error("record {expected} should stand here, record {found} does")]
    Sequence {
        /// The number that should stand here.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// It names another predecessor than the line before it.
    #[error("record {0} does not follow the record before it")]
    Link(u64),
    /// What it says to be durable is impossible.
    #[error("record {0} claims something to be durable that cannot be")]
    Durable(u64),
    /// It belongs to an earlier session than the line before it.
    #[error("record {0} belongs to a session that had ended")]
    Epoch(u64),
    /// The first line is not the birth of a run.
    #[error("the first record is not `run.opened`")]
    Genesis,
}

impl Default for Chain {
    fn default() -> Self {
        Self { len: 0, last: Digest::ZERO, durable: None, epoch: 0 }
    }
}

impl Chain {
    /// Takes in a line that ends with its newline; an error leaves the chain as it was.
    pub fn accept<'a>(&mut self, line: &'a [u8]) -> Result<Frame<'a>, Break> {
        let frame = Frame::read(line)?;
        self.link(&frame)?;
        Ok(frame)
    }

    /// Takes in a line that was taken apart before; an error leaves the chain as it was.
    pub fn link(&mut self, frame: &Frame<'_>) -> Result<(), Break> {
        if frame.seq != self.len {
            return Err(Break::Sequence { expected: self.len, found: frame.seq });
        }
        if frame.prev.as_bytes() != self.last.to_hex() {
            return Err(Break::Link(frame.seq));
        }
        // `None` is less than any number, as -1 is.
        if frame.durable.is_some_and(|durable| durable >= frame.seq) || frame.durable < self.durable {
            return Err(Break::Durable(frame.seq));
        }
        if frame.epoch < self.epoch {
            return Err(Break::Epoch(frame.seq));
        }
        if self.len == 0 && frame.kind != super::types::GENESIS {
            return Err(Break::Genesis);
        }
        *self = Self { len: self.len + 1, last: frame.hash, durable: frame.durable, epoch: frame.epoch };
        Ok(())
    }

    /// The chain that `frame` claims to continue, so that a part of a journal can be checked by itself.
    pub fn before(frame: &Frame<'_>) -> Self {
        let last = frame.prev.parse().unwrap_or(Digest::ZERO);
        Self { len: frame.seq, last, durable: frame.durable, epoch: frame.epoch }
    }

    /// The number of the last line.
    pub const fn last_seq(&self) -> Option<u64> {
        self.len.checked_sub(1)
    }
}
