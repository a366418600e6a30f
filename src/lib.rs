//! surefoot executes declarative runbooks for changes that cannot be taken back.
//!
//! Start reading at [`engine`]: it decides everything and does nothing. Then [`driver`], which does what it says, and
//! [`journal`], which makes sure that it was said before it is done. `ARCHITECTURE.md` tells the whole, with the
//! invariants and the tests that hold them.
//!
//! The map, from the bottom up: what each module is, what to read first in it, and which files on the user's disk it
//! owns. A module uses only those above it; `tests/it/tidy` knows which.
//!
//! - [`base`]: the words that everything else uses.
//! - [`calendar`]: windows and freezes in time zones. First [`calendar::Schedule`].
//! - [`runbook`]: YAML text to an executable plan, with every diagnostic at once. First [`runbook::compile`].
//! - [`engine`]: the deterministic state machine and the pure protocols of the effects. First [`engine::Engine`].
//! - [`record`]: events to journal lines and back, the hash chain. First [`record::encode`]. Owns the form of
//!   `journal.000001.jsonl` and `journal.head`.
//! - [`audit`]: what a trail proves. First [`audit::verify`]. Owns the form of a trail.
//! - [`port`]: the traits through which the outside world is reached. First [`port::Ports`].
//! - [`kinds`]: the step kinds, each with its declaration, its protocol and what it does. First [`kinds::catalog()`].
//!   Owns the password file and the files that steps write.
//! - [`driver`]: one turn after another. First [`driver::drive`].
//! - [`journal`]: the run directory. First [`journal::Journal`]. Owns `STATE/runs/RUN/` but for `twin/`.
//! - [`twin`]: a seeded world as pure data. First [`twin::World`]. Owns the form of `world.jsonl`.
//! - [`simulate`]: trials of a run on simulated ports over the twin. First [`simulate::rehearse()`].
//! - [`adapter`]: the real ports. First [`adapter::http`].
//! - [`twin_server`]: the twin behind real sockets. First [`twin_server::TwinServer`]. Owns `STATE/runs/RUN/twin/`.
//! - [`report`]: views to text and JSON; returns strings and prints nothing. First [`report::plan()`].
//! - [`ops`]: one function for each verb of the user. First [`ops::run()`]. Owns `STATE/keys/` and the files of
//!   `AUDIT/RUN/`.
//! - [`cli`]: the command line; owns the terminal. First [`cli::main`].
//!
//! `STATE` is `.surefoot` and `AUDIT` is `audit`, unless the user says otherwise. Without the feature `full` there are
//! no `adapter`, `twin_server`, `ops` and `cli`, and with them no runtime, no HTTP stack and no AWS crate.

#[cfg(feature = "full")]
pub mod adapter;
pub mod audit;
pub mod base;
pub mod calendar;
#[cfg(feature = "full")]
pub mod cli;
pub mod driver;
pub mod engine;
pub mod journal;
pub mod kinds;
#[cfg(feature = "full")]
pub mod ops;
pub mod port;
pub mod record;
pub mod report;
pub mod runbook;
pub mod simulate;
pub mod twin;
#[cfg(feature = "full")]
pub mod twin_server;
