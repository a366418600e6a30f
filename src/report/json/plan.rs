//! `surefoot.plan.v1`.

use super::super::plan::{assumed, written};
use super::super::window::one;
use crate::base::Value;
use crate::runbook::guard;
use crate::runbook::plan::{Plan, Step};
use crate::runbook::secret::{SecretDecl, SecretSource};
use serde_json::json;

/// A plan.
pub fn plan(plan: &Plan) -> Value {
    let id = |index: usize| plan.steps.get(index).map(|step| step.id.as_str());
    let order: Vec<_> = plan.order().into_iter().filter_map(id).collect();
    let proofs: Vec<Value> = guard::proofs(plan)
        .into_iter()
        .map(|proof| json!({"step": id(proof.step), "evidence": proof.proof.name(), "by": id(proof.by_step)}))
        .collect();
    json!({
        "schema": "surefoot.plan.v1",
        "name": plan.name,
        "version": plan.version,
        "description": plan.description,
        "digest": plan.digest.to_string(),
        "source_digest": plan.source_digest.to_string(),
        "concurrency": plan.concurrency,
        "inputs": plan.inputs,
        "secrets": plan.secrets.iter().map(secret).collect::<Vec<_>>(),
        "window": plan.schedule.windows.iter().map(one).collect::<Vec<_>>(),
        "order": order,
        "point_of_no_return": plan.point_of_no_return().and_then(id),
        "proofs": proofs,
        "steps": plan.steps.iter().map(|one| step(plan, one)).collect::<Vec<_>>(),
        "outputs": plan.outputs.iter().map(|(name, _)| name).collect::<Vec<_>>(),
    })
}

/// Where a secret comes from: one of `env`, `file` and `command`; there is nothing in the others.
fn secret(secret: &SecretDecl) -> Value {
    let (file, command) = match &secret.source {
        SecretSource::Env(_) => (None, &[][..]),
        SecretSource::File(path) => (Some(path), &[][..]),
        SecretSource::Command(words) => (None, words.as_slice()),
    };
    json!({
        "name": secret.name,
        "parts": secret.parts(),
        "env": secret.variables(),
        "file": file,
        "command": command,
        "optional": secret.optional,
    })
}

fn step(plan: &Plan, step: &Step) -> Value {
    let after: Vec<_> =
        step.after.iter().filter_map(|index| plan.steps.get(*index)).map(|before| before.id.as_str()).collect();
    json!({
        "id": step.id,
        "kind": step.kind.name,
        "description": step.description,
        "repeat": step.effect.repeat.name(),
        "reverse": step.effect.reverse.name(),
        "after": after,
        "when": step.when.as_ref().map(written),
        "yields": step.effect.yields.iter().map(|proof| proof.name()).collect::<Vec<_>>(),
        "needs": step.effect.needs.iter().map(|proof| proof.name()).collect::<Vec<_>>(),
        "asks": step.kind.asks,
        "breaks": step.kind.breaks.iter().map(|one| json!({
            "if": Some(one.condition).filter(|condition| !condition.is_empty()), "what": one.what,
        })).collect::<Vec<_>>(),
        "timeout_s": step.timeout.as_secs(),
        "lag_max": assumed(step),
        "save": step.save,
        "line": step.line,
    })
}
