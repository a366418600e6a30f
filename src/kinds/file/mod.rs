//! `file.*`.

pub(in crate::kinds) mod write;
