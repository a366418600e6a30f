//! How driving a run ended.

use super::again::again;
use super::target;
use crate::base::Map;
use crate::driver::Stop;
use crate::engine::doubt::Doubt;
use crate::engine::event::{HoldClass, RunOpened, Verdict};
use crate::engine::view::RunView;
use crate::engine::{Engine, Phase, Status};
use crate::journal::Journal;
use crate::runbook::plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How driving a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The run as it stands.
    pub view: RunView,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// The command that begins it again as a new run with the same inputs.
    pub again: String,
    /// The console of its twin, where that runs on its own.
    pub console: Option<String>,
    /// Whether its twin lives in the process that drives the run, and its console with it.
    pub console_ends: bool,
    /// Why driving ended.
    pub stop: Stop,
    /// The run directory.
    pub run_dir: PathBuf,
    /// The trail.
    pub audit_dir: PathBuf,
    /// Whether that is elsewhere than the run began with.
    pub audit_moved: bool,
    /// What was wrong with `journal.head` when this process took the run up; it is written anew.
    pub trouble: Option<String>,
    /// Figures of the end, once it is closed.
    pub summary: Map,
    /// How long the run has taken so far, by its own clock.
    pub took: Duration,
    /// What was in doubt when this process took the run up.
    pub met_in_doubt: Vec<Doubt>,
    /// The exit code (README.md, "Exit codes").
    pub exit: u8,
    /// The run stays this process's until its end was told: where it dies before, `resume` tells it.
    journal: Option<Journal>,
}

impl Ended {
    /// How `engine` stands after driving stopped with `stop`.
    pub(super) fn new(
        engine: &Engine,
        journal: Journal,
        stop: Stop,
        audit_dir: PathBuf,
        summary: Map,
        took: Duration,
    ) -> Self {
        // The process leaves: what is still in doubt waits for the next one.
        let in_doubt = engine.doubts_if_resumed(engine.run().last);
        let facts = engine.run().facts.as_ref();
        let twin = facts.and_then(|facts| facts.twin.as_ref());
        let is_moved = |facts: &RunOpened| audit_dir.parent() != Some(Path::new(&facts.audit_dir));
        Self {
            view: RunView { in_doubt, ..engine.view() },
            plan: Arc::clone(engine.plan()),
            again: facts.map(|facts| again(facts, engine.plan(), is_moved(facts))).unwrap_or_default(),
            console: target::console(twin),
            console_ends: target::lives_in_process(twin),
            stop,
            run_dir: journal.dir().path().to_owned(),
            audit_dir,
            audit_moved: false,
            trouble: None,
            summary,
            took,
            met_in_doubt: Vec::new(),
            exit: exit_code(engine),
            journal: Some(journal),
        }
    }

    /// The end was told; from now on another process may take the run over.
    pub fn release(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.leave();
        }
    }

    /// Whether the person at the terminal ended it before the run could go on.
    pub fn interrupted(&self) -> bool {
        self.stop == Stop::Interrupted
    }
}

/// The exit code of a run as it stands (README.md, "Exit codes").
pub(super) fn exit_code(engine: &Engine) -> u8 {
    match engine.run().phase {
        Phase::Closed(Verdict::Done) => return 0,
        Phase::Closed(Verdict::Failed) => return 1,
        Phase::Closed(Verdict::Cancelled) => return 5,
        _ => {}
    }
    let swept = engine.steps().iter().filter_map(|state| state.sweep_held.as_ref().map(|(_, _, class)| *class));
    let held = engine.steps().iter().filter_map(|state| match &state.status {
        Status::Held { class, .. } => Some(*class),
        _ => None,
    });
    let classes: Vec<_> = held.chain(swept).collect();
    let is_asking = engine.steps().iter().any(|state| state.history.open_question().is_some());
    if classes.contains(&HoldClass::Doubt) {
        9
    } else if is_asking
        || classes.iter().any(|one| matches!(one, HoldClass::Person | HoldClass::Check | HoldClass::Window))
        || classes.is_empty()
    {
        4
    } else {
        6
    }
}
