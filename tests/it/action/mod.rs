//! Every step kind through `port::Perform`, over a world that is data, a real disk and a store in memory.

mod adopt;
mod archive;
mod brief;
mod create;
mod disk;
mod env_write;
mod file_read;
pub(crate) mod handover;
mod imposter;
mod instance;
mod local;
pub(crate) mod neo4j;
mod notify;
pub(crate) mod receive;
mod rotate;
mod secret_store;
mod secrets;
mod setup;
mod sink;
mod snapshot;
mod store;
mod vault;
mod verify;
