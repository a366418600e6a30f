//! The world: a fold over its log.

use super::client::{Credential, Limiter};
use super::entry::{self, LedgerEntry, Line, Write};
use super::fault::{FaultSpec, Faults};
use super::http::{Call, Request};
use super::instance::Instance;
use super::instance_config::Tenant;
use super::program;
use super::scenario::{Scenario, ScenarioError};
use super::seed;
use super::seeded_rng::SeededRng;
use super::service_state::Services;
use super::text::At;
use crate::base::{Hasher, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// After so much time without a write its passing is noted, so that a world rebuilt from its log never shows a state
/// that lies clearly before one it has shown already.
const CLOCK_NOTE: Duration = Duration::from_secs(5);

/// A seeded world. Everything in it follows from the seed, the scenario, the start and the accepted writes.
///
/// The rate limit and the faults are not part of that: they live in memory only.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) chance: SeededRng,
    pub(super) scenario: Scenario,
    pub(super) tenants: Vec<Tenant>,
    pub(super) credentials: Vec<Credential>,
    pub(super) instances: BTreeMap<String, Instance>,
    pub(super) deleted: BTreeMap<String, Instance>,
    pub(super) ledger: Vec<LedgerEntry>,
    pub(super) limiter: Limiter,
    pub(super) faults: Faults,
    pub(super) services: Services,
    /// The latest time seen; it never goes back.
    pub(super) clock: Timestamp,
    /// How many lines the log has, notes of the time aside.
    pub(super) writes: u64,
    noted: Timestamp,
    mark: String,
}

/// A log does not rebuild a world.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A line is not a line of a world's log.
    #[error("line {line} of the world's log: {message}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A line belongs to a world of another seed, scenario or start.
    #[error("line {line} of the world's log belongs to a world of another seed, scenario or start")]
    OtherWorld {
        /// Its number, from 1.
        line: usize,
    },
}

impl World {
    /// The world at its start.
    pub fn new(seed: u64, scenario: Scenario, start: Timestamp) -> Result<Self, ScenarioError> {
        let chance = SeededRng::new(seed);
        let tenants = seed::tenants(&scenario, chance)?;
        let credentials = seed::credentials(&scenario, &tenants, chance)?;
        program::check(&scenario.commands).map_err(ScenarioError::Content)?;
        let services = Services::new(&scenario.services).map_err(ScenarioError::Content)?;
        let instances = seed::instances(&scenario, &tenants, chance, start)?;
        let mut hasher = Hasher::new();
        hasher.update(&seed.to_be_bytes());
        hasher.update(&start.as_micros().to_be_bytes());
        hasher.update(serde_json::to_string(&scenario).unwrap_or_default().as_bytes());
        let mark = hasher.finish().to_string().chars().take(16).collect();
        Ok(Self {
            chance,
            tenants,
            credentials,
            instances,
            deleted: BTreeMap::new(),
            ledger: Vec::new(),
            limiter: Limiter::new(scenario.rate_limit),
            faults: Faults::new(&scenario.faults),
            services,
            clock: start,
            writes: 0,
            noted: start,
            mark,
            scenario,
        })
    }

    /// The world as its log left it. A last line that was cut short was never answered: the caller leaves it out.
    pub fn replay<'a>(
        seed: u64,
        scenario: Scenario,
        start: Timestamp,
        lines: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ReplayError> {
        let mut world = Self::new(seed, scenario, start)?;
        for (index, text) in lines.into_iter().enumerate() {
            let place = index + 1;
            let line: Line = serde_json::from_str(text)
                .map_err(|source| ReplayError::Line { line: place, message: source.to_string() })?;
            if line.world != world.mark {
                return Err(ReplayError::OtherWorld { line: place });
            }
            world.take(line);
        }
        Ok(world)
    }

    /// The latest simulated time that the world has seen; after a replay, where time goes on from.
    pub fn latest(&self) -> Timestamp {
        self.clock
    }

    /// The seed's scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Notes that time has passed, as after an advance of the clock: the line to append to the log.
    pub fn note_time(&mut self, now: Timestamp) -> String {
        self.pass(now);
        let line = Line { world: self.mark.clone(), at: At(self.clock), write: Write::Clock {}, ledger: None };
        self.log(line)
    }

    /// Notes a write that happened outside, such as one to the object store, in the ledger: the line to append.
    pub fn record_external(
        &mut self,
        method: &str,
        path: &str,
        target: &str,
        request_id: &str,
        status: u16,
        now: Timestamp,
    ) -> String {
        self.pass(now);
        let ledger = entry::Cause {
            method: method.to_owned(),
            path: path.to_owned(),
            target: target.to_owned(),
            request_id: request_id.to_owned(),
            status,
        };
        let line =
            Line { world: self.mark.clone(), at: At(self.clock), write: Write::External {}, ledger: Some(ledger) };
        self.log(line)
    }

    /// Every accepted write, in order.
    pub fn ledger(&self) -> &[LedgerEntry] {
        &self.ledger
    }

    /// The fault that strikes this request, if any; each call counts as one request.
    pub fn fault_for(&mut self, request: &Request) -> Option<FaultSpec> {
        self.faults.strike(request)
    }

    /// The faults that have struck no request yet.
    pub fn unmet_faults(&self) -> impl Iterator<Item = &FaultSpec> {
        self.faults.unmet()
    }

    /// Sets a fault.
    pub fn add_fault(&mut self, fault: FaultSpec) {
        self.faults.add(fault);
    }

    /// Lets time pass until `now`; it never goes back.
    pub(super) fn pass(&mut self, now: Timestamp) {
        self.clock = self.clock.max(now);
        self.services.pass(self.clock);
        for instance in self.instances.values_mut() {
            instance.advance(self.clock, &self.scenario.durations, self.chance);
        }
        let gone: Vec<String> =
            self.instances.values().filter(|instance| instance.gone_at.is_some()).map(|each| each.id.clone()).collect();
        for id in gone {
            if let Some(instance) = self.instances.remove(&id) {
                self.deleted.insert(id, instance);
            }
        }
    }

    /// Accepts the write of a call: its effect, its line in the log and its entry in the ledger.
    pub(super) fn commit(&mut self, call: &mut Call<'_>, target: &str, status: u16, write: Write) {
        let ledger = entry::Cause {
            method: call.request.method.clone(),
            path: call.request.route().to_owned(),
            target: target.to_owned(),
            request_id: call.request_id.clone(),
            status,
        };
        let line = Line { world: self.mark.clone(), at: At(self.clock), write, ledger: Some(ledger) };
        call.log.push(self.log(line));
    }

    /// The note of the time that is due at the end of a call, if one is.
    pub(super) fn due_note(&mut self) -> Option<String> {
        (self.clock.since(self.noted) >= CLOCK_NOTE).then(|| self.note_time(self.clock))
    }

    /// An id that no instance has or had.
    pub(super) fn fresh_id(&self) -> String {
        let mut round = 0_u32;
        loop {
            let id = self.chance.hex(8, &["instance", &self.writes.to_string(), &round.to_string()]);
            if !self.instances.contains_key(&id) && !self.deleted.contains_key(&id) {
                return id;
            }
            round += 1;
        }
    }

    fn log(&mut self, line: Line) -> String {
        let text = serde_json::to_string(&line).unwrap_or_default();
        self.take(line);
        text
    }

    /// The only way in which the world changes, live and when it is rebuilt.
    fn take(&mut self, line: Line) {
        self.pass(line.at.0);
        self.noted = self.clock;
        if !matches!(line.write, Write::Clock {}) {
            self.writes += 1;
        }
        self.apply(line.write);
        if let Some(request) = line.ledger {
            self.ledger.push(LedgerEntry {
                seq: self.ledger.len() as u64 + 1,
                at: self.clock,
                method: request.method,
                path: request.path,
                target: request.target,
                request_id: request.request_id,
                status: request.status,
            });
        }
    }
}
