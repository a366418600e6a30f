//! What a step does to the world: as its kind fixes it, or as the step declares it.

use super::kind::{Declares, Idempotency, Kind, Proof, Reversibility};
use super::template::Template;
use std::time::Duration;

/// What a step does to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What happens when it is sent twice.
    pub repeat: Idempotency,
    /// Whether it can be taken back.
    pub reverse: Reversibility,
    /// Evidence about its subject that must exist before it.
    pub needs: Vec<Proof>,
    /// Evidence about its subject that the success of the step yields.
    pub yields: Vec<Proof>,
    /// Whether it may take place once in a run only.
    pub once: bool,
}

/// What an irreversible effect rests on that a step declares; the step may ask for more.
pub const DECLARED_NEEDS: [Proof; 3] = [Proof::Config, Proof::Audited, Proof::Confirmed];

/// How a lost answer of a declared effect is settled: by looking, never by sending again.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The kind that looks.
    pub kind: &'static Kind,
    /// Its inputs as written.
    pub with: Vec<(String, Template)>,
    /// Whether the effect took place, of the look's outputs under `probe`.
    pub applied: Template,
    /// Whether it is on its way.
    pub pending: Option<Template>,
    /// How long after it was last sent it may still arrive.
    pub settle: Duration,
}

/// How long after it was last sent a declared effect may arrive where the step does not say.
pub const SETTLE: Duration = Duration::from_mins(2);

impl Effect {
    /// The effect of a kind that fixes it.
    pub fn of(kind: &Kind) -> Self {
        Self {
            repeat: kind.repeat,
            reverse: kind.reverse,
            needs: kind.needs.to_vec(),
            yields: kind.yields.to_vec(),
            once: kind.once,
        }
    }

    /// The effect that a step declares.
    pub(super) fn declared(declares: Declares, reverse: Reversibility, has_key: bool, has_probe: bool) -> Self {
        let repeat = match reverse {
            Reversibility::Nothing if declares == Declares::Announced => Idempotency::Idempotent,
            Reversibility::Nothing => Idempotency::Read,
            _ if has_key => Idempotency::Idempotent,
            _ if has_probe => Idempotency::Reconcilable,
            _ => Idempotency::Opaque,
        };
        let needs = if reverse == Reversibility::Irreversible { DECLARED_NEEDS.to_vec() } else { Vec::new() };
        Self { repeat, reverse, needs, yields: Vec::new(), once: reverse != Reversibility::Nothing }
    }
}
