//! An object store.

pub(in crate::kinds) mod common;
pub(in crate::kinds) mod put;
