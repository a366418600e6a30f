//! The engine: what it takes in, what it decides, and that it always comes to an end.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod invariants;
mod plans;
mod rig;
mod story;
mod told;
mod world;

mod course;
mod create;
mod delete;
mod orphans;
mod people;
mod reconciled;
mod waits;
