//! Many trials.

use super::assumption::Broken;
use super::disk::Loss;
use super::ending::Ending;
use super::fault::{Edge, Point};
use super::fault_injector::Odds;
use super::sim_config::SimConfig;
use super::trial::{TrialResult, rehearse};
use super::workload::Workload;
use crate::twin::ScenarioError;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// In pairs the second crash comes within so many calls of the recovery from the first (docs/rehearsals.md, "Crashes").
const PAIR_REACH: u64 = 20;
/// More failures than this are only counted.
const KEPT_MAX: usize = 5;

/// A trial in which something was wrong.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Its configuration.
    pub config: SimConfig,
    /// What it came to.
    pub result: TrialResult,
}

/// What a campaign came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many trials there were.
    pub trials: u64,
    /// How many of them had something wrong.
    pub failures: u64,
    /// The first of those, in order of their place in the campaign.
    pub failing: Vec<Failing>,
    /// In how many what the run assumes was not so.
    pub broken: u64,
    /// In how many of those an instance was created while another one of the same step was there.
    pub doubled: u64,
    /// The assumption that was the furthest from what was so.
    pub assumption: Option<Broken>,
    /// How they ended.
    pub endings: BTreeMap<Ending, u64>,
    /// Why one that ended so did, for those that failed or are held.
    pub why: BTreeMap<Ending, String>,
    /// How often what happened.
    pub met: BTreeMap<&'static str, u64>,
    /// In how many trials no request met which fault of the scenario.
    pub unmet: BTreeMap<String, u64>,
    /// How many calls of ports there were, by port.
    pub calls: BTreeMap<&'static str, u64>,
    /// How many processes there were.
    pub lives: u64,
    /// How many of them died.
    pub crashes: u64,
    /// Simulated time in all.
    pub simulated: Duration,
    /// How long each trial that was done took, by the clock of the world.
    pub spans: Vec<Duration>,
    /// How long each step with an effect took in those.
    pub step_spans: BTreeMap<String, Vec<Duration>>,
}

impl Tally {
    /// The tally of one trial without configuration.
    pub fn of(result: TrialResult) -> Self {
        let mut tally = Self::default();
        tally.take(&SimConfig::default(), result);
        tally
    }

    fn take(&mut self, config: &SimConfig, result: TrialResult) {
        self.trials += 1;
        self.lives += u64::from(result.lives);
        self.crashes += u64::from(result.crashes);
        self.simulated += result.span;
        *self.endings.entry(result.ending).or_default() += 1;
        if let (Ending::NeedsOperator | Ending::Failed, Some(why)) = (result.ending, &result.why) {
            self.explain(result.ending, why.clone());
        }
        let faults = result.fired.iter().map(|fired| fired.event.name());
        for name in faults.chain(result.conditions.iter().map(|one| one.name())) {
            *self.met.entry(name).or_default() += 1;
        }
        for fault in &result.unmet {
            *self.unmet.entry(fault.clone()).or_default() += 1;
        }
        for (port, calls) in &result.calls_of {
            *self.calls.entry(port.name()).or_default() += calls;
        }
        if result.ending == Ending::Done {
            self.spans.push(result.span);
            for (step, span) in &result.took {
                self.step_spans.entry(step.clone()).or_default().push(*span);
            }
        }
        if let Some(broken) = &result.broken {
            self.broken += 1;
            self.doubled += u64::from(broken.doubled > 0);
            self.assume(broken.clone());
        }
        if !result.violations.is_empty() {
            self.failures += 1;
            if self.failing.len() < KEPT_MAX {
                self.failing.push(Failing { config: config.clone(), result });
            }
        }
    }

    /// Keeps the first reason in the order of the alphabet: which trial was over first decides nothing.
    fn explain(&mut self, ending: Ending, why: String) {
        let known = self.why.entry(ending).or_insert_with(|| why.clone());
        if why < *known {
            *known = why;
        }
    }

    /// How many ended so.
    pub fn ended(&self, ending: Ending) -> u64 {
        self.endings.get(&ending).copied().unwrap_or_default()
    }

    /// Keeps the assumption that is the furthest from what is so; of two alike, the same whichever comes first.
    fn assume(&mut self, broken: Broken) {
        let reach = |one: &Broken| (one.lag.saturating_sub(one.assumed), one.lag, one.what, one.doubled);
        if self.assumption.as_ref().is_none_or(|known| reach(known) < reach(&broken)) {
            self.assumption = Some(broken);
        }
    }

    fn join(&mut self, other: Self) {
        self.broken += other.broken;
        self.doubled += other.doubled;
        other.assumption.into_iter().for_each(|one| self.assume(one));
        self.trials += other.trials;
        self.failures += other.failures;
        self.lives += other.lives;
        self.crashes += other.crashes;
        self.simulated += other.simulated;
        for (ending, count) in other.endings {
            *self.endings.entry(ending).or_default() += count;
        }
        other.why.into_iter().for_each(|(ending, why)| self.explain(ending, why));
        for (name, count) in other.met {
            *self.met.entry(name).or_default() += count;
        }
        for (fault, count) in other.unmet {
            *self.unmet.entry(fault).or_default() += count;
        }
        for (name, count) in other.calls {
            *self.calls.entry(name).or_default() += count;
        }
        self.spans.extend(other.spans);
        for (step, spans) in other.step_spans {
            self.step_spans.entry(step).or_default().extend(spans);
        }
        self.failing.extend(other.failing);
        self.failing
            .sort_by(|one, two| (one.config.seed, &one.config.points).cmp(&(two.config.seed, &two.config.points)));
        self.failing.truncate(KEPT_MAX);
    }

    /// The time below which so many hundredths of the trials that were done stayed; none where there were none.
    pub fn percentile(&self, hundredths: usize) -> Option<Duration> {
        percentile(&self.spans, hundredths)
    }

    /// The same for each step with an effect.
    pub fn step_percentiles(&self, hundredths: usize) -> Vec<(String, Duration)> {
        let spans = self.step_spans.iter();
        spans.filter_map(|(step, spans)| Some((step.clone(), percentile(spans, hundredths)?))).collect()
    }
}

fn percentile(spans: &[Duration], hundredths: usize) -> Option<Duration> {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    spans.get((spans.len() * hundredths / 100).min(spans.len().saturating_sub(1))).copied()
}

/// Runs a trial for each configuration, on this many threads. The tally does not depend on their number.
pub fn campaign(
    workload: &Workload,
    count: usize,
    config: impl Fn(usize) -> SimConfig + Sync,
    threads: usize,
) -> Result<Tally, ScenarioError> {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Ok(Tally::default()));
    let work = || {
        let mut tally = Tally::default();
        let mut failed = None;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let config = config(number);
            match rehearse(workload, &config) {
                Ok(result) => tally.take(&config, result),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        match (failed, total.as_mut()) {
            (Some(error), Ok(_)) => *total = Err(error),
            (None, Ok(all)) => all.join(tally),
            (_, Err(_)) => {}
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The configuration of a seed: everything that it lets happen.
pub fn seeded(seed: u64) -> SimConfig {
    SimConfig { seed, seeded_world: true, ..SimConfig::default() }
}

/// The configuration of a trial without faults; the durations of the service follow from the seed.
pub fn calm(seed: u64) -> SimConfig {
    SimConfig { odds: Some(Odds::default()), ..seeded(seed) }
}

/// Orders in which nothing happens but what the scenario says.
fn still() -> SimConfig {
    SimConfig { odds: Some(Odds::default()), ..SimConfig::default() }
}

/// A crash at each of these points of one run.
pub fn crash_at(points: &[Point]) -> SimConfig {
    SimConfig { points: points.to_vec(), ..still() }
}

/// Both sides of each of these calls.
fn sides(calls: std::ops::RangeInclusive<u64>) -> impl Iterator<Item = (u64, Edge)> {
    calls.flat_map(|call| [Edge::Before, Edge::After].map(|edge| (call, edge)))
}

/// A crash before and after every call of a port, each with everything that can become of unsynced bytes.
pub fn crash_everywhere(workload: &Workload) -> Result<Vec<SimConfig>, ScenarioError> {
    let calls = rehearse(workload, &still())?.calls;
    let points = sides(1..=calls).flat_map(|(call, edge)| Loss::ALL.map(|loss| Point { call, edge, loss }));
    Ok(points.map(|point| crash_at(&[point])).collect())
}

/// A crash before and after every call, and a second one within the first calls of the recovery from it; what becomes
/// of unsynced bytes in the two follows from their places, so that every two come equally often.
pub fn crash_in_pairs(workload: &Workload) -> Result<Vec<SimConfig>, ScenarioError> {
    let calls = rehearse(workload, &still())?.calls;
    let loss = |number: usize| Loss::ALL.into_iter().cycle().nth(number % Loss::ALL.len()).unwrap_or(Loss::Everything);
    let pairs = sides(1..=calls).enumerate().flat_map(|(one, (first, edge))| {
        sides(first + 1..=first + PAIR_REACH).enumerate().map(move |(two, (second, other))| {
            let first = Point { call: first, edge, loss: loss(one + two / Loss::ALL.len()) };
            crash_at(&[first, Point { call: second, edge: other, loss: loss(one + two) }])
        })
    });
    Ok(pairs.collect())
}
