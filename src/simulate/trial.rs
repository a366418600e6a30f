//! One trial: a run from its birth to its end, through all its faults and conditions.

use super::assumption::Broken;
use super::checks;
use super::condition::Condition;
use super::disk::Loss;
use super::ending::{End, Ending};
use super::fault::Port;
use super::fault_injector::Fired;
use super::harness::Harness;
use super::process::{self, LifeError, Process};
use super::secret_scan::Sightings;
use super::sim_config::SimConfig;
use super::sim_network::SimNetwork;
use super::time::{self, Lived};
use super::workload::Workload;
use crate::base::{SecretScanner, with_flaw};
use crate::driver::{DriveError, Observer, Stop};
use crate::engine::event::{Body, Event, Verdict};
use crate::engine::{Engine, Phase};
use crate::journal::JournalError;
use crate::port::Async;
use crate::twin::{FaultSpec, ScenarioError};
use futures_util::future;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

/// After this many processes no more faults are injected: the run has to end now.
const STORMY_LIVES: u32 = 24;
/// After so many processes a run that has not come to its end waits for a person who cannot help.
const LIVES_MAX: u32 = 36;
/// The same after so many processes in a row that were held alike, with nothing left that anybody will do; no
/// fault is injected into the second half of them.
const VAIN: u32 = 6;
/// A process that waited for so long before it was held has tried as much as half of them.
const LONG: Duration = Duration::from_hours(1);

/// What a trial came to.
#[derive(Clone, Debug)]
pub struct TrialResult {
    /// How it ended.
    pub ending: Ending,
    /// Why it failed or is held, where it did either.
    pub why: Option<String>,
    /// What must never be and was seen; empty where all is well.
    pub violations: Vec<String>,
    /// What the run assumes, and is not so in this world.
    pub broken: Option<Broken>,
    /// How many processes it took.
    pub lives: u32,
    /// How many of them left it to a person, held.
    pub held: u32,
    /// How many of them died.
    pub crashes: u32,
    /// How many calls of ports there were.
    pub calls: u64,
    /// The calls by port.
    pub calls_of: BTreeMap<Port, u64>,
    /// Its faults and conditions, in order.
    pub fired: Vec<Fired>,
    /// What it went through besides.
    pub conditions: Vec<Condition>,
    /// The faults of the scenario that no request met, as they are written there.
    pub unmet: Vec<String>,
    /// How long it took, by the clock of the world.
    pub span: Duration,
    /// How long each step with an effect took.
    pub took: BTreeMap<String, Duration>,
    /// The journal as it is at the end.
    pub journal: Vec<u8>,
}

/// Runs a trial.
pub fn rehearse(workload: &Workload, config: &SimConfig) -> Result<TrialResult, ScenarioError> {
    let stage = Harness::set(workload, config)?;
    Ok(with_flaw(config.flaw, || Trial(stage).play()))
}

/// The outcome of one process.
enum Fared {
    Over(Verdict),
    /// It waits for a person.
    Waits(Held),
    /// The operator has recorded something, or interrupted it.
    Left,
    Died,
    Broke(String),
    Wrong(String),
}

/// What a trial knows of itself when it has ended.
struct Ended {
    ending: Ending,
    lives: u32,
    held: u32,
    crashes: u32,
    sightings: Sightings,
    violations: Vec<String>,
}

/// A trial under way.
struct Trial(Harness);

impl Trial {
    fn play(self) -> TrialResult {
        let (mut lives, mut crashes, mut is_held, mut held) = (0, 0, false, 0);
        let mut vain = StallDetector::default();
        let mut violations = Vec::new();
        let mut sightings = Sightings::default();
        let ending = loop {
            lives += 1;
            if lives > STORMY_LIVES {
                self.0.injector.calm_down();
            }
            let began = self.0.time.world();
            let fared = self.errand(lives, is_held).unwrap_or_else(|| self.life(lives));
            is_held = matches!(fared, Fared::Waits(_));
            held += u32::from(matches!(&fared, Fared::Waits(left) if !left.reasons.is_empty()));
            if matches!(fared, Fared::Waits(_)) && self.0.sim().is_open_since(began) {
                self.0.sim().recover();
            }
            match fared {
                Fared::Over(Verdict::Done) => break Ending::Done,
                Fared::Over(Verdict::Failed) => break Ending::Failed,
                Fared::Over(Verdict::Cancelled) => break Ending::Cancelled,
                Fared::Wrong(why) => {
                    violations.push(why);
                    break Ending::NeedsOperator;
                }
                _ if lives == LIVES_MAX => break Ending::NeedsOperator,
                Fared::Waits(Held { reasons, orphans }) => {
                    self.0.sim().delete(&orphans, self.0.time.world());
                    let is_long = self.0.time.world().since(began) >= LONG;
                    let weight = if is_long { VAIN / 2 } else { 1 };
                    match vain.count(reasons, weight, self.0.sim().next_due().is_some()) {
                        VAIN.. => break Ending::NeedsOperator,
                        count if count >= VAIN / 2 => self.0.injector.calm_down(),
                        _ => {}
                    }
                    self.0.mend();
                    self.rest(60, 1200, lives);
                }
                Fared::Left => self.rest(1, 600, lives),
                Fared::Broke(why) => {
                    self.0.shown.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                    self.0.disk.heal();
                    self.rest(30, 600, lives);
                }
                Fared::Died => {
                    crashes += 1;
                    sightings.look(&SecretScanner::of(&self.0.sim().secrets), &self.0.disk);
                    self.0.disk.heal();
                    let loss = self.0.injector.revive().unwrap_or(Loss::Everything);
                    self.0.disk.lose_power(loss);
                    // Where every byte is kept only the process was killed, and programs outlive it.
                    if loss != Loss::Nothing {
                        self.0.sim().machine.lose_power(self.0.time.world());
                    }
                    self.rest(1, 300, lives);
                }
            }
        };
        self.end(Ended { ending, lives, held, crashes, sightings, violations })
    }

    /// Looks at what there is when it has ended.
    fn end(self, ended: Ended) -> TrialResult {
        let Ended { ending, lives, held, crashes, mut sightings, mut violations } = ended;
        let span = self.0.time.world().since(self.0.start);
        let scanner = SecretScanner::of(&self.0.sim().secrets);
        sightings.look_at_all(&scanner, &self.0.disk);
        self.0.disk.heal();
        self.0.disk.lose_power(Loss::Everything);
        let shown = std::mem::take(&mut *self.0.shown.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sim = self.0.sim();
        let is_slow = sim.met.contains(&Condition::ServiceSlow);
        let is_quiet = self.0.injector.fired().is_empty() && !sim.was_troubled && !is_slow;
        let (workload, disk, now) = (&self.0.workload, &self.0.disk, self.0.time.world());
        let is_set_back = self.0.time.was_set_back();
        let (shown, scanner, sightings) = (&shown[..], &scanner, &sightings);
        let end = End { workload, disk, now, ending, shown, is_quiet, is_set_back, scanner, sightings };
        violations.append(&mut sim.violations);
        let judgement = checks::check(&end, &mut sim);
        violations.extend(judgement.wrong);
        let conditions = std::mem::take(&mut sim.met);
        let written = |fault: &FaultSpec| serde_json::to_string(fault).unwrap_or_default();
        let unmet = sim.world.unmet_faults().map(written).collect();
        drop(sim);
        TrialResult {
            ending,
            why: judgement.why,
            violations,
            broken: judgement.broken,
            lives,
            held,
            crashes,
            calls: self.0.injector.calls(),
            calls_of: self.0.injector.calls_of(),
            fired: self.0.injector.fired(),
            conditions,
            unmet,
            span,
            took: judgement.took,
            journal: SimNetwork::with_durable_journal(&self.0.disk, process::run_dir().path(), |segments| {
                segments.collect::<Vec<_>>().concat()
            }),
        }
    }

    /// Nobody resumes at once.
    fn rest(&self, least: u64, most: u64, number: u32) {
        let secs = self.0.rng.roll("rest", u64::from(number)).between(least, most);
        time::rest(Duration::from_secs(secs), &self.0.time, &self.0.sim);
    }

    /// What the operator comes for before a process, if there is anything.
    fn errand(&self, number: u32, is_held: bool) -> Option<Fared> {
        let errand = self.0.habits.errand(number, is_held).filter(|_| !self.0.injector.is_calm())?;
        let context = self.0.context();
        let (workload, injector, rng) = (&self.0.workload, &*self.0.injector, self.0.rng);
        let life = Process { workload, context: &context, injector, rng, number, stop: never() };
        let word = |engine: &Engine| {
            let mut sim = self.0.sim();
            // Whoever comes has looked.
            sim.machine.look(self.0.time.world());
            let word = errand.word(engine, &sim)?;
            Some(word).filter(|_| sim.meet(errand.condition()))
        };
        let lived = time::live(async { life.amend(word) }, &self.0.time, &self.0.sim, &self.0.injector);
        self.0.time.forget_all();
        match lived {
            Lived::Ended(Ok(false)) => None,
            Lived::Ended(Ok(true)) => Some(Fared::Left),
            Lived::Ended(Err(error)) => Some(broken(&error)),
            _ => Some(Fared::Died),
        }
    }

    /// When the operator interrupts a process.
    fn interruption(&self, number: u32) -> Async<'_, ()> {
        match self.0.habits.interrupts(number).filter(|_| !self.0.injector.is_calm()) {
            Some(span) if !self.0.sim().is_spared(Condition::Interrupted) => Box::pin(async move {
                self.0.time.pass(span).await;
                self.0.sim().meet(Condition::Interrupted);
            }),
            _ => never(),
        }
    }

    fn life(&self, number: u32) -> Fared {
        self.0.sim().witness.begin();
        let context = self.0.context();
        let stop = self.interruption(number);
        let (workload, injector, rng) = (&self.0.workload, &*self.0.injector, self.0.rng);
        let life = Process { workload, context: &context, injector, rng, number, stop };
        let mut watch = Watch::of(&self.0, number);
        let lived = time::live(life.live(&mut watch), &self.0.time, &self.0.sim, &self.0.injector);
        self.0.time.forget_all();
        self.0.shown.lock().unwrap_or_else(PoisonError::into_inner).append(&mut watch.pages);
        if let Some(wrong) = watch.wrong {
            return Fared::Wrong(wrong);
        }
        match lived {
            Lived::Died => Fared::Died,
            Lived::Stuck => Fared::Wrong("I9: it waits for something that can never happen".to_owned()),
            Lived::Circling => Fared::Wrong("I9: it goes round in circles".to_owned()),
            Lived::Ended(Ok(Stop::Closed(verdict))) => Fared::Over(verdict),
            Lived::Ended(Ok(Stop::Waiting)) => Fared::Waits(watch.held),
            Lived::Ended(Ok(Stop::Interrupted)) => Fared::Left,
            Lived::Ended(Err(error)) => broken(&error),
        }
    }
}

fn broken(error: &LifeError) -> Fared {
    let text = format!("{error}: {:?}", std::error::Error::source(error).map(ToString::to_string));
    match error {
        LifeError::Refused(_) | LifeError::Drive(DriveError::Refused(_)) => {
            Fared::Wrong(format!("the engine contradicts itself: {text}"))
        }
        LifeError::Journal(JournalError::Corrupt { .. } | JournalError::Held { .. }) => {
            Fared::Wrong(format!("I8: {text}"))
        }
        _ => Fared::Broke(text),
    }
}

/// What a process has left to a person.
#[derive(Default)]
struct Held {
    /// Why its steps are held.
    reasons: Vec<String>,
    /// Those of the reasons that ask for an instance to be deleted in the console.
    orphans: Vec<String>,
}

/// Counts how often in a row a run was held for the same reasons.
#[derive(Default)]
struct StallDetector {
    reasons: Vec<String>,
    count: u32,
}

impl StallDetector {
    /// `weight`: as how many processes this one counts; `is_open`: whether somebody is yet to do something, so that it
    /// may go on otherwise.
    fn count(&mut self, reasons: Vec<String>, weight: u32, is_open: bool) -> u32 {
        self.count = if is_open || reasons != self.reasons { weight } else { self.count + weight };
        self.reasons = reasons;
        self.count
    }
}

fn never() -> Async<'static, ()> {
    Box::pin(future::pending())
}

/// Looks at the engine after every batch, as the trail is written.
struct Watch<'a> {
    stage: &'a Harness,
    number: u32,
    batches: u64,
    wrong: Option<String>,
    held: Held,
    /// What was shown whenever one was.
    pages: Vec<String>,
}

impl<'a> Watch<'a> {
    fn of(stage: &'a Harness, number: u32) -> Self {
        Self { stage, number, batches: 0, wrong: None, held: Held::default(), pages: Vec::new() }
    }
}

impl Observer for Watch<'_> {
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String> {
        let is_closed = matches!(engine.run().phase, Phase::Closed(_));
        if is_closed && engine.pending().next().is_some() {
            self.wrong = Some("I9: a closed run has something under way".to_owned());
        }
        let known = self.held.reasons.len();
        for event in events {
            if let Body::StepHeld { step, reason, remedy, .. } = &event.body {
                self.held.reasons.push(format!("{step}: {reason}"));
                self.held.orphans.extend(Some(reason.clone()).filter(|_| remedy.contains("delete it ")));
            }
        }
        if self.held.reasons.len() > known {
            self.pages.push(checks::pages(engine));
        }
        self.batches += 1;
        let fails = self.stage.habits.trail_fails(self.number, self.batches) && !self.stage.injector.is_calm();
        let mut sim = self.stage.sim();
        if fails && sim.meet(Condition::TrailFails) {
            sim.witness.end();
            return Err("the trail cannot be written".to_owned());
        }
        Ok(())
    }
}
