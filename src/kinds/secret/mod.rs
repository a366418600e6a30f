//! `secret.*`.

pub(in crate::kinds) mod store;
