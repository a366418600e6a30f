//! What the programs of the machine did, and whether that is what the run says of them (I3).

use super::ending::End;
use super::process;
use super::sim_world::SimWorld;
use crate::base::{Map, Value};
use crate::engine::call::Call;
use crate::engine::event::{Body, Event, Intent};
use crate::runbook::kind::Reversibility;
use std::collections::BTreeMap;
use std::path::Path;

/// Reports a program that was executed again while its outcome was unknown, and a recorded result that differs from the
/// program's own.
pub(super) fn check(end: &End<'_>, sim: &mut SimWorld, events: &[(u64, Event)], wrong: &mut Vec<String>) {
    sim.machine.settle(end.now);
    let changes_nothing = |dir: &Path| {
        let id = dir.file_name().and_then(|name| name.to_str()?.rsplit_once('-')).map(|(step, _)| step);
        let step = id.and_then(|id| end.workload.plan.steps.get(end.workload.plan.index_of(id)?));
        step.is_some_and(|step| step.effect.reverse == Reversibility::Nothing)
    };
    let repeated = sim.machine.repeated().iter().filter(|one| !changes_nothing(&one.dir));
    wrong.extend(repeated.map(|one| format!("I3: {}", one.what)));
    let mut sent: BTreeMap<&str, &Intent> = BTreeMap::new();
    for (seq, event) in events {
        match &event.body {
            Body::CallIntended(intent) if intent.call == Call::Run => drop(sent.insert(&intent.step, intent)),
            Body::StepSucceeded { step, output, .. } => {
                let unlike = sent.get(step.as_str()).and_then(|intent| unlike(sim, intent, output));
                wrong.extend(unlike.map(|what| format!("I3: record {seq}: `{step}` counts as done, and {what}")));
            }
            _ => {}
        }
    }
}

/// What the machine says otherwise of a command that counts as done.
fn unlike(sim: &SimWorld, intent: &Intent, output: &Map) -> Option<String> {
    let text = |name: &str| output.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("settled_by") {
        "operator" => None,
        "probe" => {
            let took = sim.machine.took_effect(&intent.request);
            (took == Some(0)).then(|| format!("`{}` never took effect", intent.request))
        }
        _ => {
            let dir = process::run_dir().path().join("commands").join(format!("{}-{}", intent.step, intent.attempt));
            let Some(receipt) = sim.machine.receipt(&dir) else {
                return Some(format!("nobody has seen the end of attempt {}", intent.attempt));
            };
            let is_same = output.get("exit_code") == Some(&receipt.exit_code.into())
                && text("stdout_sha256") == receipt.stdout.sha256.to_string()
                && text("started_at") == receipt.started_at.to_string()
                && text("ended_at") == receipt.ended_at.to_string();
            (!is_same).then(|| format!("its result is not that of attempt {}: {receipt:?}", intent.attempt))
        }
    }
}
