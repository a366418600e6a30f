//! The Aura API as logic, against scripted replies and a clock that only waiting moves.

mod classify;
mod client;
pub(crate) mod error;
mod fake;
mod query;
mod secrets;
