//! Which world a run acts on: the real one, or a twin. Remembered in the first record, so that `resume` needs no flag.

use super::document::{Form, read_document};
use super::failure::{Failure, FailureKind};
use super::place::read_named;
use crate::base::{Address, Map, Value, show};
use crate::report::quoted;
use crate::stand::Ready;
use crate::twin::{Scenario, World as Twin};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Largest ready line, in bytes.
const READY_LIMIT: u64 = 1 << 20;
/// A file with a scenario.
const SCENARIO: Form = Form {
    holds: "scenario",
    is: "a scenario",
    hint: "write a map, for example `faults: [{match: {method: POST, path: /v1/instances}, kind: drop_response}]`",
    limit: 1 << 20,
};
/// Simulated seconds in a real one, for an embedded twin (docs/twin.md, "Start it").
pub const EMBEDDED_SPEED: f64 = 600.0;
/// The seed of an embedded twin where none is given.
pub const EMBEDDED_SEED: u64 = 1;
/// The fastest a twin's clock may run: a day in less than a second. Faster, the machine does not keep up.
pub const SPEED_MAX: f64 = 100_000.0;

/// The twin that a person chose.
#[derive(Clone, Debug, PartialEq)]
pub enum TwinChoice {
    /// One that lives in this process and is kept in the run directory.
    Embedded {
        /// Simulated seconds in a real one.
        speed: f64,
        /// The seed of the world.
        seed: u64,
        /// What the world begins with; the default where there is none.
        scenario: Option<PathBuf>,
    },
    /// One that is running; the file holds its ready line.
    Running(PathBuf),
}

/// The world of a run.
#[derive(Clone, Debug)]
pub(super) enum World {
    /// The real one.
    Real,
    /// A twin in this process.
    Embedded { speed: f64, seed: u64, scenario: Box<Scenario> },
    /// A twin that is running.
    Running { file: PathBuf, ready: Box<Ready> },
}

impl World {
    /// Whether it is simulated.
    pub(super) const fn is_twin(&self) -> bool {
        !matches!(self, Self::Real)
    }

    /// The world that was chosen.
    pub(super) fn choose(choice: Option<&TwinChoice>) -> Result<Self, Failure> {
        match choice {
            None => Ok(Self::Real),
            Some(TwinChoice::Embedded { speed, seed, scenario }) => {
                let scenario = scenario.as_deref().map(read_scenario).transpose()?.unwrap_or_default();
                Ok(Self::Embedded { speed: *speed, seed: *seed, scenario: Box::new(scenario) })
            }
            Some(TwinChoice::Running(file)) => {
                let file = super::environment::working_directory().join(file);
                let ready = Box::new(read_ready(&file)?);
                Ok(Self::Running { file, ready })
            }
        }
    }

    /// The world that the first record remembers.
    pub(super) fn recall(record: Option<&Value>) -> Result<Self, Failure> {
        let Some(record) = record else { return Ok(Self::Real) };
        if let Some(file) = record.get("ready").and_then(Value::as_str) {
            let file = PathBuf::from(file);
            let ready = Box::new(read_ready(&file)?);
            return Ok(Self::Running { file, ready });
        }
        let scenario = record.get("scenario").cloned().unwrap_or_default();
        let scenario = serde_json::from_value(scenario).map_err(|error| {
            Failure::new(FailureKind::Damaged, "the scenario in the first record of the run cannot be read")
                .because(&error)
                .hint("nothing was changed; take the run up with the version of surefoot that began it")
        })?;
        Ok(Self::Embedded {
            speed: record.get("speed").and_then(Value::as_f64).unwrap_or(EMBEDDED_SPEED),
            seed: record.get("seed").and_then(Value::as_u64).unwrap_or_default(),
            scenario: Box::new(scenario),
        })
    }

    /// What the first record remembers; no secret.
    pub(super) fn record(&self, ask: bool) -> Option<Value> {
        match self {
            Self::Real => None,
            Self::Embedded { speed, seed, scenario } => {
                Some(json!({"speed": speed, "seed": seed, "scenario": scenario, "ask": ask}))
            }
            Self::Running { file, .. } => Some(json!({"ready": file.to_string_lossy(), "ask": ask})),
        }
    }

    /// The console of a twin that runs on its own; that of one in this process ends with the process.
    pub(super) fn console(&self) -> Option<String> {
        match self {
            Self::Running { ready, .. } => Some(ready.console_url.clone()),
            Self::Real | Self::Embedded { .. } => None,
        }
    }

    /// The inputs it proposes.
    pub(super) fn inputs(&self) -> Result<Map, Failure> {
        match self {
            Self::Real => Ok(Map::new()),
            Self::Embedded { seed, scenario, .. } => {
                let start = scenario.start.0;
                let twin = Twin::new(*seed, (**scenario).clone(), start)
                    .map_err(|error| Failure::new(FailureKind::Usage, "the scenario cannot be used").because(&error))?;
                Ok(twin.inputs())
            }
            Self::Running { ready, .. } => Ok(ready.inputs.clone()),
        }
    }
}

/// The console of the twin of a record, where that runs on its own and still says so.
pub(super) fn console(record: Option<&Value>) -> Option<String> {
    World::recall(record).ok()?.console()
}

/// The options of `run` that choose the twin of a record again, each with a space before it; a scenario is remembered
/// without its file.
pub(super) fn options(record: Option<&Value>) -> String {
    let Some(record) = record else { return String::new() };
    let file = record.get("ready").and_then(Value::as_str).map(|file| format!("={}", quoted(file)));
    let is_asked = record.get("ask").and_then(Value::as_bool) == Some(true);
    let clock = record.get("speed").and_then(Value::as_f64).filter(|speed| json!(speed) != json!(EMBEDDED_SPEED));
    let world = record.get("seed").and_then(Value::as_u64).filter(|seed| *seed != EMBEDDED_SEED);
    [
        Some(format!(" --twin{}", file.unwrap_or_default())),
        is_asked.then(|| " --ask".to_owned()),
        clock.map(|speed| format!(" --speed {speed}")),
        world.map(|seed| format!(" --seed {seed}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The scenario in a file.
pub(super) fn read_scenario(path: &Path) -> Result<Scenario, Failure> {
    read_document(path, &SCENARIO)
}

fn read_ready(path: &Path) -> Result<Ready, Failure> {
    let bytes = read_named(path, READY_LIMIT, "ready line")?;
    let wrong = || {
        Failure::new(FailureKind::Usage, format!("{} does not hold a ready line of `surefoot twin`", path.display()))
    };
    let ready: Ready = serde_json::from_slice(&bytes).map_err(|error| {
        wrong().because(&error).hint("write the first line that `surefoot twin` prints to that file")
    })?;
    let addresses = [&ready.base_url, &ready.auth_url, &ready.console_url, &ready.query_url, &ready.s3.url];
    for address in addresses {
        Address::parse(address).map_err(|error| wrong().hint(format!("{} {error}", show(address))))?;
    }
    Ok(ready)
}
