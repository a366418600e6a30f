//! One trial: a run from its birth to its end, through everything that befalls it.

use super::checks;
use super::dice::Dice;
use super::disk::{Loss, SimDisk};
use super::fate::{Fate, Fired, Odds};
use super::life::{self, Life, LifeError};
use super::mishap::{Point, Port};
use super::mortal::MortalDisk;
use super::person::Person;
use super::script::Script;
use super::sealer::Veil;
use super::shelf::Shelf;
use super::site::Site;
use super::time::{self, Lived, Time};
use super::ending::Ending;
use super::weather;
use super::wire::Wire;
use crate::action::vault::Vault;
use crate::action::{Context, RunFacts};
use crate::aura;
use crate::base::{Secret, Timestamp, Value};
use crate::driver::{Observer, Stop};
use crate::engine::event::{Event, Verdict};
use crate::engine::{Engine, Phase};
use crate::port::{Clock, Inline, Ports, Progress};
use crate::twin::ScenarioError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so many processes nothing befalls a run any more: it has to come to its end now.
const STORMY_LIVES: u32 = 60;
/// After so many processes a run that has not come to its end waits for a person who cannot help.
const LIVES_MAX: u32 = 80;

/// What a trial is to go through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    /// Decides everything that looks random.
    pub seed: u64,
    /// How likely mishaps are; those of the seed where nothing is said.
    pub odds: Option<Odds>,
    /// Whether service and other operators are those of the seed, or as the scenario says.
    pub seeded_world: bool,
    /// Where the process dies, whatever the odds.
    pub points: Vec<Point>,
    /// Calls that nothing happens to, whatever the odds.
    pub suppressed: BTreeSet<u64>,
}

/// What a trial came to.
#[derive(Clone, Debug)]
pub struct Told {
    /// How it ended.
    pub ending: Ending,
    /// What must never be and was seen; empty where all is well.
    pub violations: Vec<String>,
    /// How many processes it took.
    pub lives: u32,
    /// How many of them died.
    pub crashes: u32,
    /// How many calls of ports there were.
    pub calls: u64,
    /// The calls by port.
    pub calls_of: BTreeMap<Port, u64>,
    /// What befell it, in order.
    pub fired: Vec<Fired>,
    /// How long it took, by the clock of the world.
    pub span: Duration,
    /// The journal as it is at the end.
    pub journal: Vec<u8>,
}

struct Stage {
    script: Script,
    dice: Dice,
    site: Arc<Mutex<Site>>,
    time: Arc<Time>,
    fate: Arc<Fate>,
    disk: SimDisk,
    shown: Arc<Mutex<Vec<String>>>,
    start: Timestamp,
}

/// Runs a trial.
pub fn rehearse(script: &Script, orders: &Orders) -> Result<Told, ScenarioError> {
    let dice = Dice::new(orders.seed);
    let base = script.scenario.clone();
    let scenario = if orders.seeded_world { weather::service(base, dice) } else { base };
    let start = scenario.start();
    let mut site = Site::new(script.world, scenario)?;
    if orders.seeded_world {
        site.plan_others(dice, start);
    }
    let odds = orders.odds.unwrap_or_else(|| weather::odds(dice));
    let disk = SimDisk::new();
    for dir in [life::state_dir(), life::home().join("Downloads")] {
        // A directory is there with everything that is in it.
        disk.put(&dir.join(".keep"), b"");
    }
    let stage = Stage {
        script: script.clone(),
        dice,
        site: Arc::new(Mutex::new(site)),
        time: Arc::new(Time::new(start)),
        fate: Arc::new(Fate::new(orders.seed, odds, orders.points.clone(), orders.suppressed.clone())),
        disk,
        shown: Arc::default(),
        start,
    };
    Ok(stage.play())
}

/// What became of one process.
enum Fared {
    Over(Verdict),
    Waits,
    Died,
    Broke(String),
    Wrong(String),
}

impl Stage {
    fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn play(self) -> Told {
        let (mut lives, mut crashes) = (0, 0);
        let mut violations = Vec::new();
        let ending = loop {
            lives += 1;
            if lives > STORMY_LIVES {
                self.fate.calm_down();
            }
            match self.life(lives) {
                Fared::Over(Verdict::Done) => break Ending::Done,
                Fared::Over(Verdict::Failed) => break Ending::Failed,
                Fared::Over(Verdict::Cancelled) => break Ending::Cancelled,
                Fared::Wrong(why) => {
                    violations.push(why);
                    break Ending::NeedsOperator;
                }
                _ if lives == LIVES_MAX => break Ending::NeedsOperator,
                Fared::Waits => self.rest(60, 1200, lives),
                Fared::Broke(why) => {
                    self.shown.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                    self.disk.heal();
                    self.rest(30, 600, lives);
                }
                Fared::Died => {
                    crashes += 1;
                    let mut roll = self.dice.roll("loss", u64::from(lives));
                    self.disk.heal();
                    self.disk.lose_power(roll.pick(Loss::Everything, &[Loss::Nothing, Loss::OddSectors]));
                    self.rest(1, 300, lives);
                }
            }
        };
        let span = self.time.world().since(self.start);
        self.disk.heal();
        self.disk.lose_power(Loss::Everything);
        let shown = std::mem::take(&mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        let end = checks::End { script: &self.script, disk: &self.disk, now: self.time.world(), ending, shown: &shown };
        let mut site = self.site();
        violations.append(&mut site.violations);
        violations.extend(checks::check(&end, &mut site));
        drop(site);
        Told {
            ending,
            violations,
            lives,
            crashes,
            calls: self.fate.calls(),
            calls_of: self.fate.calls_of(),
            fired: self.fate.fired(),
            span,
            journal: Wire::durable_journal(&self.disk, life::run_dir().path()),
        }
    }

    /// Nobody resumes at once.
    fn rest(&self, least: u64, most: u64, number: u32) {
        let secs = self.dice.roll("rest", u64::from(number)).between(least, most);
        time::rest(Duration::from_secs(secs), &self.time, &self.site);
    }

    fn life(&self, number: u32) -> Fared {
        self.fate.revive();
        let context = self.context();
        let life = Life { script: &self.script, context: &context, dice: self.dice, number };
        let mut watch = Watch { wrong: None };
        let lived = time::live(life.live(&mut watch), &self.time, &self.site, &self.fate);
        self.time.forget_all();
        if let Some(wrong) = watch.wrong {
            return Fared::Wrong(wrong);
        }
        match lived {
            Lived::Died => Fared::Died,
            Lived::Stuck => Fared::Wrong("I9: it waits for something that can never happen".to_owned()),
            Lived::Circling => Fared::Wrong("I9: it goes round in circles".to_owned()),
            Lived::Ended(Ok(Stop::Closed(verdict))) => Fared::Over(verdict),
            Lived::Ended(Ok(Stop::Waiting | Stop::Interrupted)) => Fared::Waits,
            Lived::Ended(Err(error)) => broken(&error),
        }
    }

    fn context(&self) -> Context {
        let (site, time, fate) = (&self.site, &self.time, &self.fate);
        let wire = Arc::new(Wire {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
            dice: self.dice,
            run_dir: life::run_dir().path().to_owned(),
        });
        let shelf = Shelf { site: Arc::clone(site), time: Arc::clone(time), fate: Arc::clone(fate) };
        let person = Person {
            site: Arc::clone(site),
            time: Arc::clone(time),
            fate: Arc::clone(fate),
            disk: self.disk.clone(),
            dice: self.dice,
            downloads: life::home().join("Downloads"),
            shown: Arc::clone(&self.shown),
        };
        let clock: Arc<dyn Clock> = Arc::<Time>::clone(time);
        let aura = self.aura(&wire, &clock);
        let ports = Ports {
            clock,
            http: wire,
            objects: Arc::new(shelf),
            operator: Arc::new(person),
            disk: Arc::new(MortalDisk { disk: self.disk.clone(), fate: Arc::clone(fate) }),
            sealer: Arc::new(Veil),
            progress: Arc::new(Screen(Arc::clone(&self.shown))),
            worker: Arc::new(Inline),
        };
        let run = RunFacts {
            id: life::RUN.to_owned(),
            dir: life::run_dir().path().to_owned(),
            cwd: life::home().to_owned(),
            plan_digest: self.script.plan.digest.to_string(),
            actor: life::actor(),
        };
        Context { ports, aura: Some(aura), vault: self.vault(), run }
    }

    fn aura(&self, wire: &Arc<Wire>, clock: &Arc<dyn Clock>) -> aura::Client {
        let site = self.site();
        let config = aura::Config {
            base_url: "https://twin".to_owned(),
            auth_url: "https://twin/oauth/token".to_owned(),
            client_id: Secret::new(site.world.client_id().to_owned()),
            client_secret: site.world.client_secret(),
            budget_per_minute: aura::Config::BUDGET_PER_MINUTE,
        };
        let http: Arc<Wire> = Arc::clone(wire);
        aura::Client::new(http, Arc::clone(clock), config)
    }

    /// The secrets that the environment would give.
    fn vault(&self) -> Vault {
        let site = self.site();
        let plan = &self.script.plan;
        let id = plan.inputs.get("instance_id").and_then(Value::as_str).unwrap_or_default();
        let instances = site.world.instances_with_passwords();
        let database = instances.iter().find(|one| one.id == id).or_else(|| instances.first());
        let aura = vec![Secret::new(site.world.client_id().to_owned()), site.world.client_secret()];
        plan.secrets.iter().fold(Vault::new(), |vault, secret| {
            let parts = if secret.name == "aura" {
                Some(aura.clone())
            } else {
                database.map(|one| vec![Secret::new(one.username.clone()), one.password.clone()])
            };
            vault.with(&secret.name, parts).with_variables(&secret.name, &secret.env)
        })
    }
}

fn broken(error: &LifeError) -> Fared {
    use crate::journal::JournalError;
    let text = format!("{error}: {:?}", std::error::Error::source(error).map(ToString::to_string));
    match error {
        LifeError::Refused(_) | LifeError::Drive(crate::driver::DriveError::Refused(_)) => {
            Fared::Wrong(format!("the engine contradicts itself: {text}"))
        }
        LifeError::Journal(JournalError::Corrupt { .. } | JournalError::Held { .. }) => {
            Fared::Wrong(format!("I8: {text}"))
        }
        _ => Fared::Broke(text),
    }
}

/// Looks at the engine after every batch.
struct Watch {
    wrong: Option<String>,
}

impl Observer for Watch {
    fn committed(&mut self, engine: &Engine, _: &[Event]) -> Result<(), String> {
        let is_closed = matches!(engine.run().phase, Phase::Closed(_));
        if is_closed && engine.pending().next().is_some() {
            self.wrong = Some("I9: a closed run has something under way".to_owned());
        }
        Ok(())
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
