//! What a step declares of its effect, worked out: what a look found says about it, and what a read proves.

use super::call::{Call, CallError, ErrorClass};
use super::evidence::Evidence;
use super::machine::Engine;
use crate::base::{Digest, Map, Timestamp, Value};
use crate::runbook::kind::{Kind, Type};
use crate::runbook::plan::Step;
use serde_json::json;

/// Longer outputs of a look are not kept with what it says.
const SEEN_MAX: usize = 1 << 10;

impl Engine {
    /// Whether a read of this step is one that its own conditions judge.
    pub(super) fn is_judged(step: &Step, call: Call) -> bool {
        match call {
            Call::Probe => step.probe.is_some(),
            Call::Poll => step.until.is_some() && step.kind.polls,
            _ => false,
        }
    }

    /// What a look found, as the conditions of the step judge its outputs. It is judged once, when it is recorded.
    pub(super) fn judge(&self, step: &Step, call: Call, output: &Map) -> Result<Value, CallError> {
        let inputs = self.inputs().ok_or_else(|| CallError::new(ErrorClass::Invalid, "the run has not been opened"))?;
        // What a wait refers to may not be there yet. What says whether an effect took place has to be.
        let until = step.until.as_ref().map(|until| inputs.holds(step, until, output)).transpose()?;
        let until = until.map(|holds| holds.unwrap_or(false));
        let kind = step.probe.as_ref().filter(|_| call == Call::Probe).map_or(step.kind, |probe| probe.kind);
        let mut found = json!({"until": until, "seen": seen(kind, output)});
        let Some(fields) = found.as_object_mut() else { return Ok(found) };
        match (&step.probe, call) {
            (Some(probe), Call::Probe) => {
                let applied = inputs.holds(step, &probe.applied, output)?.ok_or_else(|| undefined(step))?;
                let pending = probe.pending.as_ref().map(|pending| inputs.holds(step, pending, output)).transpose()?;
                fields.insert("applied".to_owned(), applied.into());
                fields.insert("pending".to_owned(), pending.flatten().unwrap_or(false).into());
            }
            // What the wait ends with is the result of the step.
            _ if until == Some(true) => drop(fields.insert("output".to_owned(), Value::Object(output.clone()))),
            _ => {}
        }
        Ok(found)
    }

    /// The evidence that a step provides with these outputs.
    pub(super) fn provided(&self, index: usize, step: &Step, output: &Map, at: Timestamp) -> Vec<Evidence> {
        let own = step.effect.yields.iter().filter(|proof| !step.kind.yields.contains(proof));
        let subject = self.with(index).and_then(|with| with.get("subject")).and_then(Value::as_str);
        let Some((subject, inputs)) = subject.zip(self.inputs()) else { return Vec::new() };
        let of = || step.provides.as_ref().and_then(|of| inputs.provided(step, of, output));
        let evidence = |proof| Evidence {
            kind: proof,
            subject: subject.to_owned(),
            digest: Digest::of(of().unwrap_or_else(|| lasting(step.kind, output)).to_string().as_bytes()),
            at,
            verifier: step.kind.name.to_owned(),
        };
        own.copied().map(evidence).collect()
    }
}

/// The outputs that are the same as long as what they tell of is.
fn lasting(kind: &Kind, output: &Map) -> Value {
    let is_lasting = |name: &str| kind.output(name).is_none_or(|field| !field.incidental);
    output
        .iter()
        .filter(|(name, value)| is_lasting(name) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The outputs of a look that are short and no map of their own, for whoever reads the journal.
fn seen(kind: &Kind, output: &Map) -> Value {
    let is_map = |name: &str| kind.output(name).is_some_and(|field| field.ty == Type::Map);
    let is_short = |value: &Value| !value.is_null() && value.to_string().len() <= SEEN_MAX;
    output
        .iter()
        .filter(|(name, value)| !is_map(name) && is_short(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn undefined(step: &Step) -> CallError {
    let message = format!("the look of step `{}` found nothing that `applied` could judge", step.id);
    CallError::new(ErrorClass::Check, message).with_remedy("find out what it finds now, then `surefoot resume`")
}
