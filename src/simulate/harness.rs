//! Everything that a trial's processes act on, and the ports through which they reach it.

use super::case_script::CaseScript;
use super::condition::{self, Condition};
use super::crashing_disk::MortalDisk;
use super::disk::SimDisk;
use super::fault_injector::FaultInjector;
use super::fault_profile;
use super::operator_action::Habits;
use super::person::{Person, Spoiled};
use super::process;
use super::rng::Rng;
use super::sealer::Veil;
use super::sim_commands::SimCommands;
use super::sim_config::SimConfig;
use super::sim_network::SimNetwork;
use super::sim_object_store::SimObjectStore;
use super::sim_world::SimWorld;
use super::time::Time;
use super::workload::Workload;
use crate::base::{Secret, Timestamp, Value};
use crate::kinds::aura::client as aura;
use crate::kinds::twin_vault::{TwinAccounts, twin_vault};
use crate::kinds::vault::Vault;
use crate::kinds::{Context, Multipart, RunFacts};
use crate::port::{Clock, Entropy, Inline, Ports, Progress};
use crate::twin::ScenarioError;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What stays when a process dies.
pub(super) struct Harness {
    pub(super) workload: Workload,
    pub(super) rng: Rng,
    pub(super) habits: Habits,
    pub(super) sim: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) injector: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
    /// Everything that was shown to somebody.
    pub(super) shown: Arc<Mutex<Vec<String>>>,
    pub(super) start: Timestamp,
    /// What a test lays down for the run.
    pub(super) script: Arc<CaseScript>,
    spoiled: Spoiled,
    multipart: Multipart,
}

/// A rehearsed file goes in three parts where it does not go in one piece.
const IN_PARTS: Multipart = Multipart { threshold: 256, part_size: 480 };

/// Where answers arrive in the same moment, they do so at whole seconds.
const IN_STEP: Duration = Duration::from_secs(1);

impl Harness {
    /// The harness at the start of a trial with this configuration.
    pub(super) fn set(workload: &Workload, config: &SimConfig) -> Result<Self, ScenarioError> {
        let rng = Rng::new(config.seed);
        let (scenario, conditions) = if config.seeded_world {
            fault_profile::service(&workload.scenario, rng, &config.spared)
        } else {
            (workload.scenario.clone(), BTreeSet::new())
        };
        let start = scenario.start();
        let is_stuck = condition::is_stuck(&scenario.durations);
        let mut sim = SimWorld::new(workload.world, scenario, workload.commands.clone())?;
        sim.spared.clone_from(&config.spared);
        sim.is_strict = config.script.is_some();
        let script = config.script.clone().unwrap_or_default();
        sim.met.extend(conditions);
        if config.seeded_world {
            sim.plan_others(rng, start);
        }
        sim.was_troubled |= is_stuck;
        sim.is_troubled_for_good |= is_stuck;
        let odds = config.odds.unwrap_or_else(|| fault_profile::odds(rng));
        let in_step = config.odds.is_none() && config.seeded_world && rng.roll("step", 0).below(4) == 0;
        let grain = if in_step && sim.meet(Condition::InStep) { IN_STEP } else { Duration::ZERO };
        // The uploads of the schedules that are counted out go the longer way, and those of tests the usual one.
        let in_parts = config.script.is_none() && !config.seeded_world || rng.roll("parts", 0).below(4) == 0;
        let disk = SimDisk::new();
        for dir in [process::state_dir(), process::home().join("Downloads")] {
            // A directory is there with everything that is in it.
            disk.put(&dir.join(".keep"), b"");
        }
        Ok(Self {
            workload: workload.clone(),
            rng,
            habits: Habits { rng, odds },
            sim: Arc::new(Mutex::new(sim)),
            time: Arc::new(Time::new(start, grain)),
            injector: Arc::new(
                FaultInjector::new(config.seed, odds, config.points.clone(), config.allowed.clone())
                    .with_step_faults(script.faults.clone()),
            ),
            disk,
            shown: Arc::default(),
            spoiled: Arc::default(),
            start,
            script: Arc::new(script),
            multipart: if in_parts { IN_PARTS } else { Multipart::default() },
        })
    }

    pub(super) fn sim(&self) -> MutexGuard<'_, SimWorld> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever resumes a held step has mended what was in its way: the disk, and a file of which there is a copy.
    pub(super) fn mend(&self) {
        self.disk.heal();
        if let Some((path, bytes)) = self.spoiled.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.disk.put(&path, &bytes);
        }
    }

    /// What a new process reaches the stage through.
    pub(super) fn context(&self) -> Context {
        let (sim, time, injector) = (&self.sim, &self.time, &self.injector);
        let wire = Arc::new(SimNetwork {
            sim: Arc::clone(sim),
            time: Arc::clone(time),
            injector: Arc::clone(injector),
            disk: self.disk.clone(),
            rng: self.rng,
            run_dir: process::run_dir().path().to_owned(),
        });
        let objects = SimObjectStore {
            sim: Arc::clone(sim),
            time: Arc::clone(time),
            injector: Arc::clone(injector),
            disk: self.disk.clone(),
        };
        let commands = SimCommands {
            sim: Arc::clone(sim),
            time: Arc::clone(time),
            injector: Arc::clone(injector),
            disk: self.disk.clone(),
            rng: self.rng,
        };
        let person = Person {
            sim: Arc::clone(sim),
            time: Arc::clone(time),
            injector: Arc::clone(injector),
            disk: self.disk.clone(),
            rng: self.rng,
            downloads: process::home().join("Downloads"),
            shown: Arc::clone(&self.shown),
            is_counted: self.workload.counts(),
            spoiled: Arc::clone(&self.spoiled),
            script: Arc::clone(&self.script),
        };
        let clock: Arc<dyn Clock> = Arc::<Time>::clone(time);
        let aura = self.aura(&wire, &clock);
        let ports = Ports {
            clock,
            http: wire,
            objects: Arc::new(objects),
            operator: Arc::new(person),
            disk: Arc::new(MortalDisk { disk: self.disk.clone(), injector: Arc::clone(injector) }),
            entropy: Arc::new(Chance { rng: self.rng, injector: Arc::clone(injector) }),
            sealer: Arc::new(Veil),
            progress: Arc::new(Screen(Arc::clone(&self.shown))),
            worker: Arc::new(Inline),
            commands: Arc::new(commands),
        };
        let run = RunFacts {
            id: process::RUN.to_owned(),
            dir: process::run_dir().path().to_owned(),
            cwd: process::home().to_owned(),
            plan_digest: self.workload.plan.digest.to_string(),
            actor: process::actor(),
        };
        Context { ports, aura: Some(aura), vault: self.vault(), multipart: self.multipart, run, is_twin: true }
    }

    fn aura(&self, wire: &Arc<SimNetwork>, clock: &Arc<dyn Clock>) -> aura::Client {
        let sim = self.sim();
        let client = aura::Config {
            base_url: "https://twin".to_owned(),
            auth_url: "https://twin/oauth/token".to_owned(),
            client_id: Secret::new(sim.world.client_id().to_owned()),
            client_secret: sim.world.client_secret(),
            budget_per_minute: aura::Config::BUDGET_PER_MINUTE,
        };
        let http: Arc<SimNetwork> = Arc::clone(wire);
        aura::Client::new(http, Arc::clone(clock), client)
    }

    /// The secrets of the run.
    fn vault(&self) -> Vault {
        let sim = self.sim();
        let plan = &self.workload.plan;
        let id = plan.inputs.get("instance_id").and_then(Value::as_str).unwrap_or_default();
        let instances = sim.world.instances_with_passwords();
        let database = instances.iter().find(|one| one.id == id).or_else(|| instances.first());
        let accounts = TwinAccounts {
            aura: [Secret::new(sim.world.client_id().to_owned()), sim.world.client_secret()],
            database: database.map(|one| [Secret::new(one.username.clone()), one.password.clone()]),
        };
        twin_vault(plan, &accounts, &plan.digest.to_string())
    }
}

/// Bytes that look random and follow from the seed and the place in the schedule.
struct Chance {
    rng: Rng,
    injector: Arc<FaultInjector>,
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        let mut roll = self.rng.roll("entropy", self.injector.calls());
        bytes.fill_with(|| u8::try_from(roll.below(256)).unwrap_or_default());
    }
}

/// What the terminal shows while something takes long.
struct Screen(Arc<Mutex<Vec<String>>>);

impl Progress for Screen {
    fn transferred(&self, _step: &str, _done: u64, _total: u64) {}

    fn doing(&self, step: &str, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{step}: {what}"));
    }
}
