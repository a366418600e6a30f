//! `http.*`: requests to any service.

mod exchange;
mod fields;
pub(in crate::kinds) mod poll;
pub(in crate::kinds) mod request;
