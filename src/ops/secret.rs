//! `secret deliver`: puts the sealed one-time passwords of a run into their files again.

use super::failure::{Failure, FailureKind};
use super::outside;
use super::place::Place;
use super::{environment, session};
use crate::action::{RunFacts, perform};
use crate::base::Value;
use crate::engine::call::{Call, Outcome, Reply};
use crate::engine::command::{Act, Command, CommandId};
use crate::engine::history::Attempt;
use crate::engine::{Engine, StepState};
use std::path::PathBuf;
use std::sync::Arc;

/// The kind that sets another password in place of an older one.
const ROTATE: &str = "neo4j.password.rotate";

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
    for (index, step) in recalled.engine.plan().steps.iter().enumerate() {
        let Some(command) = delivery(index, &recalled.engine) else { continue };
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

/// The delivery of a step's password; nothing where it holds none, or none that opens anything.
fn delivery(index: usize, engine: &Engine) -> Option<Command> {
    let (step, state) = (engine.plan().steps.get(index)?, engine.steps().get(index)?);
    let (attempt, sealed) = state.history.secret()?;
    let call = if step.kind.name == ROTATE { Call::Rotate } else { Call::Create };
    if call == Call::Rotate && !is_in_force(state) || is_replaced(&step.id, engine) {
        return None;
    }
    let own = state.history.attempts_at(call).find(|one| one.intent.attempt == attempt)?;
    Some(Command {
        id: CommandId { step: index, call, attempt, serial: state.serial },
        not_before: own.at,
        step: step.id.clone(),
        kind: step.kind,
        act: Act::Deliver { attempt, sealed: sealed.clone() },
        with: Arc::clone(engine.with(index)?),
        input: Value::Null,
        sealed: Arc::default(),
    })
}

/// Whether the password that this step set is known to be the one that opens the database.
fn is_in_force(state: &StepState) -> bool {
    let last = state.history.last_attempt(Call::Rotate).and_then(Attempt::outcome);
    state.history.rotated.is_some() || last.is_some_and(Outcome::took)
}

/// Whether a later step set another password in place of the one that this step obtained.
fn is_replaced(id: &str, engine: &Engine) -> bool {
    let handle = format!("steps.{id}.credentials");
    let named = |index: usize| engine.with(index)?.get("credentials")?.get("$secret")?.as_str();
    let mut steps = engine.plan().steps.iter().zip(engine.steps()).enumerate();
    steps.any(|(index, (step, state))| {
        step.kind.name == ROTATE && is_in_force(state) && named(index) == Some(handle.as_str())
    })
}
