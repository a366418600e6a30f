//! The engine: what it takes in, what it decides, and that it always comes to an end.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod back;
pub(crate) mod busy;
mod chaos;
mod course;
pub(crate) mod create;
mod declared;
mod delete;
mod dice;
mod doubt;
pub(crate) mod ending;
mod extent;
pub(crate) mod gone;
mod grid;
mod invariants;
mod known;
pub(crate) mod lag;
pub(crate) mod last_look;
pub(crate) mod lineage;
mod lost;
mod notified;
mod orphans;
mod overwrite;
mod people;
mod plans;
mod reconciled;
mod retried;
mod rig;
mod rotate;
mod secrets;
mod story;
mod stubborn;
pub(crate) mod sweep;
mod switch;
mod told;
mod until;
pub(crate) mod waits;
mod weather;
mod window;
mod world;
