//! Kinds that touch nothing outside this machine: checks, comparisons, waits.

pub(in crate::kinds) mod assert;
pub(in crate::kinds) mod diff;
pub(in crate::kinds) mod gather;
mod moment;
pub(in crate::kinds) mod runbook;
pub(in crate::kinds) mod sleep;
