//! Kinds that a person takes part in, and the record of it.

pub(in crate::kinds) mod audit_entry;
pub(in crate::kinds) mod confirm;
pub(in crate::kinds) mod manual;

/// Why these kinds do not honour `retry`.
pub(in crate::kinds) const NEVER_FAILS: &str = "it calls nothing that could fail in passing";
