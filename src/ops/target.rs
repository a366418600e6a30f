//! Which world a run acts on: the real one, or a twin. Remembered in the first record, so that `resume` needs no flag.

use super::document::{Form, read_document};
use super::failure::{Failure, FailureKind};
use super::paths::read_named;
use crate::adapter::clock::{ScaledClock, SystemClock};
use crate::adapter::disk::RealDisk;
use crate::base::{Address, Map, Timestamp, Value, escape};
use crate::port::{Clock, Disk};
use crate::twin::{Scenario, World as Twin};
use crate::twin_server::Ready;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Largest ready line, in bytes.
const READY_LIMIT: u64 = 1 << 20;
/// How often a file without a whole ready line is read again, and how long to wait between: a twin that was started by
/// the command before may not have written it yet.
const READY_TRIES: u32 = 100;
const READY_BETWEEN: Duration = Duration::from_millis(50);
/// The same for a file that is not there: most likely it was mistyped.
const ABSENT_TRIES: u32 = 20;
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
pub(super) enum Target {
    /// The real one.
    Real,
    /// A twin in this process.
    Embedded {
        speed: f64,
        seed: u64,
        scenario: Box<Scenario>,
        /// The file of the scenario, as it was named.
        named: Option<PathBuf>,
    },
    /// A twin that is running; its file is needed only to reach it.
    Running { file: PathBuf, ready: Result<Box<Ready>, Failure> },
}

impl Target {
    /// Whether it is simulated.
    pub(super) const fn is_twin(&self) -> bool {
        !matches!(self, Self::Real)
    }

    /// The world that was chosen.
    pub(super) fn choose(choice: Option<&TwinChoice>) -> Result<Self, Failure> {
        match choice {
            None => Ok(Self::Real),
            Some(TwinChoice::Embedded { speed, seed, scenario }) => {
                let named = scenario.clone();
                let scenario = scenario.as_deref().map(read_scenario).transpose()?.unwrap_or_default();
                Ok(Self::Embedded { speed: *speed, seed: *seed, scenario: Box::new(scenario), named })
            }
            Some(TwinChoice::Running(file)) => {
                let file = super::process_env::working_directory().join(file);
                let ready = Ok(await_ready(&file)?);
                Ok(Self::Running { file, ready })
            }
        }
    }

    /// The same world, to be acted on: a twin that runs on its own is waited for where it is just being started.
    pub(super) fn reached(self) -> Result<Self, Failure> {
        match self {
            Self::Running { file, ready: Err(_) } => Ok(Self::Running { ready: Ok(await_ready(&file)?), file }),
            world => Ok(world),
        }
    }

    /// Its clock, from this moment on, or from its beginning where none is given.
    pub(super) fn clock(&self, at: Option<Timestamp>) -> Arc<dyn Clock> {
        match self {
            Self::Real => Arc::new(SystemClock::new()),
            Self::Embedded { speed, scenario, .. } => {
                Arc::new(ScaledClock::new(*speed, at.unwrap_or(scenario.start.0)))
            }
            Self::Running { ready: Ok(ready), .. } => Arc::new(ScaledClock::new(ready.speed, at.unwrap_or(ready.now))),
            // Nothing is done in a world that cannot be reached; what is recorded meanwhile is of the last moment.
            Self::Running { ready: Err(_), .. } => Arc::new(ScaledClock::new(1.0, at.unwrap_or_default())),
        }
    }

    /// The world that the first record remembers.
    pub(super) fn recall(record: Option<&Value>) -> Result<Self, Failure> {
        let Some(record) = record else { return Ok(Self::Real) };
        if let Some(file) = record.get("ready").and_then(Value::as_str) {
            let file = PathBuf::from(file);
            let ready = read_ready(&file).map(Box::new);
            return Ok(Self::Running { file, ready });
        }
        let scenario = record.get("scenario").cloned().unwrap_or_default();
        let scenario = serde_json::from_value(scenario).map_err(|error| {
            Failure::new(FailureKind::Damaged, "the scenario in the first record of the run cannot be read")
                .because(&error)
                .hint("nothing was changed; resume the run with the version of surefoot that started it")
        })?;
        Ok(Self::Embedded {
            speed: record.get("speed").and_then(Value::as_f64).unwrap_or(EMBEDDED_SPEED),
            seed: record.get("seed").and_then(Value::as_u64).unwrap_or_default(),
            scenario: Box::new(scenario),
            named: record.get("scenario_file").and_then(Value::as_str).map(PathBuf::from),
        })
    }

    /// What the first record remembers; no secret.
    pub(super) fn record(&self, ask: bool) -> Option<Value> {
        match self {
            Self::Real => None,
            Self::Embedded { speed, seed, scenario, named } => {
                let named = named.as_ref().map(|file| file.to_string_lossy());
                Some(json!({"speed": speed, "seed": seed, "scenario": scenario, "scenario_file": named, "ask": ask}))
            }
            Self::Running { file, ready } => {
                let speed = ready.as_ref().ok().map(|ready| ready.speed);
                Some(json!({"ready": file.to_string_lossy(), "speed": speed, "ask": ask}))
            }
        }
    }

    /// The console of a twin that runs on its own; that of one in this process ends with the process.
    pub(super) fn console(&self) -> Option<String> {
        match self {
            Self::Running { ready, .. } => ready.as_ref().ok().map(|ready| ready.console_url.clone()),
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
            Self::Running { ready, .. } => ready.as_ref().map(|ready| ready.inputs.clone()).map_err(Failure::clone),
        }
    }
}

/// The console of the twin of a record, where that runs on its own and still says so.
pub(super) fn console(record: Option<&Value>) -> Option<String> {
    Target::recall(record).ok()?.console()
}

/// Whether the twin of a record lives in the process that drives the run, and its console with it.
pub(super) fn lives_in_process(record: Option<&Value>) -> bool {
    record.is_some_and(|record| record.get("ready").is_none())
}

/// The options of `run` that choose the twin of a record again, each with a space before it; `path` says what a path is
/// called from where they are typed.
pub(super) fn options(record: Option<&Value>, path: impl Fn(&str) -> String) -> String {
    let Some(record) = record else { return String::new() };
    let ask = if record.get("ask").and_then(Value::as_bool) == Some(true) { " --ask" } else { "" };
    if let Some(file) = record.get("ready").and_then(Value::as_str) {
        return format!(" --twin={}{ask}", path(file));
    }
    let clock = record.get("speed").and_then(Value::as_f64).filter(|speed| json!(speed) != json!(EMBEDDED_SPEED));
    let world = record.get("seed").and_then(Value::as_u64).filter(|seed| *seed != EMBEDDED_SEED);
    // Earlier versions recorded a scenario without its file, which then only the person knows.
    let scenario = match record.get("scenario_file").and_then(Value::as_str) {
        Some(file) => Some(path(file)),
        None => record.get("scenario").filter(|scenario| !is_usual(scenario)).map(|_| "FILE".to_owned()),
    };
    [
        Some(format!(" --twin{ask}")),
        clock.map(|speed| format!(" --speed {speed}")),
        world.map(|seed| format!(" --seed {seed}")),
        scenario.map(|file| format!(" --scenario {file}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a world begins as it does without a scenario.
fn is_usual(scenario: &Value) -> bool {
    scenario.is_null() || serde_json::to_value(Scenario::default()).is_ok_and(|usual| usual == *scenario)
}

/// The scenario in a file.
pub(super) fn read_scenario(path: &Path) -> Result<Scenario, Failure> {
    read_document(path, &SCENARIO)
}

/// The ready line in a file, once a twin that is just being started has written it.
fn await_ready(path: &Path) -> Result<Box<Ready>, Failure> {
    let mut tries = 0;
    loop {
        let read = read_named(path, READY_LIMIT, "ready line");
        let most = match &read {
            Ok(bytes) if is_cut_off(bytes) => READY_TRIES,
            Err(_) if RealDisk.stat(path).is_err() => ABSENT_TRIES,
            _ => 0,
        };
        if tries >= most {
            return parse_ready(path, &read?).map(Box::new);
        }
        tries += 1;
        pause();
    }
}

/// Whether a document ends before its end.
fn is_cut_off(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_err_and(|error| error.is_eof())
}

#[expect(clippy::disallowed_methods, reason = "a file that another process writes is the machine's, as its clock is")]
fn pause() {
    std::thread::sleep(READY_BETWEEN);
}

fn read_ready(path: &Path) -> Result<Ready, Failure> {
    parse_ready(path, &read_named(path, READY_LIMIT, "ready line")?)
}

fn parse_ready(path: &Path, bytes: &[u8]) -> Result<Ready, Failure> {
    if bytes.trim_ascii().is_empty() {
        let failure = Failure::new(FailureKind::Usage, format!("{} is empty", path.display()));
        return Err(
            failure.hint("the `surefoot twin` that writes it has not started yet, or has failed: see its error output")
        );
    }
    let wrong = || {
        Failure::new(FailureKind::Usage, format!("{} does not hold a ready line of `surefoot twin`", path.display()))
    };
    let ready: Ready = serde_json::from_slice(bytes).map_err(|error| {
        wrong().because(&error).hint("save the first line that `surefoot twin` prints to that file")
    })?;
    let addresses = [&ready.base_url, &ready.auth_url, &ready.console_url, &ready.query_url, &ready.s3.url];
    for address in addresses {
        Address::parse(address).map_err(|error| wrong().hint(format!("{} {error}", escape(address))))?;
    }
    Ok(ready)
}
