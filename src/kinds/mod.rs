//! The step kinds: one folder a family, one file or folder a kind. Each has its declaration, its protocol, what it does
//! (one operation at a time, through ports), its words for people and its example.
//!
//! [`catalog`] is the only list of them. The engine, the language and the reports know no kind by its name.

pub mod aura;
mod background;
pub mod backup;
mod catalog;
mod command;
mod context;
mod env;
mod file;
mod flow;
mod http;
mod neo4j;
mod notify;
mod people;
mod perform;
mod private;
mod s3;
mod seal;
mod secret;
mod sink;
mod source;
mod step_kind;
mod task;
pub mod twin_vault;
pub mod vault;
mod whole;
mod words;

pub use catalog::{catalog, find, protocol};
pub use context::{Context, Multipart, RunFacts};
