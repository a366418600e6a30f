//! The step kinds as declared: what may be written, what comes out, what they do to the world.
//!
//! One file per family; the declarations are data. How a kind is done stands in `action`, in which order its calls
//! are made in `engine/protocol`.

mod aura_instance;
mod aura_snapshot;
mod backup;
mod breaks;
mod local;
mod neo4j;
mod people;
mod types;

pub use breaks::{Breakage, breakages, consequences};
pub use types::{Field, Idempotency, Kind, OnFailure, Proof, Reversibility, Type};

/// Every kind, sorted by name.
pub static KINDS: &[&Kind] = &[
    &local::ASSERT,
    &people::AUDIT_ENTRY,
    &aura_instance::AWAIT,
    &aura_instance::CREATE,
    &aura_instance::DELETE,
    &aura_instance::GET,
    &aura_instance::LIST,
    &aura_instance::OVERWRITE,
    &aura_instance::PAUSE,
    &aura_instance::RESUME,
    &aura_instance::UPDATE,
    &aura_snapshot::AWAIT,
    &aura_snapshot::CREATE,
    &aura_snapshot::LATEST,
    &aura_instance::TENANT_CHECK,
    &backup::RECEIVE,
    &backup::VERIFY,
    &people::CONFIRM,
    &local::DIFF,
    &local::FILE_WRITE,
    &people::MANUAL,
    &neo4j::COMPARE,
    &neo4j::COUNTS,
    &neo4j::PASSWORD_ROTATE,
    &backup::S3_PUT,
    &local::SLEEP,
];

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
