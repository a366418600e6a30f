//! What a person reads before confirming: what happens, to what, how much of it, where; then what vouches for it, with
//! ages.

use super::evidence::BY_WORD;
use super::machine::Engine;
use super::step::Status;
use crate::base::{Map, Timestamp, Value, escape, format_duration};
use crate::runbook::kind::{Proof, Reversibility, consequences};
use crate::runbook::plan::Step;
use std::time::Duration;

/// More plain outputs of one step than this are not shown as its evidence.
const FIELDS_MAX: usize = 4;
/// The provenance of a backup that does not say itself what it is of.
const ATTESTED: &str = "PROVENANCE: only a person says that the backup is of this instance; the file itself does not \
                        prove it.";
/// A longer value is cut.
const VALUE_MAX: usize = 64;

impl Engine {
    /// The first lines of a confirmation about a subject: what it does, and who vouches for the backup where the file
    /// itself does not.
    pub(super) fn headline(&self, subject: &str) -> String {
        let is_twin = self.run.facts.as_ref().is_some_and(|facts| facts.twin.is_some());
        let world = if is_twin { "TWIN, nothing real:" } else { "REAL:" };
        let (config, counts) = (self.proved(Proof::Config, subject), self.proved(Proof::Counted, subject));
        let text = |from: Option<&Map>, name: &str| {
            let value = from.and_then(|map| map.get(name)).filter(|value| !value.is_null());
            value.map(|value| value.as_str().map_or_else(|| value.to_string(), escape))
        };
        let named = match text(config, "name") {
            Some(name) => format!("{name} ({})", escape(subject)),
            None => escape(subject),
        };
        let deed = self.deed(subject).map(|step| match step.description.lines().next() {
            Some(what) if step.kind.declares.is_some() => {
                format!("{} ({})", step.kind.deed.replace("{}", &named), escape(what))
            }
            _ => step.kind.deed.replace("{}", &named),
        });
        let deed = deed.unwrap_or_else(|| format!("continues with {named}"));
        let many = |name: &str| text(counts, name).map(|number| format!("{number} {name}"));
        let amount = ["nodes", "relationships"].into_iter().filter_map(many).collect::<Vec<_>>().join(", ");
        let holds_data = self.deed(subject).is_none_or(|step| step.kind.declares.is_none());
        let amount = match amount.as_str() {
            "" if holds_data => "its data were not counted".to_owned(),
            _ => amount,
        };
        let place = self.deed(subject).map_or(&[][..], |step| step.kind.place);
        let place = place.iter().filter_map(|name| text(config, name));
        let place = place.collect::<Vec<_>>().join(" ");
        let told: Vec<String> = [amount, place].into_iter().filter(|part| !part.is_empty()).collect();
        let told = if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) };
        let attested = if self.is_attested(subject) { format!("\n{ATTESTED}") } else { String::new() };
        format!("{world} this {deed}{told}. It cannot be undone.{attested}")
    }

    /// What the confirmed effect breaks elsewhere, whatever the runbook's own warnings say.
    pub(super) fn consequences(&self, subject: &str) -> Vec<String> {
        let config = self.proved(Proof::Config, subject);
        self.deed(subject).zip(config).map(|(step, config)| consequences(step.kind.breaks, config)).unwrap_or_default()
    }

    /// Whether only a person says that a backup is of the subject.
    fn is_attested(&self, subject: &str) -> bool {
        (0..self.steps.len()).any(|index| {
            let output = self.outputs_at(index).filter(|_| self.is_of(index, subject));
            output.and_then(|output| output.get("provenance")).is_some_and(|told| told == "attested")
        })
    }

    /// The step that changes the subject irreversibly.
    fn deed(&self, subject: &str) -> Option<&Step> {
        let mut deeds = self.plan.steps.iter().filter(|step| step.effect.reverse == Reversibility::Irreversible);
        deeds.find(|step| self.is_about(step, subject))
    }

    /// Whether a step has done what it did for this instance.
    fn is_of(&self, index: usize, subject: &str) -> bool {
        self.with(index).and_then(|with| with.get("instance_id")).and_then(Value::as_str) == Some(subject)
    }

    /// What vouches for it, each proof with its age and the step that yielded it.
    pub(super) fn vouching(&self, subject: &str, now: Timestamp) -> Vec<(String, Value)> {
        let proofs = Proof::ALL.into_iter().filter(|proof| *proof != Proof::Confirmed);
        let row = |proof: Proof| {
            let entry = self.ledger.get(proof, subject)?;
            let source = self.plan.steps.get(entry.step)?;
            let age = match now.since(entry.evidence.at).as_secs() {
                0 => "just now".to_owned(),
                secs => format!("{} ago", format_duration(Duration::from_secs(secs))),
            };
            let label = format!("{}, {age} by {}", proof.name(), source.id);
            let mut brief = brief_of(self.outputs_at(entry.step)?);
            if entry.evidence.verifier == BY_WORD {
                brief.push_str(
                    "; counted at an address that the runbook names: that it is the instance's is a person's word",
                );
            }
            Some((label, Value::String(brief)))
        };
        proofs.filter_map(row).collect()
    }

    fn proved(&self, proof: Proof, subject: &str) -> Option<&Map> {
        self.ledger.get(proof, subject).and_then(|entry| self.outputs_at(entry.step))
    }

    /// The outputs of a step that is done.
    pub(super) fn outputs_at(&self, index: usize) -> Option<&Map> {
        match &self.steps.get(index)?.status {
            Status::Succeeded { output, .. } => Some(output),
            _ => None,
        }
    }

    /// Whether the subject of a step, as far as it is known, is this one.
    fn is_about(&self, step: &Step, subject: &str) -> bool {
        let Some(inputs) = self.inputs() else { return false };
        let named = step.kind.subject.and_then(|name| inputs.early_one(step, name));
        named.as_ref().and_then(Value::as_str) == Some(subject)
    }
}

/// The first plain outputs of a step, in one line.
fn brief_of(output: &Map) -> String {
    let plain =
        output.iter().filter(|(name, value)| !name.ends_with("_at") && (value.is_string() || value.is_number()));
    let cut = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), escape);
        let short: String = text.chars().take(VALUE_MAX).collect();
        if short.len() < text.len() { format!("{short}…") } else { text }
    };
    let fields = plain.take(FIELDS_MAX).map(|(name, value)| format!("{name} {}", cut(value)));
    fields.collect::<Vec<_>>().join(", ")
}
