//! A seeded world as pure data: no clock, no sockets, no files of its own.

pub mod archive;
pub mod objects;
