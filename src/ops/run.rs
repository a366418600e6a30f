//! `run`: a birth, then driving until the run ends or needs somebody.

use super::clock::remote_now;
use super::compile::Draft;
use super::ended::Ended;
use super::environment::{Environment, RunSpec, account, policy};
use super::extent::Extent;
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::given::GivenInputs;
use super::paths::{Paths, journal_failure};
use super::run_error::RunError;
use super::secret_filter::SecretFilter;
use super::session::{self, Session};
use super::source::RunbookSource;
use super::subjects::{self, OnTheWay};
use super::target::{Target, TwinChoice};
use super::window::{self, Timing};
use super::{host, keys, named_files, process_env, secret_filter};
use crate::adapter::disk::RealDisk;
use crate::adapter::entropy::Os;
use crate::base::{Moment, Timestamp, Value};
use crate::engine::Engine;
use crate::engine::event::{Body, Event, RunOpened};
use crate::journal::{Birth, Journal, JournalError, RunDir};
use crate::kinds::vault::Vault;
use crate::kinds::{self, RunFacts};
use crate::port::{Clock, Disk, Entropy};
use crate::report::RunHistory;
use crate::runbook::Diagnostics;
use crate::runbook::declared;
use crate::runbook::plan::Plan;
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
    /// How much of it is done before it pauses by itself.
    pub extent: Extent,
}

/// Runs a runbook.
pub async fn run(request: RunRequest, frontend: Frontend) -> Result<Ended, RunError> {
    let paths = request.paths.absolute();
    paths.require_own()?;
    paths.require_apart(&paths.trails())?;
    let (bytes, file) = (request.runbook.read()?, request.runbook.path());
    let world = Target::choose(request.twin.as_ref())?;
    let given = request.inputs.to_map(&declared(kinds::catalog(), &bytes))?;
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
    request.extent.check(&plan)?;
    let clock = first_clock(world)?;
    let Moment { at: now, mono_ms } = if world.is_twin() { clock.now().into() } else { clock.moment() };
    request.timing.may_begin(&plan, &file, now)?;
    if world.is_twin() {
        keys::keys_ensure(&paths)?;
    }
    let run = fresh_id(now);
    let run_facts = facts(&paths, &run, &plan, process_env::working_directory());
    let base = policy(&run_facts.cwd, account(world, &plan), &request.runbook);
    let base = request.extent.remembered(base);
    let genesis = RunOpened {
        run: run.clone(),
        nonce: random_hex(16),
        runbooks: named_files::recorded(&file, plan.source_digest, &plan.files),
        plan_digest: plan.digest,
        inputs: plan.inputs.clone(),
        policy: window::policy_of(request.window.as_deref(), &paths, &plan, base, &frontend),
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
    let request = RunRequest { timing: Timing::default(), window: None, extent: Extent::default(), ..request.clone() };
    let beginning = Beginning { request: &request, plan, bytes: &bytes, world, paths: own };
    let done = Box::pin(begin(beginning, quiet)).await;
    RealDisk.remove_dir_all(&place).ok();
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

/// The clock of a world in which a run begins.
fn first_clock(world: &Target) -> Result<Arc<dyn Clock>, Failure> {
    // The ready line of a twin in another process tells when that began, and it has run since.
    let now = match world {
        Target::Running { ready: Ok(ready), .. } => Some(remote_now(ready)?),
        _ => None,
    };
    Ok(world.clock(now))
}

pub(super) fn facts(paths: &Paths, run: &str, plan: &Plan, cwd: PathBuf) -> RunFacts {
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
