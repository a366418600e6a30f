//! `run` and `resume`: birth or taking over, then driving until the run ends or needs somebody.

use super::clock::remote_now;
use super::compile::{Draft, read_runbook};
use super::ended::Ended;
use super::environment::{Environment, RunSpec, account, policy};
use super::estimate::step_estimates;
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::given::GivenInputs;
use super::intervene::is_recordable;
use super::paths::{Paths, copy_of, journal_failure};
use super::run_error::RunError;
use super::secret_filter::SecretFilter;
use super::session::{self, Session};
use super::source::RunbookSource;
use super::status::is_unreported;
use super::subjects::{self, OnTheWay};
use super::target::{Target, TwinChoice};
use super::window::{self, Timing};
use super::{host, keys, named_files, process_env, secret_filter};
use crate::adapter::disk::RealDisk;
use crate::adapter::entropy::Os;
use crate::base::{Digest, Map, Moment, Timestamp, Value, escape};
use crate::engine::event::{Body, Event, RunOpened, Verdict};
use crate::engine::{Engine, Phase};
use crate::journal::{Birth, Journal, JournalError, RunDir};
use crate::kinds::vault::Vault;
use crate::kinds::{self, RunFacts};
use crate::port::{Clock, Disk, Entropy};
use crate::report::RunHistory;
use crate::runbook::kind::Type;
use crate::runbook::plan::Plan;
use crate::runbook::{Diagnostics, settle};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The runbook.
    pub runbook: RunbookSource,
    /// Its inputs.
    pub inputs: GivenInputs,
    /// Where runs and trails are.
    pub paths: Paths,
    /// The twin to run against, where there is one.
    pub twin: Option<TwinChoice>,
    /// Whether a person is asked even where a script could answer.
    pub ask: bool,
    /// A window of others that must be open too.
    pub window: Option<PathBuf>,
    /// What it does while the window is closed.
    pub timing: Timing,
}

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

/// Runs a runbook.
pub async fn run(request: RunRequest, frontend: Frontend) -> Result<Ended, RunError> {
    let paths = request.paths.absolute();
    paths.require_own()?;
    paths.require_apart(&paths.trails())?;
    let (bytes, file) = (request.runbook.read()?, request.runbook.path());
    let world = Target::choose(request.twin.as_ref())?;
    let given = request.inputs.to_map()?;
    let draft = Draft::new(&file, &bytes, request.window.as_deref(), given, &world.inputs()?)?;
    let (discovered, frontend) = discover(&draft, &request, &world, &paths, frontend).await?;
    let plan = draft.plan(discovered.as_deref()).map_err(RunError::Diagnostics)?;
    if let Some(warnings) = &plan.warnings {
        warned(warnings, &request.runbook, &world, &frontend)?;
    }
    begin(Beginning { request: &request, plan, bytes: &bytes, world: &world, paths }, frontend).await
}

/// What is to be begun.
struct Beginning<'r> {
    request: &'r RunRequest,
    plan: Plan,
    bytes: &'r [u8],
    world: &'r Target,
    paths: Paths,
}

/// Begins a run and drives it.
async fn begin(beginning: Beginning<'_>, mut frontend: Frontend) -> Result<Ended, RunError> {
    let Beginning { request, plan, bytes, world, paths } = beginning;
    let (plan, file) = (Arc::new(plan), request.runbook.path());
    let clock = first_clock(world)?;
    let Moment { at: now, mono_ms } = if world.is_twin() { clock.now().into() } else { clock.moment() };
    request.timing.may_begin(&plan, &file, now)?;
    if world.is_twin() {
        keys::keys_ensure(&paths)?;
    }
    let run = fresh_id(now);
    let run_facts = facts(&paths, &run, &plan, process_env::working_directory());
    let genesis = RunOpened {
        run: run.clone(),
        nonce: random_hex(16),
        runbooks: named_files::recorded(&file, plan.source_digest, &plan.files),
        plan_digest: plan.digest,
        inputs: plan.inputs.clone(),
        policy: policy_of(
            request,
            &paths,
            &plan,
            policy(&run_facts.cwd, account(world, &plan), &request.runbook),
            &frontend,
        ),
        state_dir: paths.state_dir.to_string_lossy().into_owned(),
        audit_dir: paths.trails().to_string_lossy().into_owned(),
        twin: world.record(request.ask),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        boot_clock: host::boot_clock(world.is_twin()),
    };
    let genesis = Event { at: now, mono_ms, actor: process_env::actor(), body: Body::RunOpened(genesis) };
    let kept = named_files::kept(bytes, &plan.files);
    let kept: Vec<(&str, &[u8])> = kept.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let birth =
        Birth { state_dir: &paths.state_dir, run: &run, files: &kept, holder: &host::holder(now), genesis: &genesis };
    let (state_dir, ask) = (&paths.state_dir, request.ask);
    let vault = vault(world, &plan, &genesis, &run_facts.cwd).await?;
    let spec = RunSpec { plan: &plan, facts: run_facts, vault, state_dir, resume_at: now, ask };
    keys::sealer(&paths.state_dir)?;
    // The twin in this process lives in the run's directory; any other outside is reached before there is a run.
    let reached = match world {
        Target::Embedded { .. } => Err(spec),
        _ => Ok(Box::pin(Environment::reach(world, spec, &frontend)).await?),
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let dir = RunDir::new(state_dir, &run);
    let mut engine = Engine::new(Arc::clone(&plan), kinds::protocol);
    session::take(&mut engine, genesis.clone())?;
    let claim = subjects::claim(state_dir, world, &engine, &run)?;
    let journal = Journal::create(&disk, &clock, &birth).map_err(|error| unborn(&error, &dir))?;
    drop(claim);
    paths.fence();
    let environment = match reached {
        Ok(environment) => environment,
        Err(spec) => Box::pin(Environment::reach(world, spec, &frontend)).await?,
    };
    let story = RunHistory::of([&genesis]);
    (frontend.watch)(&engine, &[genesis]);
    let journal = SecretFilter::before(journal, environment.context.vault.clone());
    let subjects = OnTheWay::of(state_dir, world, &engine, &run);
    let audit_dir = Paths::trail(&paths.trails(), &run);
    let session = Session { engine, journal, dir, environment, audit_dir, subjects, story };
    Ok(session.drive(request.timing.records(&plan), frontend).await?)
}

/// What a runbook discovers, read by a run of its own of which nothing stays; `None` where it discovers nothing.
async fn discover(
    draft: &Draft<'_>,
    request: &RunRequest,
    world: &Target,
    paths: &Paths,
    frontend: Frontend,
) -> Result<(Option<Vec<u8>>, Frontend), RunError> {
    let Some(plan) = draft.discovery().map_err(RunError::Diagnostics)? else { return Ok((None, frontend)) };
    let place = paths.state_dir.join(format!(".discover-{}", random_hex(6)));
    let own = Paths { state_dir: place.clone(), audit_dir: Some(place.join("audit")) };
    let bytes = request.runbook.read()?;
    let (quiet, frontend) = frontend.quiet();
    let request = RunRequest { timing: Timing::default(), window: None, ..request.clone() };
    let beginning = Beginning { request: &request, plan, bytes: &bytes, world, paths: own };
    let done = Box::pin(begin(beginning, quiet)).await;
    std::fs::remove_dir_all(&place).ok();
    let done = done?;
    if let Some(failed) = done.view.steps.iter().find(|step| step.status != "succeeded" && step.status != "skipped") {
        let why = if failed.reason.is_empty() { "it was interrupted".to_owned() } else { failed.reason.clone() };
        let failure = Failure::new(FailureKind::Outside, format!("`{}` discovered nothing: {why}", failed.id));
        return Err(failure.hint("no run was started, and nothing was changed; repeat the command").into());
    }
    let read = done.view.steps.iter().map(|step| {
        let output = step.output.clone().map_or(Value::Null, Value::Object);
        (step.id.clone(), output)
    });
    Ok((serde_json::to_vec(&Value::Object(read.collect())).ok(), frontend))
}

/// The policy with what the run remembers of its window.
fn policy_of(request: &RunRequest, paths: &Paths, plan: &Plan, mut policy: Value, frontend: &Frontend) -> Value {
    let estimates = if plan.schedule.is_empty() { Map::new() } else { step_estimates(paths, plan) };
    if let Some(note) = window::unestimated(plan, &estimates) {
        (frontend.notice)(&note);
    }
    window::remember(&mut policy, plan, request.window.as_deref(), estimates);
    policy
}

/// A runbook that is still being written is tried against a twin, and never in the real world. Advice is told in both.
fn warned(
    warnings: &Diagnostics,
    runbook: &RunbookSource,
    world: &Target,
    frontend: &Frontend,
) -> Result<(), RunError> {
    if matches!(world, Target::Real) && !warnings.iter().all(|warning| warning.code.is_advice()) {
        return Err(RunError::Diagnostics(warnings.clone()));
    }
    (frontend.notice)(&runbook.warned(warnings));
    Ok(())
}

/// The secrets of a run in the real world. What is missing, and a secret that the first record would tell, is said
/// before a run exists.
async fn vault(world: &Target, plan: &Plan, genesis: &Event, folder: &Path) -> Result<Option<Vault>, Failure> {
    if world.is_twin() {
        return Ok(None);
    }
    super::environment::addresses()?;
    let vault = super::secret_sources::read(plan, folder).await?;
    match secret_filter::look(&vault, genesis) {
        None => Ok(Some(vault)),
        Some(caught) => Err(Failure::new(FailureKind::Usage, "the record of the run would contain a secret")
            .hint(format!("{caught}; pass secrets only through the sources that the runbook declares"))),
    }
}

/// A run that could not be begun; where it was, after all, it can be resumed.
fn unborn(error: &JournalError, dir: &RunDir) -> Failure {
    if let JournalError::Encode(error) = error {
        // Nothing but what was given to it makes the first record long, or unlike what can be read back.
        return Failure::new(FailureKind::Usage, "the inputs and the scenario cannot be recorded")
            .because(error)
            .hint("no run was started; make them smaller, or name a file that a step reads");
    }
    let failure = journal_failure(error);
    if failure.kind != FailureKind::Storage || RealDisk.stat(&dir.segment(1)).is_ok() {
        return failure;
    }
    let hint = match error {
        JournalError::Disk { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            "become the owner of the directory, or have its permissions changed"
        }
        _ => "fix the disk or free space",
    };
    Failure { hints: vec![format!("no run was started; {hint}, then repeat the command")], ..failure }
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

/// The clock of a world in which a run begins.
fn first_clock(world: &Target) -> Result<Arc<dyn Clock>, Failure> {
    // The ready line of a twin in another process tells when that began, and it has run since.
    let now = match world {
        Target::Running { ready: Ok(ready), .. } => Some(remote_now(ready)?),
        _ => None,
    };
    Ok(world.clock(now))
}

fn facts(paths: &Paths, run: &str, plan: &Plan, cwd: PathBuf) -> RunFacts {
    RunFacts {
        id: run.to_owned(),
        dir: RunDir::new(&paths.state_dir, run).path().to_owned(),
        cwd,
        plan_digest: plan.digest.to_string(),
        actor: process_env::actor(),
    }
}

/// The id of a new run: when it began, and enough randomness that no two are the same.
fn fresh_id(now: Timestamp) -> String {
    let time: String = now.to_seconds_text().chars().filter(char::is_ascii_digit).take(14).collect();
    let (date, clock) = time.split_at(8.min(time.len()));
    format!("{date}-{clock}-{}", random_hex(3))
}

fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    Os.fill(&mut random);
    hex::encode(random)
}
