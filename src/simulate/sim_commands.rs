//! Commands of a machine that is data, in simulated time.

use super::disk::SimDisk;
use super::fault::{Fault, Port};
use super::fault_injector::FaultInjector;
use super::process;
use super::rng::Rng;
use super::sim_network::SimNetwork;
use super::sim_world::{SimWorld, WorldEvent};
use super::time::Time;
use super::write_ahead_oracle::{Leaving, Load};
use crate::port::{Async, CommandSpec, CommandStatus, Commands, STOP_GRACE, StartError};
use futures_util::future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a program takes at most where nobody says, in seconds.
const SPAN_MAX: u64 = 120;
/// A program that is about to be executed is looked at again after so long.
const SOON: Duration = Duration::from_millis(500);

/// The machine's programs as a process reaches them.
pub(super) struct SimCommands {
    pub(super) sim: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) injector: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
    pub(super) rng: Rng,
}

impl SimCommands {
    fn sim(&self) -> MutexGuard<'_, SimWorld> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self, spec: CommandSpec, dir: PathBuf, fault: Option<Fault>) -> Result<(), StartError> {
        let what = spec.request();
        if spec.effect {
            let identity = spec.identity();
            let leaving = Leaving { request: &what, load: Load::Body(&identity) };
            SimNetwork::with_durable_journal(&self.disk, process::run_dir().path(), |segments| {
                self.sim().witness(&leaving, segments);
            });
        }
        let is_missing = {
            let sim = self.sim();
            !sim.machine.knows(&spec.argv) && (sim.is_strict || !spec.effect)
        };
        if is_missing {
            // Whatever it said would be a guess, and the run would go by it.
            let argv = serde_json::json!(spec.argv);
            let what = if spec.effect { "does" } else { "finds" };
            let missing = format!("the scenario does not say what it {what}; add `- argv: {argv}` under `commands`");
            self.sim().unanswered.insert(missing.clone());
            return Err(StartError::NotStarted(missing));
        }
        let unknown = |why: &str| Err(StartError::Unknown(format!("{what}: {why}")));
        if !self.sim().machine.reserve(&dir, spec) {
            return unknown("a command was started here before");
        }
        let mut way = self.rng.roll("command", self.injector.calls());
        let usual = Duration::from_secs(way.between(0, SPAN_MAX));
        let late = if let Some(Fault::Slow(secs)) = fault { Duration::from_secs(secs) } else { Duration::ZERO };
        let there = late + Duration::from_millis(way.between(5, 200));
        let back = Duration::from_millis(way.between(1, 20));
        // The shim goes on where this process dies.
        let done = {
            let dir = dir.clone();
            move |sim: &mut SimWorld, at| match fault {
                Some(Fault::Refused) => sim.machine.give_back(&dir),
                Some(Fault::Lost) => sim.machine.kill_shim(&dir, at),
                Some(Fault::Unanswered) => {
                    sim.machine.execute(&dir, at, usual);
                    sim.machine.kill_shim(&dir, at);
                }
                _ => sim.machine.execute(&dir, at, usual),
            }
        };
        self.sim().plan(self.time.world().plus(there), WorldEvent::Stored(Box::new(done)));
        self.time.pass(there + back).await;
        match fault {
            Some(Fault::Refused) => Err(StartError::NotStarted(format!("{what}: no such program"))),
            Some(Fault::Lost | Fault::Unanswered) => unknown("what watches it was killed"),
            _ => Ok(()),
        }
    }

    fn look(&self, dir: &Path) -> io::Result<CommandStatus> {
        if self.injector.is_dead() {
            return Err(io::Error::other("the power is gone"));
        }
        let mut sim = self.sim();
        let status = sim.machine.status(dir, self.time.world());
        for (path, bytes) in sim.machine.take_written() {
            self.disk.put(&path, &bytes);
        }
        if let CommandStatus::Exited(result) = &status {
            self.disk.put(&dir.join(&result.stdout.file), &sim.machine.stdout(dir));
            self.disk.put(&dir.join(&result.stderr.file), b"");
        }
        Ok(status)
    }

    async fn until_ended(&self, dir: &Path) -> io::Result<CommandStatus> {
        loop {
            let status = self.look(dir)?;
            if status != CommandStatus::Running {
                return Ok(status);
            }
            let ends_at = self.sim().machine.ends_at(dir);
            let left = ends_at.map_or(SOON, |at| at.since(self.time.world()));
            self.time.pass(left.max(Duration::from_millis(1))).await;
        }
    }
}

impl Commands for SimCommands {
    fn start(&self, spec: CommandSpec, dir: PathBuf) -> Async<'_, Result<(), StartError>> {
        Box::pin(async move {
            let Ok(passage) = self.injector.enter(Port::Command, || spec.request()) else {
                return future::pending().await;
            };
            let started = self.begin(spec, dir, passage.fault).await;
            match self.injector.leave(&passage) {
                Ok(()) => started,
                Err(_) => future::pending().await,
            }
        })
    }

    fn status(&self, dir: &Path) -> io::Result<CommandStatus> {
        self.look(dir)
    }

    fn wait<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(self.until_ended(dir))
    }

    fn stop<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(async move {
            // What is about to be executed can be stopped soon.
            while self.look(dir)? == CommandStatus::Running && self.sim().machine.ends_at(dir).is_none() {
                self.time.pass(SOON).await;
            }
            self.sim().machine.stop(dir, self.time.world(), STOP_GRACE);
            self.until_ended(dir).await
        })
    }
}
