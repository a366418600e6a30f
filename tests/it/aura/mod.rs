//! The Aura API as logic, against scripted replies and a clock that only waiting moves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod classify;
mod client;
mod error;
mod fake;
mod query;
mod secrets;
