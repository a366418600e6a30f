//! surefoot executes declarative runbooks for changes that cannot be taken back.
//!
//! The map, from the bottom up; an arrow goes only downwards, and `tests/it/tidy.rs` holds them:
//!
//! - [`base`]: the words everything else uses: timestamps, digests, secrets, actors.
//! - [`runbook`]: YAML text to an executable plan, with every diagnostic at once.
//! - [`engine`]: the deterministic state machine and the pure protocols of the effects.
//! - [`record`]: events to journal lines and back, the hash chain; the only stored serde.
//! - [`audit`]: what a trail shows: bytes in, verdict out.
//! - [`port`]: the traits through which the outside world is reached.
//! - [`aura`]: the Aura API as logic over the ports: token, budget, errors, what became of a write.
//! - [`action`]: how each step kind is done, one call or one read at a time.
//! - [`twin`]: a seeded world as pure data, to run against in place of the real one.
//! - [`adapter`]: the real ports: HTTP, S3, files, clocks, randomness, sealing.
//! - [`journal`]: the run directory: lock, append and sync, read, recover.
//! - [`stand`]: the twin behind real sockets, HTTP and S3, and its log on disk.
//! - [`report`]: views to text and JSON; returns strings and prints nothing.
//! - [`ops`]: one function for each verb of the user; the only place that picks real or twin ports.
//! - [`cli`]: parse, call one function of `ops`, print; owns the terminal.
//!
//! `ARCHITECTURE.md` tells the same at length, with the invariants.

pub mod action;
#[cfg(feature = "full")]
pub mod adapter;
pub mod audit;
pub mod aura;
pub mod base;
#[cfg(feature = "full")]
pub mod cli;
pub mod driver;
pub mod engine;
pub mod journal;
#[cfg(feature = "full")]
pub mod ops;
pub mod port;
pub mod record;
pub mod report;
pub mod runbook;
#[cfg(feature = "full")]
pub mod stand;
pub mod twin;
