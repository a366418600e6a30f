//! The form in which step kinds are declared: what may be written, what comes out, what they do to the world.
//!
//! Declarations are data. The kinds themselves stand above the engine, in `kinds`; a runbook is compiled with a
//! [`Catalog`] of them.

mod breaks;
mod catalog;
mod declares;
mod on_failure;
mod role;
mod types;
mod written;

pub use breaks::{Breakage, consequences};
pub use catalog::Catalog;
pub use declares::Declares;
pub use on_failure::OnFailure;
pub use role::Role;
pub use types::{Field, Idempotency, Kind, Proof, Reversibility, Type};
pub use written::{Objection, Written};
