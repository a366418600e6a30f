//! What must stand before an irreversible effect is announced (design.md §9, reliability.md §5).
//!
//! `check` and `plan` prove on paper that it will; here it is enforced at the moment of the call, whatever the order
//! in the file.

use super::event::Intent;
use super::evidence::Evidence;
use crate::base::{Flaw, Map, Timestamp, Value, flawed};
use crate::runbook::kind::Proof;
use std::collections::BTreeMap;
use std::time::Duration;

/// A confirmation that is older is asked for again (design.md §7).
pub const CONFIRMED_MAX: Duration = Duration::from_mins(5);
/// A confirmation may be from so far in the future, for a clock that is kept in step goes back a little.
pub(super) const CLOCK_SLACK: Duration = Duration::from_mins(1);
/// A backup that was verified longer ago is not fresh.
pub const BACKUP_MAX: Duration = Duration::from_hours(24);
/// The fields of the guard read that must be as they were captured.
const UNCHANGED: [&str; 5] = ["id", "name", "tenant_id", "region", "created_at"];

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
}

/// Why an irreversible effect may not be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// This proof is missing or too old.
    Missing(Proof, String),
    /// The preflight of this step has not passed.
    Unchecked(String),
    /// The confirmation is too old, or nobody knows how old it is, and must be repeated; in words.
    Stale(&'static str),
    /// This field of the subject is not as it was captured.
    Changed(String),
    /// The evidence is not about the subject; in words.
    Unfounded(String),
}

impl Ledger {
    /// Takes in what a step proved.
    pub(super) fn add(&mut self, evidence: &Evidence, step: usize, seq: u64) {
        let entry = Entry { evidence: evidence.clone(), step, seq };
        self.0.insert((evidence.kind, evidence.subject.clone()), entry);
    }

    /// The newest proof of a kind about a subject.
    pub fn get(&self, kind: Proof, subject: &str) -> Option<&Entry> {
        self.0.get(&(kind, subject.to_owned()))
    }

    /// The sequence numbers of what proves that `subject` may be deleted at `now`, or why it may not.
    ///
    /// `captured` is the output of the step that captured the configuration, `guard` what was read right before the
    /// send, `confirmed` the time and sequence number of the newest confirmation, which the deleting step itself may
    /// have asked for; `set_back` the event before which the clock was set back.
    pub(super) fn allows(
        &self,
        needs: &[Proof],
        subject: &str,
        now: Timestamp,
        confirmed: Option<(Timestamp, u64)>,
        set_back: Option<u64>,
    ) -> Result<Vec<(String, u64)>, Obstacle> {
        let mut found = Vec::new();
        for proof in needs {
            let missing = |why: &str| Obstacle::Missing(*proof, why.to_owned());
            let entry = self.get(*proof, subject).ok_or_else(|| missing("there is none"))?;
            let (mut at, mut seq) = (entry.evidence.at, entry.seq);
            match proof {
                Proof::Confirmed => {
                    (at, seq) = confirmed.unwrap_or((at, seq));
                    // Where the clock was set back meanwhile nobody knows how old it is.
                    let is_unknown = at.since(now) > CLOCK_SLACK || set_back.is_some_and(|mark| seq <= mark);
                    let is_old = now.since(at) > CONFIRMED_MAX;
                    if (is_unknown || is_old) && !flawed(Flaw::ConfirmationForEver) {
                        let how =
                            if is_old { "is older than five minutes" } else { "is from before the clock was set back" };
                        return Err(Obstacle::Stale(how));
                    }
                }
                Proof::Backup if now.since(at) > BACKUP_MAX => return Err(missing("it is older than 24 hours")),
                _ => {}
            }
            found.push((proof.name().to_owned(), seq));
        }
        Ok(if flawed(Flaw::EvidenceForgotten) { Vec::new() } else { found })
    }
}

/// Whether the guard read shows the instance that was captured.
pub(super) fn unchanged(captured: &Map, guard: &Value) -> Result<(), Obstacle> {
    for name in UNCHANGED {
        let (before, now) = (captured.get(name), guard.get(name));
        if (before != now || now.is_none()) && !flawed(Flaw::GuardSkipped) {
            let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            return Err(Obstacle::Changed(format!("{name} was {} and is {}", shown(before), shown(now))));
        }
    }
    Ok(())
}

/// Whether an orphan may be deleted: it has the name that only this run derives, and was not there before.
pub(super) fn is_own_orphan(intent: &Intent, names: &[&str], baseline: &[&Value]) -> bool {
    let name = intent.guard.get("name").and_then(Value::as_str).unwrap_or_default();
    let id = intent.guard.get("id").and_then(Value::as_str).unwrap_or_default();
    names.contains(&name) && id == intent.target && !baseline.iter().any(|known| **known == *id)
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(proof, why) => write!(f, "the evidence `{}` does not hold: {why}", proof.name()),
            Self::Unchecked(step) => write!(f, "the preflight of `{step}` has not passed"),
            Self::Stale(how) => write!(f, "the confirmation {how}"),
            Self::Unfounded(why) => write!(f, "the evidence is not about what it says: {why}"),
            Self::Changed(what) => write!(f, "the instance is not the one that was captured: {what}"),
        }
    }
}
