//! The real ports against raw sockets on loopback.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod age;
mod clock;
mod commands;
mod helper;
mod http;
mod s3;
mod secret_source;
mod server;
mod twin;
