//! An object store.

pub(in crate::kinds) mod common;
pub(in crate::kinds) mod put;
pub(in crate::kinds) mod read_back;
pub(in crate::kinds) mod verify;
