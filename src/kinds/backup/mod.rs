//! `backup.*`.

pub mod archive;
pub(in crate::kinds) mod receive;
pub(in crate::kinds) mod verify;
