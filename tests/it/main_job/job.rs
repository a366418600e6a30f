//! One run of the main runbook in this process, against an embedded twin over real sockets.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use surefoot::adapter::operator::Nobody;
use surefoot::adapter::progress::Silent;
use surefoot::engine::Engine;
use surefoot::engine::event::{Body, Event};
use surefoot::ops::{
    Change, Ended, Failure, Frontend, GivenInputs, Paths, RunError, RunRequest, Timing, TwinChoice, resume, run,
    secret_deliver,
};
use surefoot::report;
use surefoot::twin::{Scenario, World};
use surefoot::twin_server::{TwinServer, TwinServerOptions};
use tokio::runtime::Runtime;

pub(super) const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml");

/// A folder with a run in it.
pub(super) struct Job {
    folder: tempfile::TempDir,
    name: String,
    scenario: String,
    inputs: Vec<(String, String)>,
    events: Arc<Mutex<Vec<Event>>>,
    meanwhile: Arc<dyn Fn(&Body) + Send + Sync>,
    /// A twin that outlives the sessions of the run, with the file of its ready line.
    stand: Option<(TwinServer, Runtime, PathBuf)>,
}

/// Simulated seconds in a real one; the five minutes for which a confirmation counts suffice on a busy machine.
const SPEED: f64 = 500.0;
/// The seed of the world.
const SEED: u64 = 7;

impl Job {
    pub(super) fn new() -> Self {
        Self::within("plain")
    }

    /// A job whose files stand in a folder of this name.
    pub(super) fn within(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(name)).unwrap();
        Self {
            name: name.to_owned(),
            folder,
            scenario: "{}".to_owned(),
            inputs: Vec::new(),
            events: Arc::default(),
            meanwhile: Arc::new(|_| ()),
            stand: None,
        }
    }

    /// The same job in a world that begins like this.
    pub(super) fn scenario(mut self, text: &str) -> Self {
        self.scenario = text.to_owned();
        self
    }

    /// The same job with an input.
    pub(super) fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same job against a twin that runs all the time: what it has been through it remembers from one session of
    /// the run to the next.
    pub(super) fn lasting(mut self) -> Self {
        let dir = self.path("stand");
        std::fs::create_dir(&dir).unwrap();
        let scenario = Scenario::from_text(&self.scenario).unwrap();
        let options = TwinServerOptions {
            dir: Some(dir.clone()),
            speed: SPEED,
            seed: SEED,
            scenario,
            ..TwinServerOptions::default()
        };
        let runtime = runtime();
        let stand = runtime.block_on(TwinServer::start(options)).unwrap();
        let ready = dir.join("ready.json");
        std::fs::write(&ready, serde_json::to_string(&stand.ready()).unwrap()).unwrap();
        self.stand = Some((stand, runtime, ready));
        self
    }

    /// The same job, and what somebody does on this machine when these things are recorded.
    pub(super) fn meanwhile(mut self, does: impl Fn(&Body) + Send + Sync + 'static) -> Self {
        self.meanwhile = Arc::new(does);
        self
    }

    /// What the running twin says of itself.
    pub(super) fn ready(&self) -> surefoot::twin_server::Ready {
        self.stand.as_ref().map(|(stand, _, _)| stand.ready()).unwrap()
    }

    pub(super) fn place(&self) -> Paths {
        Paths { state_dir: self.path("state"), audit_dir: Some(self.path("audit")) }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(&self.name).join(name)
    }

    pub(super) fn run(&self) -> Result<Ended, RunError> {
        self.run_book(RUNBOOK.as_ref())
    }

    pub(super) fn run_book(&self, runbook: &std::path::Path) -> Result<Ended, RunError> {
        let scenario = self.path("scenario.yaml");
        std::fs::write(&scenario, &self.scenario).unwrap();
        let request = RunRequest {
            runbook: runbook.to_owned().into(),
            inputs: GivenInputs { pairs: self.inputs.clone(), files: Vec::new() },
            paths: self.place(),
            twin: Some(match &self.stand {
                Some((_, _, ready)) => TwinChoice::Running(ready.clone()),
                None => TwinChoice::Embedded { speed: SPEED, seed: SEED, scenario: Some(scenario) },
            }),
            ask: false,
            window: None,
            timing: Timing::default(),
            extent: surefoot::ops::Extent::default(),
        };
        runtime().block_on(run(request, self.frontend())).map(told)
    }

    pub(super) fn resume(&self) -> Result<Ended, Failure> {
        self.resume_with(&[])
    }

    /// Resumes this run, where there are several.
    pub(super) fn resume_of(&self, run: &str) -> Result<Ended, Failure> {
        runtime().block_on(resume(&self.place(), Some(run), &[], false, &Timing::default(), self.frontend())).map(told)
    }

    /// Resumes with changed inputs of held steps.
    pub(super) fn resume_with(&self, changes: &[Change]) -> Result<Ended, Failure> {
        runtime().block_on(resume(&self.place(), None, changes, false, &Timing::default(), self.frontend())).map(told)
    }

    /// Puts the sealed passwords of the run into their files again, or into this one.
    pub(super) fn deliver(&self, ended: &Ended, to: Option<&Path>) -> Result<Vec<(String, PathBuf)>, Failure> {
        let run = ended.run_dir.file_name().unwrap().to_str().unwrap();
        runtime().block_on(secret_deliver(&self.place(), run, to))
    }

    /// The world as the run left it.
    pub(super) fn world(&self, ended: &Ended) -> World {
        let scenario = Scenario::from_text(&self.scenario).unwrap();
        let start = scenario.start.0;
        let dir = if self.stand.is_some() { self.path("stand") } else { ended.run_dir.join("twin") };
        let log = std::fs::read_to_string(dir.join("world.jsonl")).unwrap();
        World::replay(SEED, scenario, start, log.lines()).unwrap()
    }

    /// The types of all records so far.
    pub(super) fn records(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().iter().map(|event| event.body.name()).collect()
    }

    /// The bodies of all records so far.
    pub(super) fn bodies(&self) -> Vec<Body> {
        self.events.lock().unwrap().iter().map(|event| event.body.clone()).collect()
    }

    fn frontend(&self) -> Frontend {
        let (events, meanwhile) = (Arc::clone(&self.events), Arc::clone(&self.meanwhile));
        Frontend {
            operator: Arc::new(Nobody),
            progress: Arc::new(Silent),
            notice: Box::new(|_| {}),
            watch: Box::new(move |_: &Engine, batch: &[Event]| {
                for event in batch {
                    meanwhile(&event.body);
                }
                events.lock().unwrap().extend(batch.to_vec());
            }),
            stop: Box::pin(std::future::pending()),
        }
    }
}

/// What is shown at the end of a run.
pub(super) fn last_page(ended: &Ended) -> report::Ending<'_> {
    report::Ending {
        view: &ended.view,
        plan: &ended.plan,
        run_dir: "",
        audit_dir: "",
        options: "",
        extras: report::Extras::default(),
        met_in_doubt: &[],
        interrupted: false,
        summary: &ended.summary,
        took: None,
    }
}

/// The instances that were not there when the world began.
pub(super) fn new_instances(world: &mut World) -> Vec<serde_json::Value> {
    let start = world.scenario().start.0;
    let first = World::new(7, world.scenario().clone(), start).unwrap();
    let known: Vec<_> = first.instances_with_passwords().into_iter().map(|one| one.id).collect();
    let now = world.latest();
    let state = world.state(now);
    let live = state["instances"].as_array().unwrap().iter();
    live.filter(|one| !known.iter().any(|id| one["id"] == **id)).cloned().collect()
}

/// How many deletions of this instance the service accepted.
pub(super) fn deletions(world: &World, id: &str) -> usize {
    let accepted = world.ledger().iter().filter(|entry| entry.method == "DELETE" && entry.status < 300);
    accepted.filter(|entry| entry.target == id).count()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Whoever is told of an end lets the run go.
fn told(mut ended: Ended) -> Ended {
    ended.release();
    ended
}
