//! `aura.instance.*`.

mod breaks;
pub(in crate::kinds) mod common;
pub(in crate::kinds) mod create;
pub(in crate::kinds) mod delete;
pub(in crate::kinds) mod fields;
pub(in crate::kinds) mod get;
pub(in crate::kinds) mod list;
pub(in crate::kinds) mod overwrite;
pub(in crate::kinds) mod switch;
pub(in crate::kinds) mod update;
pub(in crate::kinds) mod watch;
pub(in crate::kinds) mod words;
