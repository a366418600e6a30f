//! What actions may use, and what is constant about a run.

use super::aura::client as aura;
use super::vault::Vault;
use crate::base::Actor;
use crate::port::Ports;
use std::path::PathBuf;

/// What every action may use.
#[derive(Clone, Debug)]
pub struct Context {
    /// The outside world.
    pub ports: Ports,
    /// The Aura API; absent where the runbook names no `aura` secret.
    pub aura: Option<aura::Client>,
    /// The secrets of the runbook.
    pub vault: Vault,
    /// How files are cut for the object store.
    pub multipart: Multipart,
    /// The run.
    pub run: RunFacts,
    /// Whether the world is a twin, so that this machine itself may be reached without TLS.
    pub is_twin: bool,
}

/// How files are cut for an object store, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// The largest file that is put in one request.
    pub threshold: u64,
    /// The size of a part, where the file is not too large for it.
    pub part_size: u64,
}

impl Default for Multipart {
    fn default() -> Self {
        Self { threshold: 16 << 20, part_size: 16 << 20 }
    }
}

/// What is constant about a run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The run's id.
    pub id: String,
    /// The run's directory, absolute.
    pub dir: PathBuf,
    /// The directory the run was started in; relative paths of inputs are relative to it.
    pub cwd: PathBuf,
    /// The plan's digest, in hexadecimal.
    pub plan_digest: String,
    /// Who runs it.
    pub actor: Actor,
}
