//! The run directory: lock, append and sync, read, recover (docs/journal.md).
//!
//! ```text
//! Journal::create ── .new-<id> ── genesis synced ── renamed ──┐
//!                                                             ├── Log::commit: format, one write, one fdatasync
//! Journal::open ──── lock ── sync ── read ── judge ── mend ───┘
//! ```
//!
//! The journal is the only truth about a run, so it fails stop: after any error of a write or a sync every later
//! commit is refused, and the file is never synced again. The next session reads what is there, and where a sync
//! had failed it first copies what is sound into a new file, because the old one may hold bytes in memory that never
//! reached the disk.
//!
//! The journal never writes a record of its own in the middle of a session: `journal.recovered` and
//! `journal.segment` come from [`Journal::open`] and `Log::rotate_if_due`, which return them to the caller.

mod batch;
mod birth;
mod dir;
mod error;
mod head;
mod lock;
mod mend;
mod open;
mod read;
mod rotate;
mod segment;
mod writer;

pub use birth::Birth;
pub use dir::{RunDir, make_durably};
pub use error::JournalError;
pub use head::{head_trouble, is_headless};
pub use lock::{Holder, was_abandoned};
pub use mend::Recovered;
pub use open::Opened;
pub use read::{Peek, peek};
pub use writer::Journal;
