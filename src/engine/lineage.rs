//! Whether evidence is about what it says, by the values that have really flowed (docs/evidence.md, "Lineage").
//!
//! `runbook::lineage` follows on paper what a runbook will do. Here nothing of that is believed: the bytes that were
//! read back are compared with the file that was exported, its snapshot with those that steps have seen of the subject,
//! the typed text with what was captured, and what is created with what was checked.

use super::call::Call;
use super::evidence::Evidence;
use super::guard::Obstacle;
use super::machine::Engine;
use super::step::{Status, StepState};
use crate::base::{Map, PlantedBug, Value, escape, gigabytes, planted};
use crate::runbook::kind::{Proof, Role};
use crate::runbook::plan::Step;

/// Under these names an announcement cites the records on which its backup rests.
pub(super) const LINKS: [&str; 2] = ["exported", "snapshot"];
/// What sees the snapshots of a subject.
const SNAPSHOTS: [Role; 2] = [Role::Snapshot, Role::SnapshotSeen];

/// A step that has succeeded.
struct Done<'e> {
    index: usize,
    step: &'e Step,
    output: &'e Map,
    evidence: &'e [Evidence],
    seq: u64,
}

impl Engine {
    /// The records on which the evidence about a subject rests, or why it is not about it.
    pub(super) fn lineage(&self, needs: &[Proof], subject: &str) -> Result<Vec<(String, u64)>, Obstacle> {
        if planted(PlantedBug::LineageForgotten) {
            return Ok(Vec::new());
        }
        if needs.contains(&Proof::Confirmed) {
            self.challenge(subject)?;
        }
        for late in [Proof::Audited, Proof::Confirmed].iter().filter(|late| needs.contains(late)) {
            let told = [Proof::Config, Proof::Backup, Proof::Offered];
            told.iter().filter(|told| needs.contains(told)).try_for_each(|told| self.told(*told, *late, subject))?;
        }
        if needs.contains(&Proof::Backup) { self.backup(subject) } else { Ok(Vec::new()) }
    }

    /// The export and the snapshot that the bytes which were read back come from.
    fn backup(&self, subject: &str) -> Result<Vec<(String, u64)>, Obstacle> {
        let Some(entry) = self.ledger.get(Proof::Backup, subject) else { return Ok(Vec::new()) };
        // What a step provides its kind vouches for.
        if self.plan.steps.get(entry.step).is_some_and(|step| !step.kind.yields.contains(&Proof::Backup)) {
            return Ok(Vec::new());
        }
        let digest = entry.evidence.digest.to_string();
        let of_subject = |done: &Done<'_>| self.value(done.index, "instance_id") == Some(subject);
        let exported = |done: &Done<'_>| text(done.output, "sha256") == Some(digest.as_str());
        let exports: Vec<_> = self.done(&[Role::Export]).filter(|done| of_subject(done) && exported(done)).collect();
        if exports.is_empty() {
            let other = self.done(&[Role::Export]).find(exported);
            let from = other.and_then(|done| self.value(done.index, "instance_id"));
            return Err(Obstacle::Unfounded(match from {
                Some(other) => {
                    format!("what was read back from S3 was exported from {} and not from {subject}", escape(other))
                }
                None => format!("what was read back from S3 is not a file that was exported from {subject}: {digest}"),
            }));
        }
        let wanted = |done: &Done<'_>| self.value(done.index, "snapshot_id");
        for export in &exports {
            let is_it = |seen: &Done<'_>| text(seen.output, "snapshot_id") == wanted(export);
            let seen = self.done(&SNAPSHOTS).filter(|seen| of_subject(seen) && is_it(seen)).last();
            if let Some(seen) = seen.filter(|_| wanted(export).is_some()) {
                return Ok(LINKS.map(str::to_owned).into_iter().zip([export.seq, seen.seq]).collect());
            }
        }
        let named = exports.first().and_then(wanted).unwrap_or_default();
        let why = format!("no step has seen the snapshot {} among those of {subject}", escape(named));
        Err(Obstacle::Unfounded(why))
    }

    /// Whether what was typed is the name or the id of what was captured.
    fn challenge(&self, subject: &str) -> Result<(), Obstacle> {
        let captured = self.ledger.get(Proof::Config, subject).and_then(|entry| self.at(entry.step));
        let (Some(captured), Some(typed)) = (captured, self.text_for(subject)) else { return Ok(()) };
        let is_it = |name: &str| text(captured.output, name) == Some(typed.as_str());
        if is_it("name") || is_it("id") || typed == subject {
            return Ok(());
        }
        let name = text(captured.output, "name").unwrap_or_default();
        let why =
            format!("what was typed, {}, is neither the name {} nor the id of {subject}", escape(&typed), escape(name));
        Err(Obstacle::Unfounded(why))
    }

    /// Whether an entry or a confirmation came after evidence of this kind.
    fn told(&self, proof: Proof, late: Proof, subject: &str) -> Result<(), Obstacle> {
        let yields = |done: &Done<'_>| done.evidence.iter().any(|one| one.kind == proof && one.subject == subject);
        let first = self.done(&[]).filter(yields).map(|done| done.seq).min();
        let last = self.ledger.get(late, subject).and_then(|entry| self.at(entry.step)).map(|done| done.seq);
        if first.zip(last).is_none_or(|(first, last)| first < last) {
            return Ok(());
        }
        let why = format!("`{}` was there before `{}`, and says nothing about it", late.name(), proof.name());
        Err(Obstacle::Unfounded(why))
    }

    /// Whether what is to be created is what was checked for an instance that this run has deleted. What a person
    /// changed stands in the journal, and is meant.
    pub(super) fn allows_target(&self, step: &Step, state: &StepState, call: Call) -> Result<(), String> {
        if step.kind.role != Some(Role::Create) || call != Call::Create || planted(PlantedBug::LineageForgotten) {
            return Ok(());
        }
        let Some((index, with)) = self.index_of(&step.id).and_then(|index| Some((index, self.with(index)?))) else {
            return Ok(());
        };
        let mut differs = None;
        for deletion in self.before(index) {
            let deleted = self.plan.steps.get(deletion).zip(self.steps.get(deletion));
            let is_deletion = |(step, state): &(&Step, &StepState)| {
                step.effect.needs.contains(&Proof::Offered) && !state.history.attempts.is_empty()
            };
            let Some(subject) = deleted.filter(is_deletion).and_then(|_| self.value(deletion, "instance_id")) else {
                continue;
            };
            let offers =
                |done: &Done<'_>| done.evidence.iter().any(|one| one.kind == Proof::Offered && one.subject == subject);
            for check in self.done(&[]).filter(offers) {
                let input = step
                    .kind
                    .target
                    .iter()
                    .find(|input| !state.set.contains_key(**input) && !self.is_target(with, &check, input));
                let Some(input) = input else { return Ok(()) };
                differs = Some((*input, check));
            }
        }
        let Some((input, check)) = differs else { return Ok(()) };
        let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let checked = check.output.get(input).or_else(|| self.with(check.index)?.get(input));
        Err(format!(
            "`{input}` is {} and `{}` has checked {}; `surefoot resume` with `--set {}.{input}=VALUE` says what \
             is meant",
            shown(with.get(input)),
            check.step.id,
            shown(checked),
            step.id
        ))
    }

    /// Whether an input of a creation is what was checked, or what the check has found.
    fn is_target(&self, with: &Map, check: &Done<'_>, input: &str) -> bool {
        let is_size = matches!(input, "memory" | "storage");
        let plain = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str)?;
            Some(if is_size { gigabytes(text) } else { text.to_owned() })
        };
        let wanted = plain(with.get(input));
        if input == "storage" && wanted.is_none() {
            return true;
        }
        let checked = self.with(check.index).and_then(|with| plain(with.get(input)));
        let found = plain(check.output.get(input));
        wanted == found || input != "storage" && wanted == checked
    }

    /// The steps of these roles that have succeeded, in the order of the plan; all where no role is named.
    fn done<'e>(&'e self, roles: &[Role]) -> impl Iterator<Item = Done<'e>> {
        (0..self.steps.len())
            .filter_map(|index| self.at(index))
            .filter(move |done| roles.is_empty() || done.step.kind.role.is_some_and(|role| roles.contains(&role)))
    }

    /// A step, where it has succeeded.
    fn at(&self, index: usize) -> Option<Done<'_>> {
        let (step, state) = self.plan.steps.get(index).zip(self.steps.get(index))?;
        let Status::Succeeded { output, evidence, seq, .. } = &state.status else { return None };
        Some(Done { index, step, output, evidence, seq: *seq })
    }

    /// The text of an input of a step, as it was rendered.
    fn value(&self, step: usize, input: &str) -> Option<&str> {
        text(self.with(step)?, input)
    }

    /// All steps that have to end before one begins.
    fn before(&self, index: usize) -> Vec<usize> {
        let mut reached = vec![false; self.steps.len()];
        let (mut found, mut open) = (Vec::new(), vec![index]);
        while let Some(step) = open.pop() {
            for before in self.plan.steps.get(step).map_or(&[][..], |step| &step.after) {
                if let Some(mark) = reached.get_mut(*before).filter(|mark| !**mark) {
                    *mark = true;
                    found.push(*before);
                    open.push(*before);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

fn text<'m>(map: &'m Map, name: &str) -> Option<&'m str> {
    map.get(name).and_then(Value::as_str)
}
