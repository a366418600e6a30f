//! The command line, as a process of its own.

#![expect(clippy::disallowed_methods, reason = "the tests look at real files, as a person would")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod about;
mod back;
mod cancelled;
mod case;
mod check;
mod copied;
mod doubt;
mod examples;
mod exec;
mod explain;
mod fmt;
mod foreign;
mod given;
#[cfg(target_os = "linux")]
mod guarded;
#[cfg(target_os = "linux")]
mod hardened;
mod help;
#[cfg(target_os = "linux")]
mod helper;
mod init;
mod json;
mod keys;
mod kinds;
mod narrow;
mod output;
mod people;
mod race;
mod rehearse;
mod resolve;
mod runs;
mod sarif;
#[cfg(target_os = "linux")]
mod secrets;
mod shell;
mod storage;
#[cfg(target_os = "linux")]
mod terminal;
mod testing;
mod told;
mod trail;
mod twin;
mod typed;
mod unborn;
mod window;
