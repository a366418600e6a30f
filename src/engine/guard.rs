//! What must stand before an irreversible effect is announced (docs/evidence.md, "Guard").
//!
//! `check` and `plan` prove on paper that it will; here it is enforced at the moment of the call, whatever the order
//! in the file.

use super::evidence::Evidence;
use super::step::Stamp;
use crate::base::{Map, PlantedBug, Timestamp, Value, planted};
use crate::runbook::kind::Proof;
use std::collections::BTreeMap;
use std::time::Duration;

/// A confirmation that is older is asked for again (docs/evidence.md, "Confirmation").
pub const CONFIRMED_MAX: Duration = Duration::from_mins(5);
/// A confirmation may be from so far in the future, for a clock that is kept in step goes back a little.
pub(super) const CLOCK_SLACK: Duration = Duration::from_mins(1);

/// Everything proved so far, newest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger(BTreeMap<(Proof, String), Entry>);

/// The newest proof of one kind about one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The proof.
    pub evidence: Evidence,
    /// Index of the step that yielded it.
    pub step: usize,
    /// Sequence number of the record it stands in.
    pub seq: u64,
    /// The session of that record.
    pub session: u32,
    /// When it was recorded, by the clock that nobody can set.
    pub mono_ms: u64,
}

/// The newest confirmation about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    /// When it was given.
    pub(super) at: Timestamp,
    /// Sequence number of the record it stands in.
    pub(super) seq: u64,
    /// Why it must be repeated, where it must; in words.
    pub(super) stale: Option<&'static str>,
}

/// Why an irreversible effect may not be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// This proof is missing.
    Missing(Proof, String),
    /// This proof is too old.
    Aged(Proof),
    /// The preflight of this step has not passed.
    Unchecked(String),
    /// The confirmation is too old, or nobody knows how old it is, and must be repeated; in words.
    Stale(&'static str),
    /// This field of the subject is not as it was captured.
    Changed(String),
    /// The evidence is not about the subject; in words.
    Unfounded(String),
    /// The change window leaves no room for it; in words.
    Window(String),
}

impl Ledger {
    /// Takes in what a step proved.
    pub(super) fn add(&mut self, evidence: &Evidence, step: usize, stamp: Stamp) {
        let Stamp { seq, session, mono_ms, .. } = stamp;
        let entry = Entry { evidence: evidence.clone(), step, seq, session, mono_ms };
        self.0.insert((evidence.kind, evidence.subject.clone()), entry);
    }

    /// The newest proof of a kind about a subject.
    pub fn get(&self, kind: Proof, subject: &str) -> Option<&Entry> {
        self.0.get(&(kind, subject.to_owned()))
    }

    /// The sequence numbers of what proves that `subject` may be deleted now, or why it may not.
    ///
    /// `confirmed` is the newest confirmation, which the deleting step itself may have asked for.
    pub(super) fn allows(
        &self,
        needs: &[Proof],
        subject: &str,
        is_old: impl Fn(&Entry) -> bool,
        confirmed: Option<Confirmation>,
    ) -> Result<Vec<(String, u64)>, Obstacle> {
        let mut found = Vec::new();
        for proof in needs {
            let missing = |why: &str| Obstacle::Missing(*proof, why.to_owned());
            let entry = self.get(*proof, subject).ok_or_else(|| missing("there is none"))?;
            let mut seq = entry.seq;
            match proof {
                Proof::Confirmed => {
                    let confirmed = confirmed.ok_or_else(|| missing("there is none"))?;
                    if let Some(how) = confirmed.stale.filter(|_| !planted(PlantedBug::ConfirmationForEver)) {
                        return Err(Obstacle::Stale(how));
                    }
                    seq = confirmed.seq;
                }
                _ if is_old(entry) => return Err(Obstacle::Aged(*proof)),
                _ => {}
            }
            found.push((proof.name().to_owned(), seq));
        }
        Ok(if planted(PlantedBug::EvidenceForgotten) { Vec::new() } else { found })
    }
}

/// Whether the guard read shows these fields of the subject as they were captured.
pub(super) fn unchanged(fields: &[&str], captured: &Map, guard: &Value) -> Result<(), Obstacle> {
    for name in fields {
        let (before, now) = (captured.get(*name), guard.get(*name));
        if (before != now || now.is_none()) && !planted(PlantedBug::GuardSkipped) {
            let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            return Err(Obstacle::Changed(format!("{name} was {} and is {}", shown(before), shown(now))));
        }
    }
    Ok(())
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(proof, why) => write!(f, "the evidence `{}` does not hold: {why}", proof.name()),
            Self::Aged(proof) => write!(f, "the evidence `{}` is too old", proof.name()),
            Self::Unchecked(step) => write!(f, "the preflight of `{step}` has not passed"),
            Self::Stale(how) => write!(f, "the confirmation {how}"),
            Self::Window(why) => f.write_str(why),
            Self::Unfounded(why) => write!(f, "the evidence is not about what it says: {why}"),
            Self::Changed(what) => write!(f, "the instance is not the one that was captured: {what}"),
        }
    }
}
