//! Neo4j Aura: instances, snapshots, tenants, and the client through which they are reached.

pub mod client;
pub(in crate::kinds) mod instance;
pub(in crate::kinds) mod snapshot;
pub(in crate::kinds) mod tenant;

pub use instance::create::attempt_state::derived_name;
