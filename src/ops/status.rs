//! `status` and `runs`: what the journals say, read without taking a run over.

use super::ended::exit_code;
use super::failure::Failure;
use super::paths::{Paths, copy_of};
use super::patience::patiently;
use super::{again, session, target};
use crate::adapter::disk::RealDisk;
use crate::base::{Map, Timestamp, escape};
use crate::engine::event::Event;
use crate::engine::origin::Origin;
use crate::engine::view::RunView;
use crate::engine::{Engine, Phase};
use crate::journal::{RunDir, was_abandoned};
use crate::port::{Disk, Open};
use crate::report;
use crate::runbook::plan::Plan;
use std::path::PathBuf;
use std::sync::Arc;

/// Largest lock file that is read, in bytes.
const LOCK_LIMIT: u64 = 64 << 10;

/// A run as it stands.
#[derive(Debug)]
pub struct Status {
    /// The run.
    pub view: RunView,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// The command that begins it again as a new run with the same inputs.
    pub again: String,
    /// The console of its twin, where that runs on its own.
    pub console: Option<String>,
    /// Whether its twin lives in the process that drives the run, and its console with it.
    pub console_ends: bool,
    /// Its events with their numbers.
    pub events: Vec<(u64, Event)>,
    /// The run directory.
    pub run_dir: PathBuf,
    /// The trail.
    pub audit_dir: PathBuf,
    /// Whether that is elsewhere than the run began with.
    pub audit_moved: bool,
    /// What is wrong with `journal.head`.
    pub trouble: Option<String>,
    /// What another process that works on it says about itself.
    pub held_by: Option<String>,
    /// Whether it is closed and its process ended before anybody was told.
    pub unreported: bool,
    /// When it began.
    pub opened_at: Timestamp,
    /// When the last thing happened.
    pub last_at: Timestamp,
    /// Figures of the end, once it is closed.
    pub summary: Map,
    /// The exit code that `resume` would end with if nothing changed.
    pub exit: u8,
}

/// One line of `runs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    /// The run's id.
    pub run: String,
    /// The runbook's name.
    pub runbook: String,
    /// What it is about; nothing where it cannot be read.
    pub origin: Option<Origin>,
    /// Where it stands; or why it cannot be read.
    pub phase: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When the last thing happened.
    pub last_at: Timestamp,
    /// How many steps are done or skipped.
    pub steps_done: usize,
    /// How many steps there are.
    pub steps: usize,
    /// What a process that works on it says about itself.
    pub held_by: Option<String>,
    /// Whether it is closed and its process ended before anybody was told.
    pub unreported: bool,
}

impl RunLine {
    /// The line of a directory that shows no run.
    fn unread(run: String, phase: String) -> Self {
        let (opened_at, last_at) = (Timestamp::default(), Timestamp::default());
        Self {
            run,
            runbook: String::new(),
            origin: None,
            phase,
            opened_at,
            last_at,
            steps_done: 0,
            steps: 0,
            held_by: None,
            unreported: false,
        }
    }
}

/// A run; where none is named the one that was worked on last, an unfinished one before those that are closed.
pub fn status(paths: &Paths, run: Option<&str>) -> Result<Status, Failure> {
    let paths = paths.absolute();
    let dir = match run {
        Some(id) => paths.run(id)?,
        None => last(&paths)?.ok_or_else(|| {
            Failure::new(
                super::failure::FailureKind::Usage,
                format!("there is no run in {}", paths.state_dir.display()),
            )
            .hint("start one with `surefoot run RUNBOOK`")
        })?,
    };
    status_of(&paths, &dir)
}

/// All runs, the one that was worked on last at the end.
pub fn runs(paths: &Paths) -> Result<Vec<RunLine>, Failure> {
    let paths = paths.absolute();
    let mut lines = Vec::new();
    for (run, dir) in paths.runs_by_age()? {
        if let Some(original) = copy_of(&dir) {
            let phase = format!("a copy of {}, not a run: move it out of runs", escape(&original));
            lines.push(RunLine::unread(run, phase));
            continue;
        }
        lines.push(match session::recall(&dir) {
            Ok(loaded) => {
                let engine = &loaded.engine;
                let held_by = holder(&dir);
                let asks = engine.steps().iter().any(|state| state.history.open_question().is_some());
                let view = if held_by.is_none() && asks { left(&loaded) } else { engine.view() };
                RunLine {
                    run,
                    runbook: engine.plan().name.clone(),
                    origin: Some(Origin::of(&loaded.facts)),
                    phase: phase_of(&view, engine, held_by.as_deref()),
                    opened_at: loaded.first_at,
                    last_at: loaded.last_at,
                    steps_done: view.steps_done(),
                    steps: view.steps_planned(),
                    unreported: is_unreported(engine, &dir),
                    held_by,
                }
            }
            Err(failure) => RunLine::unread(run, format!("unreadable: {}", failure.message)),
        });
    }
    Ok(lines)
}

pub(super) fn status_of(paths: &Paths, dir: &RunDir) -> Result<Status, Failure> {
    let loaded = session::recall(dir)?;
    let held_by = holder(dir);
    let view = if held_by.is_none() { left(&loaded) } else { loaded.engine.view() };
    Ok(Status {
        view,
        plan: Arc::clone(loaded.engine.plan()),
        exit: exit_code(&loaded.engine),
        again: again::again(&loaded.facts, loaded.engine.plan(), paths.is_trail_moved(&loaded.facts)),
        console: loaded.world.console(),
        console_ends: target::lives_in_process(loaded.facts.twin.as_ref()),
        events: loaded.events,
        run_dir: dir.path().to_owned(),
        audit_dir: paths.trail_of(&loaded.facts),
        audit_moved: paths.is_trail_moved(&loaded.facts),
        trouble: loaded.trouble,
        unreported: is_unreported(&loaded.engine, dir),
        held_by,
        opened_at: loaded.first_at,
        last_at: loaded.last_at,
        summary: loaded.summary,
    })
}

/// A run that no process drives, as it stands now.
fn left(loaded: &session::LoadedRun) -> RunView {
    let engine = &loaded.engine;
    let is_closed = matches!(engine.run().phase, Phase::Closed(_));
    let now = if is_closed { loaded.last_at } else { loaded.now_or_last(loaded.last_at).at };
    RunView { in_doubt: engine.doubts_if_resumed(now), ..engine.view_at(now) }
}

/// The run that was worked on last, an unfinished one before those that are closed.
fn last(paths: &Paths) -> Result<Option<RunDir>, Failure> {
    let mut runs = paths.runs_by_age()?;
    runs.retain(|(_, dir)| copy_of(dir).is_none());
    let is_open = |dir: &RunDir| {
        let is_closed = |engine: &Engine| matches!(engine.run().phase, Phase::Closed(_)) && !is_unreported(engine, dir);
        session::recall(dir).is_ok_and(|loaded| !is_closed(&loaded.engine))
    };
    let open = runs.iter().rev().map(|(_, dir)| dir).find(|dir| is_open(dir)).cloned();
    Ok(open.or_else(|| runs.pop().map(|(_, dir)| dir)))
}

/// Where a run stands, in words.
fn phase_of(view: &RunView, engine: &Engine, held_by: Option<&str>) -> String {
    let state = report::run_state(view, held_by);
    match (state, exit_code(engine)) {
        ("held", 9) => "in doubt".to_owned(),
        ("held", 6) => "service unavailable".to_owned(),
        _ => state.to_owned(),
    }
}

/// Whether a run is closed and the process that closed it ended before it had told so.
pub(super) fn is_unreported(engine: &Engine, dir: &RunDir) -> bool {
    let is_left = || RealDisk.stat(&dir.lock()).is_ok_and(|lock| lock.len == 0);
    matches!(engine.run().phase, Phase::Closed(_))
        && !is_left()
        && patiently(|| was_abandoned(&RealDisk, dir).then_some(())).is_some()
}

/// What the process that holds a run says about itself; nothing where no process does.
pub(super) fn holder(dir: &RunDir) -> Option<String> {
    let path = dir.lock();
    let mut file = RealDisk.open(&path, Open::Write).ok()?;
    if file.try_lock().ok()? {
        return None;
    }
    let bytes = RealDisk.read(&path, LOCK_LIMIT).unwrap_or_default();
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}
