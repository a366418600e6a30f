//! `secret deliver`: puts the sealed one-time passwords of a run into their files again.

use super::environment;
use super::failure::{Failure, FailureKind};
use super::paths::Paths;
use super::{process_env, session};
use crate::base::Value;
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::{Act, Command, CommandId};
use crate::engine::{Engine, Phase};
use crate::kinds::RunFacts;
use crate::port::Perform as _;
use crate::runbook::kind::Role;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Delivers every sealed password of a run, or the only one into a file that is named here; tells which step's into
/// which file.
pub async fn secret_deliver(paths: &Paths, run: &str, to: Option<&Path>) -> Result<Vec<(String, PathBuf)>, Failure> {
    let paths = paths.absolute();
    paths.require_own()?;
    let dir = paths.run(run)?;
    let loaded = session::recall(&dir)?;
    let cwd = PathBuf::from(loaded.facts.policy.get("cwd").and_then(Value::as_str).unwrap_or("/"));
    let facts = RunFacts {
        id: loaded.facts.run.clone(),
        dir: dir.path().to_owned(),
        cwd,
        plan_digest: loaded.facts.plan_digest.to_string(),
        actor: process_env::actor(),
    };
    let context = environment::local(&paths.state_dir, facts)?;
    let steps = 0..loaded.engine.plan().steps.len();
    let mut commands: Vec<Command> = steps.filter_map(|index| delivery(index, &loaded.engine)).collect();
    if commands.is_empty() {
        return Err(Failure::new(FailureKind::Usage, format!("the run {run} has no sealed password")));
    }
    if let Some(file) = to {
        redirect(&mut commands, file)?;
    }
    let is_closed = matches!(loaded.engine.run().phase, Phase::Closed(_));
    let mut delivered = Vec::new();
    for command in commands {
        match context.perform(&command, None).await {
            Reply::Delivered { reference, .. } => delivered.push((command.step.clone(), PathBuf::from(reference))),
            Reply::Failed(error) => return Err(undelivered(run, is_closed, to.is_some(), &command, error)),
            _ => {}
        }
    }
    Ok(delivered)
}

/// Names another file, from where the command is typed.
fn redirect(commands: &mut [Command], file: &Path) -> Result<(), Failure> {
    let [command] = commands else {
        let steps: Vec<_> = commands.iter().map(|command| command.step.as_str()).collect();
        let message = format!("several steps have a password, and --to takes only one: {}", steps.join(", "));
        return Err(Failure::new(FailureKind::Usage, message).hint("omit --to; each has a file of its own"));
    };
    let path = process_env::working_directory().join(file).to_string_lossy().into_owned();
    let mut with = (*command.with).clone();
    with.insert("password_file".to_owned(), path.into());
    command.with = Arc::new(with);
    Ok(())
}

/// A file that was named here is the mistake of who named it, and a key that is not there is no matter of the disk.
fn undelivered(run: &str, is_closed: bool, is_named: bool, command: &Command, error: CallError) -> Failure {
    let is_locked = error.class == ErrorClass::Auth;
    let kind = if is_named || is_locked { FailureKind::Usage } else { FailureKind::Storage };
    let failure = Failure::new(kind, format!("cannot deliver the password of `{}`", command.step));
    let failure = failure.hint(error.message);
    if is_locked {
        return failure.hint("restore the key it was sealed with to `keys` in the state directory");
    }
    if is_closed {
        return failure.hint(format!("use another file: `surefoot secret deliver {run} --to FILE`"));
    }
    if error.remedy.is_empty() { failure } else { failure.hint(error.remedy) }
}

/// The delivery of a step's password; nothing where it holds none, or none that opens anything.
fn delivery(index: usize, engine: &Engine) -> Option<Command> {
    let (step, state) = (engine.plan().steps.get(index)?, engine.steps().get(index)?);
    let (attempt, sealed) = state.history.password()?;
    let call = if step.kind.role == Some(Role::Rotate) { Call::Rotate } else { Call::Create };
    if call == Call::Rotate && !state.history.is_in_force() || is_replaced(&step.id, engine) {
        return None;
    }
    let own = state.history.attempts_at(call).find(|one| one.intent.attempt == attempt)?;
    Some(Command {
        id: CommandId { step: index, call, attempt, serial: state.serial },
        not_before: own.at,
        step: step.id.clone(),
        kind: step.kind,
        act: Act::Deliver { attempt, sealed },
        announced: None,
        with: Arc::clone(engine.with(index)?),
        input: Value::Null,
        sealed: Arc::default(),
    })
}

/// Whether a later step set another password in place of the one that this step obtained.
fn is_replaced(id: &str, engine: &Engine) -> bool {
    let handle = format!("steps.{id}.credentials");
    let named = |index: usize| engine.with(index)?.get("credentials")?.get("$secret")?.as_str();
    let mut steps = engine.plan().steps.iter().zip(engine.steps()).enumerate();
    steps.any(|(index, (step, state))| {
        step.kind.role == Some(Role::Rotate) && state.history.is_in_force() && named(index) == Some(handle.as_str())
    })
}
