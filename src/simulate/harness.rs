//! Everything that a trial's processes act on, and the ports through which they reach it.

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
    pub(super) script: Workload,
    pub(super) dice: Rng,
    pub(super) habits: Habits,
    pub(super) site: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) fate: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
    /// Everything that was shown to somebody.
    pub(super) shown: Arc<Mutex<Vec<String>>>,
    pub(super) start: Timestamp,
    spoiled: Spoiled,
    multipart: Multipart,
}

/// A rehearsed file goes in three parts where it does not go in one piece.
const IN_PARTS: Multipart = Multipart { threshold: 256, part_size: 480 };

/// Where answers arrive in the same moment, they do so at whole seconds.
const IN_STEP: Duration = Duration::from_secs(1);

impl Harness {
    /// The stage as a trial with these orders finds it.
    pub(super) fn set(script: &Workload, orders: &SimConfig) -> Result<Self, ScenarioError> {
        let dice = Rng::new(orders.seed);
        let (scenario, circumstances) = if orders.seeded_world {
            fault_profile::service(&script.scenario, dice, &orders.spared)
        } else {
            (script.scenario.clone(), BTreeSet::new())
        };
        let start = scenario.start();
        let is_stuck = condition::is_stuck(&scenario.durations);
        let mut site = SimWorld::new(script.world, scenario, script.commands.clone())?;
        site.spared.clone_from(&orders.spared);
        site.met.extend(circumstances);
        if orders.seeded_world {
            site.plan_others(dice, start);
        }
        site.was_troubled |= is_stuck;
        site.is_troubled_for_good |= is_stuck;
        let odds = orders.odds.unwrap_or_else(|| fault_profile::odds(dice));
        let in_step = orders.odds.is_none() && orders.seeded_world && dice.roll("step", 0).below(4) == 0;
        let grain = if in_step && site.meet(Condition::InStep) { IN_STEP } else { Duration::ZERO };
        // The uploads of the schedules that are counted out go the longer way.
        let in_parts = !orders.seeded_world || dice.roll("parts", 0).below(4) == 0;
        let disk = SimDisk::new();
        for dir in [process::state_dir(), process::home().join("Downloads")] {
            // A directory is there with everything that is in it.
            disk.put(&dir.join(".keep"), b"");
        }
        Ok(Self {
            script: script.clone(),
            dice,
            habits: Habits { dice, odds },
            site: Arc::new(Mutex::new(site)),
            time: Arc::new(Time::new(start, grain)),
            fate: Arc::new(FaultInjector::new(orders.seed, odds, orders.points.clone(), orders.allowed.clone())),
            disk,
            shown: Arc::default(),
            spoiled: Arc::default(),
            start,
            multipart: if in_parts { IN_PARTS } else { Multipart::default() },
        })
    }

    pub(super) fn site(&self) -> MutexGuard<'_, SimWorld> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (site, time, fate) = (&self.site, &self.time, &self.fate);
        let wire = Arc::new(SimNetwork {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
            dice: self.dice,
            run_dir: process::run_dir().path().to_owned(),
        });
        let objects = SimObjectStore {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
        };
        let commands = SimCommands {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
            dice: self.dice,
        };
        let person = Person {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
            dice: self.dice,
            downloads: process::home().join("Downloads"),
            shown: Arc::clone(&self.shown),
            is_counted: self.script.counts(),
            spoiled: Arc::clone(&self.spoiled),
        };
        let clock: Arc<dyn Clock> = Arc::<Time>::clone(time);
        let aura = self.aura(&wire, &clock);
        let ports = Ports {
            clock,
            http: wire,
            objects: Arc::new(objects),
            operator: Arc::new(person),
            disk: Arc::new(MortalDisk { disk: self.disk.clone(), fate: Arc::clone(fate) }),
            entropy: Arc::new(Chance { dice: self.dice, fate: Arc::clone(fate) }),
            sealer: Arc::new(Veil),
            progress: Arc::new(Screen(Arc::clone(&self.shown))),
            worker: Arc::new(Inline),
            commands: Arc::new(commands),
        };
        let run = RunFacts {
            id: process::RUN.to_owned(),
            dir: process::run_dir().path().to_owned(),
            cwd: process::home().to_owned(),
            plan_digest: self.script.plan.digest.to_string(),
            actor: process::actor(),
        };
        Context { ports, aura: Some(aura), vault: self.vault(), multipart: self.multipart, run, is_twin: true }
    }

    fn aura(&self, wire: &Arc<SimNetwork>, clock: &Arc<dyn Clock>) -> aura::Client {
        let site = self.site();
        let config = aura::Config {
            base_url: "https://twin".to_owned(),
            auth_url: "https://twin/oauth/token".to_owned(),
            client_id: Secret::new(site.world.client_id().to_owned()),
            client_secret: site.world.client_secret(),
            budget_per_minute: aura::Config::BUDGET_PER_MINUTE,
        };
        let http: Arc<SimNetwork> = Arc::clone(wire);
        aura::Client::new(http, Arc::clone(clock), config)
    }

    /// The secrets of the run.
    fn vault(&self) -> Vault {
        let site = self.site();
        let plan = &self.script.plan;
        let id = plan.inputs.get("instance_id").and_then(Value::as_str).unwrap_or_default();
        let instances = site.world.instances_with_passwords();
        let database = instances.iter().find(|one| one.id == id).or_else(|| instances.first());
        let accounts = TwinAccounts {
            aura: [Secret::new(site.world.client_id().to_owned()), site.world.client_secret()],
            database: database.map(|one| [Secret::new(one.username.clone()), one.password.clone()]),
        };
        twin_vault(plan, &accounts, &plan.digest.to_string())
    }
}

/// Bytes that look random and follow from the seed and the place in the schedule.
struct Chance {
    dice: Rng,
    fate: Arc<FaultInjector>,
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        let mut roll = self.dice.roll("entropy", self.fate.calls());
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
