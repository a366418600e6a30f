//! Events to journal lines and back (docs/journal.md, "Records"); the only serde of anything stored.
//!
//! A line is one JSON object with all keys in a fixed order, ends in exactly one `\n`, and carries the SHA-256 of
//! itself and of the line before it. Nothing is ever canonicalized: what is hashed is what stands on the disk.
//!
//! - [`encode`] and [`decode`]: an [`Event`](crate::engine::event::Event) with its [`Header`] to a line and back.
//! - [`Frame`]: a line taken apart without reading its data; [`Chain`]: what the next line must look like.
//! - [`judge`]: what a tail that does not continue the chain is: torn by a crash, or corrupt.
//! - [`Head`]: the slots of `journal.head`.
//!
//! The data of each record type is described by types of its own in `data`, so that the engine's types can be
//! renamed freely. Fields that a newer version added are ignored; unknown types and formats are refused.

mod chain;
mod data;
mod decode;
mod encode;
mod formatter;
mod frame;
mod head;
mod lines;
mod segment;
mod tail;
mod types;
mod word;

pub use chain::{Break, Chain};
pub use decode::{DecodeError, Record, decode, event_of};
pub use encode::{EncodeError, Header, encode};
pub use frame::{BATCH_LIMIT, Frame, FrameError, VERSION};
pub use head::{Head, HeadState};
pub use lines::lines;
pub use segment::{replaces, segment_name, segment_number};
pub use tail::{Corruption, Tail, judge};
pub use types::TYPES;
