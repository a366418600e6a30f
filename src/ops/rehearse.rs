//! `rehearse`: trials of a runbook against the twin, before it is run.

use super::compile::{read_runbook, simulated};
use super::document::{Form, read_document};
use super::failure::{Failure, FailureKind};
use super::given::GivenInputs;
use super::paths::Paths;
use super::run_error::RunError;
use super::target::read_scenario;
use crate::adapter::clock::SystemClock;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, escape};
use crate::calendar::Standing;
use crate::kinds;
use crate::port::{Clock as _, Disk as _, Open};
use crate::report::json;
use crate::report::{
    RehearsalAssumption, RehearsalCampaign, RehearsalFailure, RehearsalPage, RehearsalUnfinished, quoted, quoted_path,
};
use crate::runbook::declared;
use crate::runbook::plan::Plan;
use crate::simulate::{
    Ending, Failing, Fired, NoPoint, Odds, Point, SimConfig, Tally, TrialResult, Workload, calm, campaign, crash_at,
    crash_everywhere, crash_in_pairs, rehearse as trial, seeded, shrink,
};
use crate::twin::{FaultSpec, Scenario, ScenarioError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A file of faults, with room for bodies longer than anybody reads.
const FAULTS: Form = Form {
    holds: "faults",
    is: "a list of faults",
    hint: "write a list, for example `- {match: {method: POST, path: /v1/instances}, kind: drop_response}`",
    limit: 4 << 20,
};
/// Calm days from which it is told how long the change takes.
const CALM_DAYS: usize = 40;

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trials {
    /// So many seeds, from this one.
    Seeds {
        /// The first seed.
        from: u64,
        /// How many.
        count: usize,
    },
    /// A crash before and after every call of a port.
    CrashAll,
    /// The same with a second crash in the recovery from the first.
    CrashPairs,
    /// One run with a crash at each of these points.
    CrashAt(Vec<Point>),
    /// One run with the faults that were given, and no others.
    Faults,
}

impl Trials {
    /// Trials with crashes, as `--crash` takes them: `all`, `pairs`, or points, `before:12,after:30:torn`.
    pub fn crashes(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::CrashAll),
            "pairs" => Ok(Self::CrashPairs),
            _ => {
                let points: Result<_, NoPoint> = text.split(',').map(str::parse).collect();
                points.map(Self::CrashAt).map_err(|error| format!("write all, pairs, or points: {error}"))
            }
        }
    }
}

/// What is to be rehearsed.
#[derive(Clone, Debug)]
pub struct RehearseRequest {
    /// The runbook's file.
    pub runbook: PathBuf,
    /// Its inputs; what is not given is what the twin proposes.
    pub inputs: GivenInputs,
    /// Where the evidence goes.
    pub paths: Paths,
    /// What the world begins with; the default where there is none.
    pub scenario: Option<PathBuf>,
    /// Faults of the service, as `surefoot twin` takes them, in a file.
    pub faults: Option<PathBuf>,
    /// A window of others that must be open too.
    pub window: Option<PathBuf>,
    /// The seed of the world.
    pub world: u64,
    /// What is tried.
    pub trials: Trials,
}

/// Rehearses a runbook and writes down what came of it, bound to the digest of its plan.
pub fn rehearse(request: &RehearseRequest) -> Result<RehearsalPage, RunError> {
    let paths = request.paths.absolute();
    paths.require_apart(&paths.trails())?;
    let workload = workload(request)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let clock = SystemClock::new();
    let began = clock.mono_ms();
    if let Some(told) = comes_to_its_end(&workload)? {
        return stops(&workload, request, told, began, &clock);
    }
    let mut tally = run(&workload, &request.trials, threads).map_err(|error| wrong_world(&error))?;
    let elapsed = Duration::from_millis(clock.mono_ms().saturating_sub(began));
    was_tried(&request.trials, &tally)?;
    let days = campaign(&workload, CALM_DAYS, |day| calm(day as u64), threads).map_err(|error| wrong_world(&error))?;
    let dir = paths.trails().join("rehearsals");
    let mut page = page(&workload, request, &tally, &days, elapsed);
    for (number, failing) in std::mem::take(&mut tally.failing).into_iter().enumerate() {
        let least = shrink(&workload, failing).map_err(|error| wrong_world(&error))?;
        let path = dir.join(format!("{}-{}-{}.jsonl", page.plan_digest, page.campaign.name(), number + 1));
        write(&dir, &path, &least.result.journal)?;
        page.failing.push(failure(request, &least, &path));
    }
    if page.failures == 0 {
        page.unfinished = unfinished(&tally);
    }
    record(request, &mut page)?;
    Ok(page)
}

/// What fails by itself, for example because an input names nothing in the twin's world, shows nothing in a thousand
/// trials either. Gives the trial where the run, with nothing in its way, is held until a person resumes it.
fn comes_to_its_end(workload: &Workload) -> Result<Option<TrialResult>, Failure> {
    if !workload.scenario.faults.is_empty() {
        return Ok(None);
    }
    let told = trial(workload, &crash_at(&[])).map_err(|error| wrong_world(&error))?;
    if told.held > 0 {
        return Ok(Some(told));
    }
    if told.ending == Ending::Done {
        return Ok(None);
    }
    let (name, ending) = (&workload.plan.name, told.ending.name());
    let message = format!("`{name}` does not complete even without faults: it {ending}");
    let mut failure = Failure::new(FailureKind::Runbook, message);
    failure.causes.extend(told.why);
    failure.causes.extend(told.broken.map(|broken| broken.to_string()));
    Err(failure.hint(
        "fix the inputs or the runbook first: a rehearsal runs in the world of a twin, so names and ids are \
         those of `surefoot twin` or of `--scenario FILE`, and what is not given is chosen to fit",
    ))
}

/// The result for a run that is held although no fault is injected: further trials would say no more.
fn stops(
    workload: &Workload,
    request: &RehearseRequest,
    told: TrialResult,
    began: u64,
    clock: &SystemClock,
) -> Result<RehearsalPage, RunError> {
    let why = told.why.clone().unwrap_or_default();
    let tally = Tally::of(told);
    let elapsed = Duration::from_millis(clock.mono_ms().saturating_sub(began));
    let mut page = page(workload, request, &tally, &Tally::default(), elapsed);
    "a run without faults".clone_into(&mut page.tried);
    let ended = format!("{of} of {of} held", of = page.trials);
    (page.failures, page.unfinished) = (0, Some(RehearsalUnfinished { is_held: true, ended, why }));
    record(request, &mut page)?;
    Ok(page)
}

/// Why no trial is done, where none is. One that was cancelled as somebody wished says nothing against the runbook.
fn unfinished(tally: &Tally) -> Option<RehearsalUnfinished> {
    let [held, failed] = [Ending::NeedsOperator, Ending::Failed].map(|ending| tally.ended(ending));
    if tally.ended(Ending::Done) > 0 || held + failed == 0 {
        return None;
    }
    let of = tally.trials;
    let parts = [(held, "held"), (failed, Ending::Failed.name()), (tally.ended(Ending::Cancelled), "cancelled")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, so)| format!("{count} {so}")).collect();
    let ended = match parts.as_slice() {
        [only] => only.replacen(' ', &format!(" of {of} "), 1),
        several => format!("0 of {of} done, {}", several.join(", ")),
    };
    let ending = if held > 0 { Ending::NeedsOperator } else { Ending::Failed };
    Some(RehearsalUnfinished { is_held: held > 0, ended, why: tally.why.get(&ending).cloned().unwrap_or_default() })
}

/// Writes down what came of it.
fn record(request: &RehearseRequest, page: &mut RehearsalPage) -> Result<(), Failure> {
    let dir = request.paths.absolute().trails().join("rehearsals");
    let path = dir.join(format!("{}-{}.json", page.plan_digest, page.campaign.name()));
    page.evidence = path.to_string_lossy().into_owned();
    let document = serde_json::to_vec_pretty(&json::rehearsal(page)).unwrap_or_default();
    write(&dir, &path, &document)
}

/// What was to happen, and happened in no trial, has shown nothing.
fn was_tried(trials: &Trials, tally: &Tally) -> Result<(), Failure> {
    if let Some(fault) = tally.unmet.iter().find(|(_, trials)| **trials == tally.trials).map(|(fault, _)| fault) {
        return Err(Failure::new(FailureKind::Usage, format!("no request matched the fault {fault}")).hint(
            "see `docs/twin.md` for what a path means; the path of a request to the object store is /BUCKET/KEY",
        ));
    }
    match trials {
        Trials::CrashAt(points) if tally.crashes < points.len() as u64 => {
            let calls: u64 = tally.calls.values().sum();
            let message = format!("{} of {} points were met: the run makes {calls} calls", tally.crashes, points.len());
            Err(Failure::new(FailureKind::Usage, message).hint("`--crash all` tries each of them"))
        }
        _ => Ok(()),
    }
}

fn workload(request: &RehearseRequest) -> Result<Workload, RunError> {
    let bytes = read_runbook(&request.runbook)?;
    let given = request.inputs.to_map(&declared(kinds::catalog(), &bytes))?;
    let mut scenario = match &request.scenario {
        Some(path) => read_scenario(path)?,
        None => Workload::fitted(Scenario::default(), &given),
    };
    if let Some(path) = &request.faults {
        scenario.faults.extend(faults(path)?);
    }
    let proposed = Workload::proposed(request.world, &scenario).map_err(|error| wrong_world(&error))?;
    let scenario: Scenario = Workload::lean(scenario);
    let plan: Plan = simulated(&request.runbook, &bytes, request.window.as_deref(), given, &proposed)?;
    opens(&plan, &scenario)?;
    let name = request.runbook.to_string_lossy().into_owned();
    let (plan, source, commands) = (Arc::new(plan), Arc::new(bytes), Workload::script(&scenario));
    Ok(Workload { plan, source, name, scenario, world: request.world, commands })
}

/// That the change window opens in the time of the rehearsal, which no clock of the machine decides.
fn opens(plan: &Plan, scenario: &Scenario) -> Result<(), Failure> {
    if plan.schedule.is_empty() || plan.schedule.at(scenario.start()) != Standing::Closed(None) {
        return Ok(());
    }
    let start = scenario.start().to_seconds_text();
    let message = format!("the change window of `{}` never opens after {start}, when the rehearsal begins", plan.name);
    Err(Failure::new(FailureKind::Usage, message)
        .hint("name another beginning in a file, `start: 2026-01-31T22:00:00Z`, and pass it with `--scenario FILE`"))
}

fn faults(path: &Path) -> Result<Vec<FaultSpec>, Failure> {
    read_document(path, &FAULTS)
}

fn wrong_world(error: &ScenarioError) -> Failure {
    Failure::new(FailureKind::Usage, "the scenario cannot be used").because(error)
}

fn run(workload: &Workload, trials: &Trials, threads: usize) -> Result<Tally, ScenarioError> {
    let all =
        |list: Vec<SimConfig>| campaign(workload, list.len(), |at| list.get(at).cloned().unwrap_or_default(), threads);
    match trials {
        Trials::Seeds { from, count } => campaign(workload, *count, |at| seeded(from + at as u64), threads),
        Trials::CrashAll => all(crash_everywhere(workload)?),
        Trials::CrashPairs => all(crash_in_pairs(workload)?),
        Trials::CrashAt(points) => all(vec![crash_at(points)]),
        Trials::Faults => all(vec![SimConfig { odds: Some(Odds::default()), ..SimConfig::default() }]),
    }
}

fn page(
    workload: &Workload,
    request: &RehearseRequest,
    tally: &Tally,
    days: &Tally,
    elapsed: Duration,
) -> RehearsalPage {
    let named = |(name, count): (&&'static str, &u64)| ((*name).to_owned(), *count);
    let ended = |(ending, count): (&Ending, &u64)| (ending.name().to_owned(), *count);
    RehearsalPage {
        runbook: format!("{} {}", workload.plan.name, escape(&workload.plan.version)),
        plan_digest: workload.plan.digest.to_string(),
        tried: tried(&request.trials),
        campaign: rehearsed(workload, request),
        trials: tally.trials,
        failures: tally.failures,
        assumption: tally.assumption.as_ref().map(|broken| RehearsalAssumption {
            told: broken.to_string(),
            trials: tally.broken,
            doubled: tally.doubled,
        }),
        endings: tally.endings.iter().map(ended).collect(),
        met: tally.met.iter().map(named).collect(),
        calls: tally.calls.iter().map(named).collect(),
        lives: tally.lives,
        crashes: tally.crashes,
        simulated: tally.simulated,
        elapsed,
        estimate: days.percentile(50).zip(days.percentile(95)),
        step_estimates: days.step_percentiles(95),
        failing: Vec::new(),
        unfinished: None,
        evidence: String::new(),
    }
}

/// What was rehearsed, beside the plan. Two campaigns that differ in anything are two pieces of evidence.
fn rehearsed(workload: &Workload, request: &RehearseRequest) -> RehearsalCampaign {
    let scenario = format!("{:?}", workload.scenario);
    RehearsalCampaign {
        trials: match &request.trials {
            Trials::Seeds { from, count } => format!("seeds-{from}-{}", from + (*count as u64).saturating_sub(1)),
            Trials::CrashAll => "crash-all".to_owned(),
            Trials::CrashPairs => "crash-pairs".to_owned(),
            Trials::CrashAt(points) => {
                format!(
                    "crash-{}",
                    Digest::of(listed(points).as_bytes()).to_string().chars().take(16).collect::<String>()
                )
            }
            Trials::Faults => "faults".to_owned(),
        },
        scenario: Digest::of(scenario.as_bytes()).to_string(),
        world: request.world,
        engine: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn tried(trials: &Trials) -> String {
    match trials {
        Trials::Seeds { from, count: 1 } => format!("seed {from}"),
        Trials::Seeds { from, count } => format!("seeds {from} to {}", from + (*count as u64 - 1)),
        Trials::CrashAll => "a crash before and after every call, with unsynced bytes lost, kept and torn".to_owned(),
        Trials::CrashPairs => "two crashes, the second within 20 calls of the recovery".to_owned(),
        Trials::CrashAt(points) => format!("a crash at {}", listed(points)),
        Trials::Faults => "the faults of the scenario".to_owned(),
    }
}

fn failure(request: &RehearseRequest, failing: &Failing, journal: &Path) -> RehearsalFailure {
    let config = &failing.config;
    let how = match &request.trials {
        Trials::Seeds { .. } => vec!["--seed".to_owned(), config.seed.to_string()],
        Trials::CrashAll | Trials::CrashPairs | Trials::CrashAt(_) => {
            vec!["--crash".to_owned(), listed(&config.points)]
        }
        Trials::Faults => Vec::new(),
    };
    let crash = |point: &Point| format!("a crash at {point}");
    let fired = |one: &Fired| format!("call {}, {}: {} ({})", one.call, one.port.name(), one.what, one.event.name());
    let all_along: BTreeSet<&str> = failing.result.conditions.iter().map(|one| one.name()).collect();
    let all_along = all_along.into_iter().map(str::to_owned);
    let mut schedule: Vec<String> = all_along.chain(failing.result.fired.iter().map(fired)).collect();
    if schedule.is_empty() {
        schedule = config.points.iter().map(crash).collect();
    }
    RehearsalFailure {
        again: again(request, &how),
        violations: failing.result.violations.clone(),
        schedule,
        journal: journal.to_string_lossy().into_owned(),
    }
}

fn listed(points: &[Point]) -> String {
    points.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The command that shows a trial again: whatever decides it is named.
fn again(request: &RehearseRequest, how: &[String]) -> String {
    let path = |path: &Path| quoted_path(&path.to_string_lossy());
    let mut words = vec!["surefoot".to_owned(), "rehearse".to_owned(), path(&request.runbook)];
    words.extend(how.iter().map(|word| quoted(word)));
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    request.inputs.files.iter().for_each(|file| option("--inputs", path(file)));
    request.inputs.pairs.iter().for_each(|(name, value)| option("-i", quoted(&format!("{name}={value}"))));
    let files = [("--faults", &request.faults), ("--scenario", &request.scenario), ("--window", &request.window)];
    for (name, file) in files {
        if let Some(file) = file {
            option(name, path(file));
        }
    }
    option("--world", request.world.to_string());
    if let Some(dir) = &request.paths.audit_dir {
        option("--audit-dir", path(dir));
    }
    words.join(" ")
}

/// Writes a file whole.
pub(super) fn write(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fresh = path.with_extension("part");
    let written = (|| -> io::Result<()> {
        RealDisk.create_dir_all(dir)?;
        let mut file = RealDisk.open(&fresh, Open::Create)?;
        file.set_len(0)?;
        let mut offset = 0;
        while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            offset += file.write_at(rest, offset as u64)?;
        }
        file.sync_all()?;
        RealDisk.rename(&fresh, path)?;
        RealDisk.sync_dir(dir)
    })();
    written
        .map_err(|error| Failure::new(FailureKind::Storage, format!("cannot write {}", path.display())).because(&error))
}
