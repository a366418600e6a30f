//! The deterministic state machine: events in, commands out; no clock, no I/O, no randomness.

pub mod call;
pub mod command;
pub mod event;
pub mod evidence;
pub mod question;
