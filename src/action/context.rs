//! What actions may use, and what is constant about a run.

use super::vault::Vault;
use crate::aura;
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
    /// The run.
    pub run: RunFacts,
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
