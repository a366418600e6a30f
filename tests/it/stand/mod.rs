//! The stand: the twin behind real sockets, driven by real clients.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod archive;
mod objects;
