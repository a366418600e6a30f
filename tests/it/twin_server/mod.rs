//! The stand: the twin behind real sockets, driven by real clients.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod api;
mod archive;
mod clients;
mod console;
mod faults;
mod objects;
mod restart;
mod s3;
