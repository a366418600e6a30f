//! `aura.snapshot.*`.

pub(in crate::kinds) mod create;
pub(in crate::kinds) mod latest;
mod perform;
mod protocol;
pub(in crate::kinds) mod watch;
mod words;
