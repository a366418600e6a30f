//! `env.*`: files of variables, as shells and programs read them.

pub(in crate::kinds) mod file;
pub(in crate::kinds) mod write;
