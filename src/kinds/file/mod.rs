//! `file.*`.

pub(in crate::kinds) mod read;
pub(in crate::kinds) mod write;
