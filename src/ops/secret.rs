//! `secret deliver`: puts the sealed one-time passwords of a run into their files again.

use super::failure::{Failure, FailureKind};
use super::outside;
use super::place::Place;
use super::{environment, session};
use crate::action::{RunFacts, perform};
use crate::base::Value;
use crate::engine::StepState;
use crate::engine::call::{Call, Reply};
use crate::engine::command::{Act, Command, CommandId};
use crate::runbook::plan::Step;
use std::path::PathBuf;
use std::sync::Arc;

/// Delivers every sealed password of a run; tells which step's into which file.
pub async fn secret_deliver(place: &Place, run: &str) -> Result<Vec<(String, PathBuf)>, Failure> {
    let place = place.absolute();
    let dir = place.run(run)?;
    let recalled = session::recall(&dir)?;
    let cwd = PathBuf::from(recalled.facts.policy.get("cwd").and_then(Value::as_str).unwrap_or("/"));
    let facts = RunFacts {
        id: recalled.facts.run.clone(),
        dir: dir.path().to_owned(),
        cwd,
        plan_digest: recalled.facts.plan_digest.to_string(),
        actor: environment::actor(),
    };
    let context = outside::local(&place.state_dir, facts)?;
    let mut delivered = Vec::new();
    for (index, (step, state)) in recalled.engine.plan().steps.iter().zip(recalled.engine.steps()).enumerate() {
        let Some(command) = delivery(index, step, state) else { continue };
        match perform(&context, &command, None).await {
            Reply::Delivered { reference, .. } => delivered.push((step.id.clone(), PathBuf::from(reference))),
            Reply::Failed(error) => {
                let message = format!("cannot deliver the password of `{}`", step.id);
                let failure = Failure::new(FailureKind::Storage, message).hint(error.message);
                return Err(if error.remedy.is_empty() { failure } else { failure.hint(error.remedy) });
            }
            _ => {}
        }
    }
    if delivered.is_empty() {
        return Err(Failure::new(FailureKind::Usage, format!("the run {run} holds no sealed password")));
    }
    Ok(delivered)
}

fn delivery(index: usize, step: &Step, state: &StepState) -> Option<Command> {
    let attempt = state.history.attempts_at(Call::Create).next_back()?;
    let sealed = attempt.settled.as_ref()?.1.sealed.clone()?;
    Some(Command {
        id: CommandId { step: index, call: Call::Create, attempt: attempt.intent.attempt, serial: state.serial },
        not_before: attempt.at,
        step: step.id.clone(),
        kind: step.kind,
        act: Act::Deliver { attempt: attempt.intent.attempt, sealed },
        with: Arc::clone(state.with.as_ref()?),
        input: Value::Null,
        sealed: Arc::default(),
    })
}
