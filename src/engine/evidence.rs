//! What a step proves, as a typed record and not as "step 3 was green" (docs/evidence.md, "Kinds of evidence").

use crate::base::{Digest, Timestamp};

pub use crate::runbook::kind::Proof;

/// Who says that something was read of an instance, where the address is none that the service has given to one: a
/// person, in the runbook.
pub const BY_WORD: &str = "query-api, at an address that the runbook names";

/// A proof about a subject, yielded by a step's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What is proved.
    pub kind: Proof,
    /// What it is proved about, an instance id.
    pub subject: String,
    /// Digest of what was seen.
    pub digest: Digest,
    /// When it was seen.
    pub at: Timestamp,
    /// Who or what saw it, for example `s3:full-read` or `os:alice@host1`.
    pub verifier: String,
}
