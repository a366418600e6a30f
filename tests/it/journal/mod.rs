//! The journal: birth, commits, recovery, and what a disk can do to it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "some look at real files, or start processes of their own")]

mod birth;
mod edits;
mod faults;
mod flips;
#[cfg(feature = "full")]
mod life;
#[cfg(feature = "full")]
mod lock;
mod sim;
mod space;
mod torn;
