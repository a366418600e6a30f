//! Whether a run came to what is expected.

use super::world::Faults;
use crate::base::Value;
use crate::engine::call::{Call, Outcome};
use crate::engine::event::{Body, Event, HoldClass, Verdict};
use crate::engine::question::Form;
use crate::engine::{Engine, Phase, Status};
use crate::ops::ended::exit_code;
use crate::report::{DiffLine, Mismatch, TestedCase};
use crate::runbook::case::{At, EndWord, TestCase};
use crate::runbook::kind::Reversibility;
use crate::runbook::plan::Plan;
use crate::simulate::CaseResult;
use crate::twin::ScenarioError;
use std::collections::BTreeMap;

/// An effect that was sent.
struct Sent {
    step: String,
    kind: &'static str,
    request: String,
}

/// Something that a step, or a text that was typed, was refused for.
struct Refused {
    step: String,
    why: String,
}

/// What a case came to.
pub(super) fn judge(
    case: &TestCase,
    plan: &Plan,
    faults: &Faults,
    result: Result<CaseResult, ScenarioError>,
) -> TestedCase {
    let mut tested = TestedCase { name: case.name.text.clone(), line: case.line, ..TestedCase::default() };
    let result = match result {
        Ok(result) => result,
        Err(error) => {
            tested.mismatches.push(Mismatch::error(error.to_string()));
            return tested;
        }
    };
    tested.simulated = result.span;
    let mut wrong = errors(&result, faults);
    match &result.engine {
        Some(engine) => {
            let end = end_of(engine);
            end.name().clone_into(&mut tested.end);
            wrong.extend(compared(case, plan, engine, &result.events, end));
        }
        None => wrong.push(Mismatch::error("the run left no journal that can be read")),
    }
    tested.mismatches = wrong;
    tested
}

/// What is wrong with a case whatever it expects.
fn errors(result: &CaseResult, faults: &Faults) -> Vec<Mismatch> {
    let mut wrong: Vec<String> = result.unanswered.clone();
    wrong.extend(result.problem.clone());
    wrong.extend(result.violations.iter().cloned());
    wrong.extend(result.unmet.iter().map(|fault| {
        let written = serde_json::to_string(fault).unwrap_or_default();
        format!("no request matched the fault {written}")
    }));
    wrong.extend(result.unmet_at_steps.iter().map(|place| format!("no call met the fault {}", faults.told(*place))));
    wrong.into_iter().map(Mismatch::error).collect()
}

fn compared(case: &TestCase, plan: &Plan, engine: &Engine, events: &[(u64, Event)], end: EndWord) -> Vec<Mismatch> {
    let (mut wrong, expect) = (Vec::new(), &case.expect);
    let refused = refusals(events);
    let why = stopped(events);
    if end != expect.end {
        let because = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        wrong.push(Mismatch::values("end", expect.end.name(), format!("{}{because}", end.name())));
    }
    let exit = exit_code(engine);
    if let Some(wanted) = expect.exit.filter(|wanted| *wanted != exit) {
        wrong.push(Mismatch::values("exit", wanted.to_string(), exit.to_string()));
    }
    if let Some(part) = &expect.because
        && !why.as_ref().is_some_and(|why| why.contains(part))
    {
        let found = why.unwrap_or_else(|| "nothing stopped it".to_owned());
        wrong.push(Mismatch::values("because", part.clone(), found));
    }
    if let Some(wanted) = &expect.outputs {
        let found = outputs(events);
        let lines = wanted.iter().filter_map(|(name, wanted)| {
            let found = found.get(&name.text).cloned().unwrap_or_default();
            let is_same = found == *wanted || shown(&found) == shown(wanted);
            let line = |value: &Value| format!("{}: {}", name.text, shown(value));
            (!is_same).then(|| [DiffLine::Expected(line(wanted)), DiffLine::Found(line(&found))])
        });
        let lines: Vec<DiffLine> = lines.flatten().collect();
        wrong.extend((!lines.is_empty()).then(|| Mismatch { what: "outputs".to_owned(), lines }));
    }
    if let Some(wanted) = &expect.effects {
        let sent = sent(plan, events);
        let told = |one: &Sent| format!("{}: {}", one.step, one.request);
        wrong.extend(differ("effects", wanted, &sent, told, is_effect, true));
    }
    if let Some(wanted) = &expect.refused {
        let told = |one: &Refused| format!("{}: {}", one.step, one.why);
        wrong.extend(differ("refused", wanted, &refused, told, is_refusal, false));
    }
    if let Some(wanted) = &expect.skipped {
        let is_skipped = |id: &str| {
            let state = plan.index_of(id).and_then(|place| engine.steps().get(place));
            state.is_some_and(|state| matches!(state.status, Status::Skipped(_)))
        };
        let found: Vec<String> = plan.steps.iter().map(|step| step.id.clone()).filter(|id| is_skipped(id)).collect();
        let missing = wanted.iter().map(|named| &named.text).filter(|id| !found.contains(id));
        let mut lines: Vec<DiffLine> = missing.cloned().map(DiffLine::Expected).collect();
        let is_wanted = |id: &String| wanted.iter().any(|named| named.text == *id);
        lines.extend(found.into_iter().filter(|id| !is_wanted(id)).map(DiffLine::Found));
        wrong.extend((!lines.is_empty()).then(|| Mismatch { what: "skipped".to_owned(), lines }));
    }
    wrong
}

/// How the run ended.
fn end_of(engine: &Engine) -> EndWord {
    match engine.run().phase {
        Phase::Closed(Verdict::Done) => return EndWord::Done,
        Phase::Closed(Verdict::Failed) => return EndWord::Failed,
        Phase::Closed(Verdict::Cancelled) => return EndWord::Cancelled,
        _ => {}
    }
    let is_held = engine.steps().iter().any(|state| matches!(state.status, Status::Held { .. }));
    match exit_code(engine) {
        9 => EndWord::InDoubt,
        4 if !is_held => EndWord::Waiting,
        _ => EndWord::Held,
    }
}

/// Why the step that failed or was held last did so.
fn stopped(events: &[(u64, Event)]) -> Option<String> {
    events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::StepFailed { step, error } => Some(format!("{step}: {}", error.message)),
        Body::StepHeld { step, reason, .. } => Some(format!("{step}: {reason}")),
        _ => None,
    })
}

fn outputs(events: &[(u64, Event)]) -> crate::base::Map {
    let closed = events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::RunClosed { summary, .. } => summary.get("outputs")?.as_object().cloned(),
        _ => None,
    });
    closed.unwrap_or_default()
}

/// The effects that were sent, in the order in which they were announced. What a run does at its end about what it has
/// left is its own affair.
fn sent(plan: &Plan, events: &[(u64, Event)]) -> Vec<Sent> {
    let mut sent: Vec<(Call, u32, Sent)> = Vec::new();
    for (_, event) in events {
        match &event.body {
            Body::CallIntended(intent) if intent.call != Call::UploadSweep => {
                let step = plan.index_of(&intent.step).and_then(|place| plan.steps.get(place));
                let Some(step) = step.filter(|step| step.effect.reverse != Reversibility::Nothing) else { continue };
                let (step, kind, request) = (step.id.clone(), step.kind.name, intent.request.clone());
                sent.push((intent.call, intent.attempt, Sent { step, kind, request }));
            }
            Body::CallSettled(settled) if settled.outcome == Outcome::NotSent => {
                let is_it = |(call, attempt, one): &(Call, u32, Sent)| {
                    *call == settled.call && *attempt == settled.attempt && one.step == settled.step
                };
                if let Some(place) = sent.iter().rposition(is_it) {
                    sent.remove(place);
                }
            }
            _ => {}
        }
    }
    sent.into_iter().map(|(.., one)| one).collect()
}

/// Everything that was refused, in order.
fn refusals(events: &[(u64, Event)]) -> Vec<Refused> {
    let mut refused: Vec<Refused> = Vec::new();
    let mut asked: BTreeMap<&str, &Form> = BTreeMap::new();
    for (_, event) in events {
        let found = match &event.body {
            Body::GateChecked { step, name, passed: false, .. } => Some((step, format!("{name} does not hold"))),
            Body::StepFailed { step, error } => Some((step, error.message.clone())),
            Body::StepHeld { step, reason, class: HoldClass::Person | HoldClass::Check, .. } => {
                Some((step, reason.clone()))
            }
            Body::StepReset { step, reason, .. } => Some((step, reason.clone())),
            Body::QuestionAsked { step, question } => {
                asked.insert(step, &question.form);
                None
            }
            Body::QuestionAnswered { step, answer } => match asked.get(step.as_str()) {
                Some(Form::Type(wanted)) if *wanted != answer.text => {
                    Some((step, format!("`{}` was typed and not `{wanted}`", answer.text)))
                }
                _ => None,
            },
            _ => None,
        };
        let Some((step, why)) = found else { continue };
        // What is tried again and refused again is one refusal.
        if refused.last().is_none_or(|last| last.step != *step || last.why != why) {
            refused.push(Refused { step: step.clone(), why });
        }
    }
    refused
}

/// Whether a step is the one of this id, or that of one of its items.
fn is_of(step: &str, id: &str) -> bool {
    step.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

fn is_refusal(wanted: &At, found: &Refused) -> bool {
    is_of(&found.step, &wanted.step.text) && wanted.what.as_ref().is_none_or(|part| found.why.contains(part))
}

fn is_effect(wanted: &At, found: &Sent) -> bool {
    let Sent { step, kind, request } = found;
    let says =
        |pattern: &String| pattern == kind || globbed(pattern, request) || globbed(pattern, &without_host(request));
    is_of(step, &wanted.step.text) && wanted.what.as_ref().is_none_or(says)
}

/// `POST https://lb.internal/pools` as `POST /pools`.
fn without_host(request: &str) -> String {
    let Some((method, url)) = request.split_once(' ') else { return request.to_owned() };
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    path.map_or_else(|| request.to_owned(), |path| format!("{method} {path}"))
}

/// Whether the text is the pattern with each `*` replaced by some text.
fn globbed(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The difference between two lists, where there is one. What names only a step stands for as many entries of it in a
/// row as there are, where `in_a_row`.
fn differ<T>(
    what: &str,
    wanted: &[At],
    found: &[T],
    told: impl Fn(&T) -> String,
    matches: impl Fn(&At, &T) -> bool,
    in_a_row: bool,
) -> Option<Mismatch> {
    let written =
        |at: &At| at.what.as_ref().map_or_else(|| at.step.text.clone(), |said| format!("{}: {said}", at.step.text));
    let (mut lines, mut rest, mut is_same) = (Vec::new(), found, true);
    for (place, at) in wanted.iter().enumerate() {
        // What is expected later is not taken for this; what is expected by nobody stands in between.
        let skipped = rest.iter().take_while(|one| !matches(at, one)).count();
        let later = wanted.get(place + 1..).unwrap_or_default();
        let is_later = |one: &T| later.iter().any(|at| matches(at, one));
        let between = rest.get(..skipped).unwrap_or_default();
        if skipped == rest.len() || between.iter().any(is_later) {
            lines.push(DiffLine::Expected(written(at)));
            is_same = false;
            continue;
        }
        is_same &= skipped == 0;
        lines.extend(between.iter().map(|one| DiffLine::Found(told(one))));
        rest = rest.get(skipped..).unwrap_or_default();
        let run = rest.iter().take_while(|one| matches(at, one)).count();
        let taken = if in_a_row && at.what.is_none() { run } else { 1 };
        lines.extend(rest.iter().take(taken).map(|one| DiffLine::Same(told(one))));
        rest = rest.get(taken..).unwrap_or_default();
    }
    is_same &= rest.is_empty();
    lines.extend(rest.iter().map(|one| DiffLine::Found(told(one))));
    (!is_same).then(|| Mismatch { what: what.to_owned(), lines })
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
