//! One run as a test of the runbook lays it down: a world, what the operator answers and does, and what happens at
//! which step. Nothing else happens.

use super::case_script::{Action, CaseScript};
use super::checks;
use super::condition::Condition;
use super::disk::Loss;
use super::ending::{End, Ending};
use super::fault_injector::Odds;
use super::harness::Harness;
use super::process::{self, LifeError, Process};
use super::secret_scan::Sightings;
use super::sim_config::SimConfig;
use super::time::{self, Lived};
use super::workload::Workload;
use crate::base::SecretScanner;
use crate::driver::{Observer, Stop};
use crate::engine::event::{Body, Event, Verdict};
use crate::engine::{Engine, Phase};
use crate::journal::peek;
use crate::kinds;
use crate::twin::{FaultSpec, ScenarioError};
use futures_util::future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// More processes than this are no test: each crash of a case is written out.
const LIVES_MAX: u32 = 100;
/// How long it takes until somebody resumes what died.
const REST: Duration = Duration::from_mins(1);

/// What a run came to.
#[derive(Debug)]
pub struct CaseResult {
    /// The run as its journal tells it; none where it was never begun.
    pub engine: Option<Engine>,
    /// Its records, by number.
    pub events: Vec<(u64, Event)>,
    /// What nothing in the scenario answers; none of it took place.
    pub unanswered: Vec<String>,
    /// The faults of the scenario that no request met.
    pub unmet: Vec<FaultSpec>,
    /// The places of the faults of steps that no call met.
    pub unmet_at_steps: Vec<usize>,
    /// What must never be and was seen (docs/rehearsals.md, "Promises").
    pub violations: Vec<String>,
    /// Why the run could not be driven on, or an operator not do what is laid down.
    pub problem: Option<String>,
    /// How long it took, by the clock of the world.
    pub span: Duration,
}

/// Runs a runbook as a test lays it down.
pub fn play(workload: &Workload, script: CaseScript) -> Result<CaseResult, ScenarioError> {
    let config = SimConfig {
        odds: Some(Odds::default()),
        spared: Condition::ALL.into_iter().collect(),
        script: Some(script),
        ..SimConfig::default()
    };
    let stage = Harness::set(workload, &config)?;
    stage.injector.calm_down();
    Ok(Case { stage, sightings: Sightings::default(), lives: 0 }.play())
}

/// A run under way.
struct Case {
    stage: Harness,
    sightings: Sightings,
    lives: u32,
}

impl Case {
    fn play(mut self) -> CaseResult {
        let script = Arc::clone(&self.stage.script);
        let mut played = self.drive();
        for action in &script.actions {
            if played.is_err() {
                break;
            }
            played = self.act(action);
        }
        self.end(played.err())
    }

    /// Drives the run until it ends or is left to somebody. What dies is resumed.
    fn drive(&mut self) -> Result<(), String> {
        loop {
            self.lives += 1;
            if self.lives > LIVES_MAX {
                return Err(format!("the run did not end within {LIVES_MAX} processes"));
            }
            self.stage.sim().witness.begin();
            let context = self.stage.context();
            let life = self.process(&context);
            let lived = time::live(life.live(&mut Nobody), &self.stage.time, &self.stage.sim, &self.stage.injector);
            self.stage.time.forget_all();
            match lived {
                Lived::Ended(Ok(Stop::Closed(_) | Stop::Waiting | Stop::Interrupted)) => return Ok(()),
                Lived::Ended(Err(error)) => return Err(told(&error)),
                Lived::Stuck => return Err("the run waits for something that can never happen".to_owned()),
                Lived::Circling => return Err("the run goes round in circles".to_owned()),
                Lived::Died => self.bury(),
            }
        }
    }

    /// The power goes; somebody resumes the run after a while.
    fn bury(&mut self) {
        self.sightings.look(&SecretScanner::of(&self.stage.sim().secrets), &self.stage.disk);
        let loss = self.stage.injector.revive().unwrap_or(Loss::Everything);
        self.stage.disk.lose_power(loss);
        // Where every byte is kept only the process was killed, and programs outlive it.
        if loss != Loss::Nothing {
            self.stage.sim().machine.lose_power(self.stage.time.world());
        }
        self.rest(REST);
    }

    fn rest(&self, span: Duration) {
        time::rest(span, &self.stage.time, &self.stage.sim);
    }

    fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Resume => {
                self.stage.mend();
                self.drive()
            }
            Action::Wait(span) => {
                self.rest(*span);
                Ok(())
            }
            Action::Cancel => {
                self.record("the run cannot be cancelled any more", |engine| {
                    engine.may_cancel().then_some(Body::RunCancelAsked)
                })?;
                self.drive()
            }
            Action::Resolve { step, applied } => {
                let because = "a test says so".to_owned();
                let body = Body::OperatorResolved { step: step.clone(), applied: *applied, because };
                self.record(&format!("no effect of `{step}` is in doubt"), |engine| {
                    let place = engine.plan().index_of(step);
                    let state = place.and_then(|place| engine.steps().get(place));
                    state.is_some_and(crate::engine::StepState::may_be_resolved).then_some(body)
                })
            }
        }
    }

    /// Records one thing that an operator says; `otherwise` where it cannot be said.
    fn record(&mut self, otherwise: &str, decide: impl FnOnce(&Engine) -> Option<Body>) -> Result<(), String> {
        self.lives += 1;
        let context = self.stage.context();
        let life = self.process(&context);
        let recorded =
            time::live(async { life.amend(decide) }, &self.stage.time, &self.stage.sim, &self.stage.injector);
        self.stage.time.forget_all();
        match recorded {
            Lived::Ended(Ok(true)) => Ok(()),
            Lived::Ended(Ok(false)) => Err(otherwise.to_owned()),
            Lived::Ended(Err(error)) => Err(told(&error)),
            _ => Err("what the operator says could not be recorded".to_owned()),
        }
    }

    fn process<'a>(&'a self, context: &'a kinds::Context) -> Process<'a> {
        let (workload, injector, rng) = (&self.stage.workload, &*self.stage.injector, self.stage.rng);
        Process { workload, context, injector, rng, number: self.lives, stop: Box::pin(future::pending()) }
    }

    fn end(mut self, problem: Option<String>) -> CaseResult {
        let stage = &self.stage;
        let span = stage.time.world().since(stage.start);
        let scanner = SecretScanner::of(&stage.sim().secrets);
        self.sightings.look_at_all(&scanner, &stage.disk);
        stage.disk.lose_power(Loss::Everything);
        let events = peek(&stage.disk, &process::run_dir()).map(|peeked| peeked.events).unwrap_or_default();
        let engine = (!events.is_empty()).then(|| {
            let told = events.iter().map(|(_, event)| event.clone());
            Engine::replay(Arc::clone(&stage.workload.plan), kinds::protocol, told).ok()
        });
        let engine = engine.flatten();
        let shown = std::mem::take(&mut *stage.shown.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sim = stage.sim();
        let ending = match engine.as_ref().map(|engine| engine.run().phase) {
            Some(Phase::Closed(Verdict::Done)) => Ending::Done,
            Some(Phase::Closed(Verdict::Failed)) => Ending::Failed,
            Some(Phase::Closed(Verdict::Cancelled)) => Ending::Cancelled,
            _ => Ending::NeedsOperator,
        };
        let end = End {
            workload: &stage.workload,
            disk: &stage.disk,
            now: stage.time.world(),
            ending,
            shown: &shown,
            // How the run has to end is what the test says.
            is_quiet: false,
            is_set_back: stage.time.was_set_back(),
            scanner: &scanner,
            sightings: &self.sightings,
        };
        let mut violations = std::mem::take(&mut sim.violations);
        violations.extend(checks::check(&end, &mut sim).wrong);
        violations.retain(|one| !one.starts_with("I9"));
        CaseResult {
            engine,
            events,
            unanswered: sim.unanswered.iter().cloned().collect(),
            unmet: sim.world.unmet_faults().cloned().collect(),
            unmet_at_steps: stage.injector.unmet(),
            violations,
            problem,
            span,
        }
    }
}

fn told(error: &LifeError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}")
}

/// Whoever looks at a run that a test drives: the test reads the journal at its end.
struct Nobody;

impl Observer for Nobody {
    fn committed(&mut self, _engine: &Engine, _events: &[Event]) -> Result<(), String> {
        Ok(())
    }
}
