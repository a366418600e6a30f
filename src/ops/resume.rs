//! `resume`: taking a run over, then driving until it ends or needs somebody.

use super::compile::read_runbook;
use super::ended::Ended;
use super::environment::{Environment, RunSpec};
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::intervene::is_recordable;
use super::paths::{Paths, copy_of};
use super::run::facts;
use super::secret_filter::SecretFilter;
use super::session::{self, Session};
use super::status::is_unreported;
use super::subjects::{self, OnTheWay};
use super::window::Timing;
use super::{host, keys, process_env};
use crate::base::{Digest, Map, Value, escape};
use crate::engine::event::{Body, RunOpened, Verdict};
use crate::engine::{Engine, Phase};
use crate::journal::RunDir;
use crate::runbook::kind::Type;
use crate::runbook::settle;
use std::path::PathBuf;
use std::sync::Arc;

/// A change of an input of a held step: `STEP.FIELD=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The step.
    pub step: String,
    /// The input.
    pub field: String,
    /// The new value, as text.
    pub value: String,
}

/// Takes a run over and goes on with it.
pub async fn resume(
    paths: &Paths,
    run: Option<&str>,
    changes: &[Change],
    ask: bool,
    timing: &Timing,
    frontend: Frontend,
) -> Result<Ended, Failure> {
    timing.check()?;
    let paths = paths.absolute();
    let dir = match run {
        Some(id) => paths.run(id)?,
        None => only_unfinished(&paths)?,
    };
    paths.require_own()?;
    let loaded = session::recall(&dir)?;
    session::require_trail(&paths, &dir, &loaded)?;
    if let Phase::Closed(verdict) = loaded.engine.run().phase {
        let is_unreported = is_unreported(&loaded.engine, &dir);
        if is_unreported && changes.is_empty() {
            return session::finish(&paths, &dir, &loaded, verdict);
        }
        let run = &loaded.facts.run;
        let failure = Failure::new(FailureKind::Usage, format!("the run {run} is closed"))
            .hint("a closed run is never changed; start a new one");
        return Err(if is_unreported {
            failure.hint(format!("without `--set`, `surefoot resume {run}` reports its end"))
        } else {
            failure
        });
    }
    if let Some(note) = edited(&loaded.facts) {
        (frontend.notice)(&note);
    }
    let loaded = session::LoadedRun { world: loaded.world.reached()?, ..loaded };
    if let Some(next) = loaded.engine.is_outside_window(loaded.now(loaded.last_at)?.at) {
        timing.may_go_on(loaded.engine.plan(), &loaded.facts.run, next)?;
    }
    let taken = session::take_over(&dir, &loaded)?;
    if let Phase::Closed(verdict) = taken.engine.run().phase {
        return ended_meanwhile(&paths, &dir, &loaded, taken, changes, verdict);
    }
    let engine = taken.engine;
    let set = changed(&engine, changes)?;
    let cwd = PathBuf::from(loaded.facts.policy.get("cwd").and_then(Value::as_str).unwrap_or("/"));
    let plan = Arc::clone(engine.plan());
    let paths = Paths {
        state_dir: dir.path().ancestors().nth(2).map_or_else(|| paths.state_dir.clone(), PathBuf::from),
        audit_dir: paths.audit_dir.clone(),
    };
    keys::require(&paths.state_dir, &engine)?;
    let mut run_facts = facts(&paths, &loaded.facts.run, &plan, cwd);
    run_facts.dir = dir.path().to_owned();
    let was_asked = loaded.facts.twin.as_ref().and_then(|twin| twin.get("ask")).and_then(Value::as_bool);
    let spec = RunSpec {
        plan: &plan,
        facts: run_facts,
        vault: None,
        state_dir: &paths.state_dir,
        resume_at: taken.last_at,
        ask: ask || was_asked.unwrap_or(false),
    };
    subjects::enter(&paths.state_dir, &loaded.world, &engine, &loaded.facts.run);
    let environment = Box::pin(Environment::reach(&loaded.world, spec, &frontend)).await?;
    let (audit_dir, audit_moved) = (paths.trail_of(&loaded.facts), paths.is_trail_moved(&loaded.facts));
    let journal = SecretFilter::before(taken.journal, environment.context.vault.clone());
    let subjects = OnTheWay::of(&paths.state_dir, &loaded.world, &engine, &loaded.facts.run);
    let session = Session { engine, journal, dir, environment, audit_dir, subjects, story: taken.story };
    let mut first = vec![Body::SessionOpened(host::session(&paths.state_dir, loaded.world.is_twin()))];
    first.extend(timing.records(&plan));
    first.extend(set);
    let mut ended = session.drive(first, frontend).await?;
    ended.audit_moved = audit_moved;
    ended.trouble = loaded.trouble;
    Ok(ended)
}

/// Another process has brought the run to its end between the look at it and the taking over: that end is told, and
/// what was to be changed is not.
fn ended_meanwhile(
    paths: &Paths,
    dir: &RunDir,
    loaded: &session::LoadedRun,
    taken: session::Taken,
    changes: &[Change],
    verdict: Verdict,
) -> Result<Ended, Failure> {
    if changes.is_empty() {
        return session::conclude(paths, dir, loaded, taken, verdict);
    }
    taken.journal.leave();
    let (run, ended) = (&loaded.facts.run, Phase::Closed(verdict).name());
    Err(Failure::new(FailureKind::Usage, format!("the run {run} ended meanwhile: {ended}"))
        .hint("nothing was changed; start a new run"))
}

/// That the runbook's file is another one by now, where it is: the run goes on with the one it began with.
fn edited(facts: &RunOpened) -> Option<String> {
    let (file, digest) = facts.runbooks.first()?;
    let cwd = facts.policy.get("cwd").and_then(Value::as_str).unwrap_or_default();
    let bytes = read_runbook(&PathBuf::from(cwd).join(file)).ok()?;
    (Digest::of(&bytes) != *digest).then(|| {
        format!(
            "note: {} was edited since the run started; the run continues with its original runbook, and the edited \
             one is for a new run",
            escape(file)
        )
    })
}

fn only_unfinished(paths: &Paths) -> Result<RunDir, Failure> {
    let (mut open, mut copies) = (Vec::new(), Vec::new());
    for (id, dir) in paths.runs_by_age()? {
        if copy_of(&dir).is_some() {
            copies.push(id);
            continue;
        }
        let is_closed = |run: &session::LoadedRun| matches!(run.engine.run().phase, Phase::Closed(_));
        // One that cannot be read may be unfinished; who takes it up is told what is wrong with it.
        if session::recall(&dir).is_ok_and(|run| is_closed(&run) && !is_unreported(&run.engine, &dir)) {
            continue;
        }
        open.push((id, dir));
    }
    match open.as_slice() {
        [] => {
            let failure = Failure::new(FailureKind::Usage, "nothing to resume")
                .hint(format!("there is no unfinished run in {}", paths.state_dir.display()));
            let aside =
                |id: &String| format!("{} is a copy of a run and is ignored; move it out of `runs`", escape(id));
            Err(Failure { hints: failure.hints.iter().cloned().chain(copies.iter().map(aside)).collect(), ..failure })
        }
        [(_, dir)] => Ok(dir.clone()),
        many => {
            let mut failure = Failure::new(FailureKind::Usage, "several runs are unfinished; name the one to resume");
            failure.hints = many.iter().map(|(id, _)| format!("surefoot resume {id}")).collect();
            Err(failure)
        }
    }
}

/// The changes as events; each must be of a held step and of an input that its kind lets be changed.
fn changed(engine: &Engine, changes: &[Change]) -> Result<Vec<Body>, Failure> {
    let usage = |message: String| Failure::new(FailureKind::Usage, message);
    let mut bodies = Vec::new();
    for change in changes {
        let index = engine.plan().index_of(&change.step);
        let step = index.and_then(|index| engine.plan().steps.get(index));
        let step = step.ok_or_else(|| usage(format!("the runbook has no step `{}`", change.step)))?;
        let field = step.kind.input(&change.field).filter(|field| step.kind.changeable.contains(&field.name));
        let field = field.ok_or_else(|| {
            let failure = usage(format!("`{}` of `{}` cannot be changed", change.field, step.id));
            match step.kind.changeable {
                [] => failure.hint(format!("no input of a step of kind {} can be changed", step.kind.name)),
                names => failure.hint(format!("these inputs can be changed: {}", names.join(", "))),
            }
        })?;
        let is_delivered = engine.steps().iter().zip(&engine.plan().steps).any(|(state, one)| {
            one.id == step.id && change.field == "password_file" && !state.history.delivered.is_empty()
        });
        if is_delivered {
            return Err(usage(format!("the password of `{}` is already in its file", step.id)).hint(format!(
                "`surefoot secret deliver {} --to FILE` also writes it to another file",
                engine.view().run
            )));
        }
        is_recordable(&format!("the value of `{}.{}`", change.step, change.field), &change.value)?;
        // A path is meant from where it is typed.
        let text = match field.ty {
            Type::Path => process_env::working_directory().join(&change.value).to_string_lossy().into_owned(),
            _ => change.value.clone(),
        };
        let value = settle(field, Some(Value::String(text)))
            .map_err(|misfit| usage(format!("`{}` of `{}`: {misfit}", change.field, step.id)))?;
        let set = Map::from_iter([(change.field.clone(), value)]);
        bodies.push(Body::StepChanged { step: step.id.clone(), set });
    }
    Ok(bodies)
}
