//! The data of the records about steps.

use super::parts::{Error, Proved};
use crate::base::{Map, Timestamp, Value};
use crate::engine::event::{Body, HoldClass};
use crate::record::word::{Text, Word};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::io::Write;

/// Writes the data of an event about a step; other events have none here.
pub(super) fn write<W: Write, F: Formatter>(
    body: &Body,
    to: &mut serde_json::Serializer<W, F>,
) -> serde_json::Result<()> {
    match body {
        Body::StepNoted { step, memo } => Noted { step: step.into(), memo: Cow::Borrowed(memo) }.serialize(to),
        Body::StepWaiting { step, until, tries, error } => {
            Waiting { step: step.into(), until: Text(*until), tries: *tries, error: error.into() }.serialize(to)
        }
        Body::StepSucceeded { step, output, evidence } => {
            let evidence = evidence.iter().map(Proved::from).collect();
            Succeeded { step: step.into(), output: Cow::Borrowed(output), evidence }.serialize(to)
        }
        Body::StepFailed { step, error } => Failed { step: step.into(), error: error.into() }.serialize(to),
        Body::StepSkipped { step, why } => Skipped { step: step.into(), why: why.into() }.serialize(to),
        Body::StepHeld { step, reason, remedy, class } => {
            Held { step: step.into(), reason: reason.into(), remedy: remedy.into(), class: Word(*class) }.serialize(to)
        }
        Body::StepReset { step, reason, steps } => {
            let steps = steps.iter().map(|step| Cow::Borrowed(step.as_str())).collect();
            Reset { step: step.into(), reason: reason.into(), steps }.serialize(to)
        }
        Body::StepChanged { step, set } => Changed { step: step.into(), set: Cow::Borrowed(set) }.serialize(to),
        _ => Err(super::parts::unknown("step")),
    }
}

/// Reads the data of `step.<name>`.
pub(super) fn read(name: &str, data: &str) -> serde_json::Result<Body> {
    Ok(match name {
        "noted" => {
            let Noted { step, memo } = serde_json::from_str(data)?;
            Body::StepNoted { step: step.into_owned(), memo: memo.into_owned() }
        }
        "waiting" => {
            let Waiting { step, until, tries, error } = serde_json::from_str(data)?;
            Body::StepWaiting { step: step.into_owned(), until: until.0, tries, error: error.into() }
        }
        "succeeded" => {
            let Succeeded { step, output, evidence } = serde_json::from_str(data)?;
            let evidence = evidence.into_iter().map(Into::into).collect();
            Body::StepSucceeded { step: step.into_owned(), output: output.into_owned(), evidence }
        }
        "failed" => {
            let Failed { step, error } = serde_json::from_str(data)?;
            Body::StepFailed { step: step.into_owned(), error: error.into() }
        }
        "skipped" => {
            let Skipped { step, why } = serde_json::from_str(data)?;
            Body::StepSkipped { step: step.into_owned(), why: why.into_owned() }
        }
        "held" => {
            let Held { step, reason, remedy, class } = serde_json::from_str(data)?;
            let (step, reason, remedy) = (step.into_owned(), reason.into_owned(), remedy.into_owned());
            Body::StepHeld { step, reason, remedy, class: class.0 }
        }
        "reset" => {
            let Reset { step, reason, steps } = serde_json::from_str(data)?;
            let steps = steps.into_iter().map(Cow::into_owned).collect();
            Body::StepReset { step: step.into_owned(), reason: reason.into_owned(), steps }
        }
        "changed" => {
            let Changed { step, set } = serde_json::from_str(data)?;
            Body::StepChanged { step: step.into_owned(), set: set.into_owned() }
        }
        _ => return Err(super::parts::unknown(name)),
    })
}

#[derive(Serialize, Deserialize)]
struct Noted<'a> {
    step: Cow<'a, str>,
    memo: Cow<'a, Value>,
}

#[derive(Serialize, Deserialize)]
struct Waiting<'a> {
    step: Cow<'a, str>,
    until: Text<Timestamp>,
    tries: u32,
    error: Error<'a>,
}

#[derive(Serialize, Deserialize)]
struct Succeeded<'a> {
    step: Cow<'a, str>,
    output: Cow<'a, Map>,
    evidence: Vec<Proved<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Failed<'a> {
    step: Cow<'a, str>,
    error: Error<'a>,
}

#[derive(Serialize, Deserialize)]
struct Skipped<'a> {
    step: Cow<'a, str>,
    why: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Held<'a> {
    step: Cow<'a, str>,
    reason: Cow<'a, str>,
    remedy: Cow<'a, str>,
    class: Word<HoldClass>,
}

#[derive(Serialize, Deserialize)]
struct Reset<'a> {
    step: Cow<'a, str>,
    reason: Cow<'a, str>,
    steps: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct Changed<'a> {
    step: Cow<'a, str>,
    set: Cow<'a, Map>,
}
