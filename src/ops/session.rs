//! One process's time with a run: taking it over and driving it.

use super::clock::remote_now;
use super::ended::Ended;
use super::environment::Environment;
use super::failure::{Failure, FailureKind};
use super::frontend::{Frontend, Watch};
use super::host;
use super::named_files::Pinned;
use super::paths::{Paths, copy_of, journal_failure, read_kept};
use super::patience::patiently;
use super::rescue;
use super::secret_filter::SecretFilter;
use super::subjects::OnTheWay;
use super::target::Target;
use super::trail::{self, Trail};
use crate::adapter::clock::SystemClock;
use crate::adapter::disk::RealDisk;
use crate::base::{Map, Moment, Timestamp, escape};
use crate::driver::{DriveError, Driver, Observer, Stop, drive};
use crate::engine::event::{Body, Event, RunOpened, Verdict};
use crate::engine::{Engine, Status};
use crate::journal::{Journal, JournalError, RunDir, head_trouble, is_headless, peek};
use crate::kinds;
use crate::port::{Clock, Committed, Disk, Log};
use crate::report::{RunHistory, quoted};
use crate::runbook::plan::Plan;
use crate::runbook::{Inputs, recompile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest pinned runbook, in bytes.
const PLAN_LIMIT: u64 = 16 << 20;

/// How to go on where a trail cannot be written.
const ELSEWHERE: &str =
    "or write the whole trail elsewhere: add `--audit-dir DIR` to this and every later command on the run";

/// A run with everything it needs.
pub(super) struct Session {
    pub(super) engine: Engine,
    pub(super) journal: SecretFilter,
    pub(super) dir: RunDir,
    pub(super) environment: Environment,
    pub(super) audit_dir: PathBuf,
    /// What it turns out to change.
    pub(super) subjects: OnTheWay,
    /// What has happened so far.
    pub(super) story: RunHistory,
}

/// A run as its journal tells it, read without taking it over.
pub(super) struct LoadedRun {
    pub(super) facts: RunOpened,
    pub(super) engine: Engine,
    pub(super) world: Target,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    /// The figures of the end, once it is closed.
    pub(super) summary: Map,
    pub(super) events: Vec<(u64, Event)>,
    /// What is wrong with `journal.head`; the journal itself is sound.
    pub(super) trouble: Option<String>,
}

/// A run that this process holds.
pub(super) struct Taken {
    pub(super) engine: Engine,
    pub(super) story: RunHistory,
    pub(super) journal: Journal,
    pub(super) last_at: Timestamp,
    /// The figures of the end, where it is closed.
    pub(super) summary: Map,
}

impl LoadedRun {
    /// The time now by the run's clock, whose last record is of `last_at`. The time of a twin in the run's own process
    /// stands still while no process drives the run; a twin in another process is asked for its time.
    pub(super) fn now(&self, last_at: Timestamp) -> Result<Moment, Failure> {
        Ok(match &self.world {
            Target::Real => SystemClock::new().moment(),
            Target::Embedded { .. } => last_at.into(),
            Target::Running { ready, .. } => {
                let ready = ready.as_ref().map_err(Failure::clone)?;
                remote_now(ready)?.max(last_at).into()
            }
        })
    }

    /// The same; the time of the last record where the twin does not answer.
    pub(super) fn now_or_last(&self, last_at: Timestamp) -> Moment {
        self.now(last_at).unwrap_or_else(|_| last_at.into())
    }
}

/// Reads a run without taking it over.
pub(super) fn recall(dir: &RunDir) -> Result<LoadedRun, Failure> {
    if let Some(run) = copy_of(dir) {
        // Two directories would write one trail, and the name of everything the run makes follows from its id.
        let message = format!("{} is a copy of run {}", dir.path().display(), escape(&run));
        return Err(Failure::new(FailureKind::Usage, message)
            .hint("move it out of `runs`; or, if it is all that is left of that run, rename it back"));
    }
    let peeked = peek(&RealDisk, dir).map_err(|error| journal_failure(&error))?;
    let events = peeked.events;
    let Some((_, Event { body: Body::RunOpened(facts), at: first_at, .. })) = events.first() else {
        return Err(Failure::new(FailureKind::Damaged, format!("{} does not begin with a run", dir.path().display())));
    };
    let (facts, first_at) = (facts.clone(), *first_at);
    let plan = pinned(dir, &facts)?;
    let last_at = events.last().map_or(first_at, |(_, event)| event.at);
    let engine = replay(plan, events.iter().map(|(_, event)| event.clone()))?;
    let summary = summary(&events);
    let world = Target::recall(facts.twin.as_ref()).map_err(|failure| {
        let place = format!("that is the world of the run in {}", dir.path().display());
        if failure.kind == FailureKind::Damaged { failure.hint(place) } else { failure }
    })?;
    let trouble = head_trouble(&RealDisk, dir);
    Ok(LoadedRun { facts, engine, world, first_at, last_at, summary, events, trouble })
}

/// That the trail of a run is a copy of it, elsewhere, with nothing that the run itself has lost: to go on would take
/// that from the trail too.
pub(super) fn require_trail(paths: &Paths, dir: &RunDir, loaded: &LoadedRun) -> Result<(), Failure> {
    let folder = paths.trail_of(&loaded.facts);
    paths.require_apart(&folder)?;
    let Some(ahead) = trail::ahead(dir, &folder, is_headless(&RealDisk, dir)) else { return Ok(()) };
    let message = format!("the journal in {} is missing records that its trail has", dir.path().display());
    let failure = Failure::new(FailureKind::Damaged, message);
    let failure = loaded.trouble.iter().fold(failure, |failure, trouble| Failure {
        causes: failure.causes.iter().cloned().chain([trouble.clone()]).collect(),
        ..failure
    });
    Err(failure
        .hint(format!("nothing was changed; {ahead}"))
        .hint(format!(
            "back up both directories, then restore the journal: cp {}/journal.*.jsonl {}/",
            quoted(&folder.to_string_lossy()),
            quoted(&dir.path().to_string_lossy())
        ))
        .hint("if the trail is wrong instead, move it away: it is written again"))
}

/// The figures of the end of a run that is closed.
fn summary(events: &[(u64, Event)]) -> Map {
    let closed = events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::RunClosed { summary, .. } => Some(summary.clone()),
        _ => None,
    });
    closed.unwrap_or_default()
}

/// Takes a run over: no other process works on it from now on.
pub(super) fn take_over(dir: &RunDir, loaded: &LoadedRun) -> Result<Taken, Failure> {
    let clock = loaded.world.clock(Some(loaded.last_at));
    let holder = host::holder(clock.now());
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let open = || Journal::open(&disk, &clock, dir, &holder);
    let opened = patiently(|| match open() {
        Err(JournalError::Held { .. }) => None,
        other => Some(other),
    });
    let opened = opened.unwrap_or_else(open).map_err(|error| journal_failure(&error))?;
    let last_at = opened.events.last().map_or(loaded.last_at, |(_, event)| event.at);
    let plan = Arc::clone(loaded.engine.plan());
    let story = RunHistory::of(opened.events.iter().map(|(_, event)| event));
    let summary = summary(&opened.events);
    let engine = replay(plan, opened.events.into_iter().map(|(_, event)| event))?;
    Ok(Taken { engine, story, journal: opened.journal, last_at, summary })
}

/// Checks and applies an event of the beginning.
pub(super) fn take(engine: &mut Engine, event: Event) -> Result<(), Failure> {
    let admitted = engine.admit(event).map_err(|refusal| bug(&refusal))?;
    engine.apply(admitted);
    Ok(())
}

/// Completes the trail of a closed run whose process died before it had told the end; nothing else happens.
pub(super) fn finish(paths: &Paths, dir: &RunDir, loaded: &LoadedRun, verdict: Verdict) -> Result<Ended, Failure> {
    let taken = take_over(dir, loaded)?;
    conclude(paths, dir, loaded, taken, verdict)
}

/// The same for a run that this process has taken over and found closed.
pub(super) fn conclude(
    paths: &Paths,
    dir: &RunDir,
    loaded: &LoadedRun,
    taken: Taken,
    verdict: Verdict,
) -> Result<Ended, Failure> {
    let Taken { engine, story, journal, summary, .. } = taken;
    let audit_dir = paths.trail_of(&loaded.facts);
    let trail = Trail::open(dir, audit_dir.clone(), story).and_then(|mut trail| {
        trail.refresh(&engine)?;
        Ok(trail)
    });
    let trail = trail.map_err(|error| no_trail(&audit_dir, &loaded.facts.run, &error))?;
    let mut ended = Ended::new(&engine, journal, Stop::Closed(verdict), audit_dir, summary, trail.span());
    ended.trouble.clone_from(&loaded.trouble);
    ended.audit_moved = paths.is_trail_moved(&loaded.facts);
    Ok(ended)
}

/// A trail that cannot be written stops the run until it is mended, or written elsewhere.
pub(super) fn no_trail(audit_dir: &Path, run: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Storage, format!("cannot write the trail in {}", audit_dir.display()))
        .because(error)
        .hint(format!("nothing more was sent; fix it, then `surefoot resume {run}`"))
        .hint(ELSEWHERE)
}

impl Session {
    /// Records what begins the session, then drives the run until it ends or needs somebody.
    pub(super) async fn drive(mut self, first: Vec<Body>, frontend: Frontend) -> Result<Ended, Failure> {
        let Frontend { mut watch, stop, .. } = frontend;
        self.learn();
        let is_taken_over = first.iter().any(|body| matches!(body, Body::SessionOpened(_)));
        let committed = self.begin(first, &mut watch)?;
        let met_in_doubt = self.engine.doubts();
        let story = std::mem::take(&mut self.story);
        let trail = Trail::open(&self.dir, self.audit_dir.clone(), story);
        let mut trail = trail.map_err(|error| self.no_trail(&error))?;
        if is_taken_over {
            // What an earlier process could not tell any more.
            trail.refresh(&self.engine).map_err(|error| self.no_trail(&error))?;
        }
        if let Err(failure) = self.subjects.look(&self.engine) {
            self.journal.into_journal().leave();
            return Err(failure);
        }
        let mut watcher = Watcher { watch, summary: Map::new() };
        let driven = {
            let driver = Driver {
                engine: &mut self.engine,
                log: &mut self.journal,
                clock: Arc::clone(&self.environment.context.ports.clock),
                performer: &self.environment.context,
                observers: &mut [&mut trail, &mut watcher, &mut self.subjects],
                committed,
            };
            drive(driver, stop).await
        };
        let stop = match (driven, self.subjects.refused.take()) {
            (Ok(stop), _) => stop,
            (Err(DriveError::Observer(_)), Some(refused)) => {
                self.journal.into_journal().leave();
                return Err(refused);
            }
            (Err(error), _) => return Err(self.stopped(&error)),
        };
        trail.refresh(&self.engine).map_err(|error| self.no_trail(&error))?;
        let journal = self.journal.into_journal();
        let mut ended = Ended::new(&self.engine, journal, stop, self.audit_dir, watcher.summary, trail.span());
        ended.met_in_doubt = met_in_doubt;
        Ok(ended)
    }

    /// Opens what earlier processes have sealed, as far as that can be done here, so that the net knows it.
    fn learn(&self) {
        let context = &self.environment.context;
        for (_, sealed) in self.engine.steps().iter().filter_map(|state| state.history.password()) {
            context.vault.learn(&sealed, &*context.ports.sealer);
        }
    }

    /// Makes the first events of the session durable; this proves that the disk takes writes now.
    fn begin(&mut self, first: Vec<Body>, watch: &mut Watch) -> Result<Committed, Failure> {
        let Moment { at, mono_ms } = self.environment.context.ports.clock.moment();
        let actor = self.environment.context.run.actor.clone();
        let mut batch = Vec::new();
        for body in first {
            let event = Event { at, mono_ms, actor: actor.clone(), body };
            self.may_begin_with(&event)?;
            take(&mut self.engine, event.clone())?;
            self.story.hear(&event);
            batch.push(event);
        }
        let committed = self.journal.commit(&batch).map_err(|error| self.stopped(&error.into()))?;
        watch(&self.engine, &batch);
        Ok(committed)
    }

    /// A change is a wish, which may come at the wrong time; everything else of a beginning is our own doing.
    fn may_begin_with(&self, event: &Event) -> Result<(), Failure> {
        let Body::StepChanged { step, set } = &event.body else { return Ok(()) };
        let Err(refusal) = self.engine.admit(event.clone()) else { return Ok(()) };
        let run = &self.environment.context.run.id;
        let names = set.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let failure = Failure::new(FailureKind::Usage, format!("{names} of `{step}` cannot be changed now"));
        let index = self.engine.plan().index_of(step);
        Err(match index.and_then(|index| self.engine.steps().get(index)).map(|state| &state.status) {
            Some(Status::Blocked) => {
                failure.hint(format!("it has not started; `surefoot status {run}` shows what it waits for"))
            }
            Some(Status::Ready | Status::Held { .. }) => {
                failure.hint("a request with the old value was never answered and may still take effect").hint(format!(
                    "`surefoot resume {run}` looks again; or record its outcome: `surefoot resolve {run} {step} \
                     applied --because TEXT` or `surefoot resolve {run} {step} not-applied --because TEXT`"
                ))
            }
            _ => failure.hint(format!("that came {}", refusal.place)),
        })
    }

    fn stopped(&self, error: &DriveError) -> Failure {
        let failure = self.reason(error);
        let state_dir = self.dir.path().ancestors().nth(2);
        match (error, state_dir) {
            (DriveError::Poisoned { rescued, .. }, Some(state_dir)) => rescue::tell(failure, rescued, state_dir),
            _ => failure,
        }
    }

    fn reason(&self, error: &DriveError) -> Failure {
        let run = &self.environment.context.run.id;
        if let Some(caught) = self.journal.caught() {
            return Failure::new(FailureKind::Person, "a secret was about to be recorded in clear text")
                .hint(format!("{caught}; it was not recorded, and nothing more was sent"))
                .hint(format!("find out what repeats it there; `surefoot resume {run}` tries again"));
        }
        match error {
            DriveError::Refused(refusal) => bug(refusal),
            DriveError::Poisoned { .. } | DriveError::Observer(_) => {
                let failure = Failure::new(FailureKind::Storage, error.to_string())
                    .hint(format!("nothing more was sent; fix the disk, then `surefoot resume {run}`"));
                if matches!(error, DriveError::Observer(_)) { failure.hint(ELSEWHERE) } else { failure }
            }
        }
    }

    fn no_trail(&self, error: &std::io::Error) -> Failure {
        no_trail(&self.audit_dir, &self.environment.context.run.id, error)
    }
}

/// Hands every batch on, and keeps the figures of the end.
struct Watcher {
    watch: Watch,
    summary: Map,
}

impl Observer for Watcher {
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String> {
        for event in events {
            if let Body::RunClosed { summary, .. } = &event.body {
                self.summary.clone_from(summary);
            }
        }
        (self.watch)(engine, events);
        Ok(())
    }
}

/// The plan of a run, from the runbook pinned in its directory.
fn pinned(dir: &RunDir, facts: &RunOpened) -> Result<Arc<Plan>, Failure> {
    let path = dir.plan();
    let bytes = read_kept(&path, PLAN_LIMIT, "pinned runbook").map_err(|failure| {
        let hint = "restore the original plan.yaml; it is stored there when the run starts";
        Failure { kind: FailureKind::Damaged, hints: vec![hint.to_owned()], ..failure }
    })?;
    // Files are found from where the runbook was, and named as they were named then.
    let (pinned, name) = (Pinned::of(dir, facts), facts.runbooks.first().map_or("plan.yaml", |(name, _)| name));
    let discovered = pinned.discovered();
    let mut options = pinned.options();
    if let Some(discovered) = &discovered {
        options = options.discovered(discovered);
    }
    let plan = recompile(options, name, &bytes, Inputs::Given(&facts.inputs)).map_err(|diagnostics| {
        pinned.failure().unwrap_or_else(|| {
            Failure::new(FailureKind::Damaged, format!("the runbook pinned in {} is not valid", dir.path().display()))
                .hint(diagnostics.render(false))
        })
    })?;
    if plan.digest != facts.plan_digest {
        return Err(Failure::new(
            FailureKind::Damaged,
            format!("the runbook pinned in {} is not the one the run started with", dir.path().display()),
        )
        .hint("restore the original plan.yaml; an edited runbook needs a new run"));
    }
    Ok(Arc::new(plan))
}

fn replay(plan: Arc<Plan>, events: impl IntoIterator<Item = Event>) -> Result<Engine, Failure> {
    Engine::replay(plan, kinds::protocol, events).map_err(|refusal| {
        Failure::new(FailureKind::Damaged, "the journal records something impossible")
            .because(&refusal)
            .hint("copy the run directory to a place outside of `runs` and report it")
    })
}

fn bug(error: &dyn std::error::Error) -> Failure {
    Failure::new(FailureKind::Internal, "surefoot reached an inconsistent state")
        .because(error)
        .hint("nothing more was sent; please report it with the run directory")
}
