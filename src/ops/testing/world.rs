//! The world of a case, and what goes wrong in it.

use crate::base::{Value, escape};
use crate::ops::paths::read_named;
use crate::runbook::case::{AtStep, CaseFault, Inline, ScenarioPart, TestCase, places};
use crate::runbook::kind::Reversibility;
use crate::runbook::plan::Plan;
use crate::runbook::{Code, Diagnostic, Span, nearest};
use crate::simulate::{Edge, Loss, StepFault, Strike};
use crate::twin::{FaultSpec, Matching, Scenario};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::Path;

/// The largest scenario, in bytes.
const SCENARIO_LIMIT: u64 = 1 << 20;
/// By what the entries of lists are told apart where worlds are merged.
const IDENTITIES: [&str; 4] = ["host", "argv", "request", "name"];

/// The world of a case; none where it says nothing about it.
pub(super) fn of(folder: &Path, case: &TestCase) -> Result<Option<Scenario>, Vec<Diagnostic>> {
    let Some(last) = case.scenario.last() else { return Ok(None) };
    let mut world = json!({});
    let mut keys = Vec::new();
    for part in &case.scenario {
        match part {
            ScenarioPart::File(file) => {
                let unreadable = |why: String| vec![at(file.span, Code::Misfit, why)];
                let path = folder.join(&file.text);
                let bytes = read_named(&path, SCENARIO_LIMIT, "scenario").map_err(|failure| {
                    let why = failure.causes.first().map(|why| format!(": {why}")).unwrap_or_default();
                    unreadable(format!("{}{why}", failure.message))
                })?;
                let text = String::from_utf8_lossy(&bytes);
                world = serde_saphyr::from_str(&text).map_err(|error| {
                    unreadable(format!("{} is not a scenario: {}", path.display(), error.without_snippet()))
                })?;
                // What is wrong with a file of its own is told as `rehearse` tells it.
                let read: Result<Scenario, _> = serde_saphyr::from_str(&text);
                read.map_err(|error| {
                    unreadable(format!("{} is not a scenario: {}", path.display(), error.without_snippet()))
                })?;
            }
            ScenarioPart::Inline(inline) => {
                merge(&mut world, &inline.value);
                keys.extend(inline.keys.iter().cloned());
            }
        }
    }
    let span = match last {
        ScenarioPart::File(file) => file.span,
        ScenarioPart::Inline(inline) => inline.span,
    };
    let inline = Inline { value: world, span, keys };
    typed(&inline, "a scenario").map(Some).map_err(|mistake| vec![mistake])
}

/// Lays the second value over the first: maps are merged, and lists whose entries have something to be told apart by.
fn merge(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                merge(below.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(below), Value::Array(above)) if above.iter().all(|one| identity(one).is_some()) => {
            for value in above {
                match below.iter_mut().find(|one| identity(one) == identity(value)) {
                    Some(one) => merge(one, value),
                    None => below.push(value.clone()),
                }
            }
        }
        (below, above) => below.clone_from(above),
    }
}

fn identity(value: &Value) -> Option<(&'static str, &Value)> {
    IDENTITIES.iter().find_map(|name| Some((*name, value.get(*name)?)))
}

/// A value as what it has to be; a mistake in it has its place where its key is known.
fn typed<T: DeserializeOwned>(inline: &Inline, what: &str) -> Result<T, Diagnostic> {
    // A number may be meant as text, which a reader of YAML decides by what is wanted.
    let text = inline.value.to_string();
    serde_saphyr::from_str(&text).map_err(|error| {
        let column = error.location().map(|place| usize::try_from(place.column()).unwrap_or_default());
        let told = error.without_snippet().to_string();
        let told = told.split(" at line 1,").next().unwrap_or(&told).split('\n').next().unwrap_or(&told).to_owned();
        let named = told.split('`').nth(1).filter(|_| told.contains("unknown"));
        let Some(named) = named else {
            let key = column.and_then(|column| key_before(&text, column));
            let key = key.and_then(|name| inline.keys.iter().rev().find(|key| key.text == name));
            let message =
                key.map_or_else(|| format!("{what}: {told}"), |key| format!("`{}`: {told}", escape(&key.text)));
            return at(key.map_or(inline.span, |key| key.span), Code::WrongType, message);
        };
        let key = inline.keys.iter().rev().find(|key| key.text == named);
        let known = told.split_once("expected ").map_or("", |(_, known)| known.trim_start_matches("one of "));
        let words = || known.split([',', ' ', '`']).filter(|word| !word.is_empty());
        let near = nearest(named, words()).map(|near| format!("did you mean `{near}`?"));
        let hint = near.or_else(|| (!known.is_empty()).then(|| format!("known here: {known}")));
        let message = if key.is_some() { format!("{what} has no key `{}`", escape(named)) } else { told.clone() };
        let code = if key.is_some() { Code::UnknownKey } else { Code::Misfit };
        Diagnostic { span: Some(key.map_or(inline.span, |key| key.span)), code, message, hint, related: Vec::new() }
    })
}

/// The last key before a column of a line of JSON.
fn key_before(text: &str, column: usize) -> Option<&str> {
    let end = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(end, _)| end);
    let (before, _) = text.get(..end)?.rsplit_once("\":")?;
    before.rsplit_once('"').map(|(_, key)| key)
}

/// What goes wrong in a case at its steps, with the place of each.
pub(super) struct Faults(Vec<(StepFault, String)>);

impl Faults {
    pub(super) fn list(&self) -> Vec<StepFault> {
        self.0.iter().map(|(fault, _)| fault.clone()).collect()
    }

    /// A fault as it is told of.
    pub(super) fn told(&self, place: usize) -> String {
        self.0.get(place).map(|(_, told)| told.clone()).unwrap_or_default()
    }
}

/// Adds the faults of a case that requests are matched for to its world.
pub(super) fn matching(case: &TestCase, scenario: &mut Scenario) -> Result<(), Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    for fault in &case.faults {
        if let CaseFault::Matching(inline) = fault {
            match typed(inline, "a fault") {
                Ok(spec) => scenario.faults.push(spec),
                Err(mistake) => wrong.push(mistake),
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The faults of a case at its steps.
pub(super) fn at_steps(case: &TestCase, plan: &Plan) -> Result<Faults, Vec<Diagnostic>> {
    let (mut wrong, mut faults) = (Vec::new(), Vec::new());
    for fault in &case.faults {
        if let CaseFault::AtStep(fault) = fault {
            match at_step(fault, plan) {
                Ok(made) => faults.push((made, format!("{} at `{}`", fault.kind.text, fault.step.text))),
                Err(mistake) => wrong.push(mistake),
            }
        }
    }
    if wrong.is_empty() { Ok(Faults(faults)) } else { Err(wrong) }
}

fn at_step(fault: &AtStep, plan: &Plan) -> Result<StepFault, Diagnostic> {
    let places = places(plan, &fault.step.text);
    let mut steps = plan.steps.get(places.clone()).unwrap_or_default().iter();
    let changes = steps.any(|step| step.effect.reverse != Reversibility::Nothing);
    let strike = match fault.kind.text.as_str() {
        "refused" => Strike::Refused,
        "away" => Strike::Away,
        "wrong_file" => Strike::WrongFile,
        "crash_before" => Strike::Crash(Edge::Before, Loss::Nothing),
        "crash_after" => Strike::Crash(Edge::After, Loss::Nothing),
        "power_before" => Strike::Crash(Edge::Before, Loss::Everything),
        "power_after" => Strike::Crash(Edge::After, Loss::Everything),
        kind => {
            let needs = match kind {
                "delay" | "late" if !fault.arg.is_u64() => Some("the seconds, `arg: 30`"),
                "status" if !fault.arg.is_u64() && !fault.arg.is_object() => Some("the status, `arg: 503`"),
                "truncate" if !fault.arg.is_u64() => Some("how many bytes are kept, `arg: 100`"),
                _ => None,
            };
            if let Some(needs) = needs {
                return Err(at(fault.kind.span, Code::MissingKey, format!("the fault `{kind}` needs {needs}")));
            }
            let kind = serde_json::from_value(json!(kind))
                .map_err(|error| at(fault.kind.span, Code::Misfit, error.to_string()))?;
            let arg = fault.arg.clone();
            Strike::Fault(FaultSpec { matching: Matching::default(), kind, count: 1, after: 0, arg })
        }
    };
    // A person is asked, and nothing is sent by that.
    let is_asked = matches!(strike, Strike::Away | Strike::WrongFile);
    let at_effect = fault.at_effect.or_else(|| (changes && !is_asked).then_some(true));
    Ok(StepFault { steps: places, at_effect, after: fault.after, count: fault.count, strike })
}

fn at(span: Span, code: Code, message: String) -> Diagnostic {
    Diagnostic { span: Some(span), code, message, hint: None, related: Vec::new() }
}
