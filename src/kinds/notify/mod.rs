//! `notify.*`.

pub(in crate::kinds) mod webhook;
