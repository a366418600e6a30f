//! `surefoot rehearse`.

use crate::cli::common::InputArgs;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, Failure, FailureKind, GivenInputs, RehearseRequest, Trials};
use crate::report;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Rehearse a runbook against the twin, through faults and crashes
///
/// The same engine, journal and actions run on a simulated network, disk and clock: thousands of runs in seconds, each
/// decided by its seed. Nothing outside is touched. What came of it is written down as evidence for exactly this plan;
/// a violation is shown with the fewest faults that still lead to it. Where no run is done, because each is held for
/// a person, fails or is cancelled, that is no success, and the exit code is 1; where the plan fails by itself, or
/// assumes what is not so in the world of a trial, it is 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot rehearse runbooks/migrate-to-vdc.yaml --seeds 10000\n  \
                        surefoot rehearse runbooks/migrate-to-vdc.yaml --crash all")]
pub(in crate::cli) struct RehearseArgs {
    /// The runbook
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    /// Number of seeds to try, 1000 by default: each decides which faults its run meets
    #[arg(long, value_name = "N", group = "trials")]
    seeds: Option<NonZeroUsize>,
    /// Try one seed
    #[arg(long, value_name = "N", group = "trials")]
    seed: Option<u64>,
    /// Let the process die before and after every call: `all`; also in the recovery from that: `pairs`; or only where
    /// it is said: `before:12,after:30`, where unsynced bytes are lost, or with `:kept` or `:torn` behind a point
    #[arg(long, value_name = "WHERE", group = "trials", value_parser = Trials::crashes)]
    crash: Option<Trials>,
    /// Begin with this seed
    #[arg(long, value_name = "N", requires = "seeds", default_value_t = 0)]
    from: u64,
    /// Let the service fail as this list of faults says, once or beside everything else
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Begin the twin's world as this file says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Make the twin's world from this seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    world: u64,
}

/// Seeds where nothing else is said.
const SEEDS: usize = 1000;

pub(super) fn rehearse(args: RehearseArgs, ui: &Ui) -> Result<u8, CliError> {
    let trials = match (args.seed, args.crash, args.seeds) {
        (Some(seed), ..) => Trials::Seeds { from: seed, count: 1 },
        (_, Some(crashes), _) => crashes,
        (_, _, None) if args.faults.is_some() => Trials::Faults,
        (_, _, count) => Trials::Seeds { from: args.from, count: count.map_or(SEEDS, NonZeroUsize::get) },
    };
    if let Trials::Seeds { from, count } = trials
        && from.checked_add(count as u64 - 1).is_none()
    {
        let failure = Failure::new(FailureKind::Usage, format!("there are no {count} seeds from {from} on"));
        return Err(failure.hint(format!("the last one is {}", u64::MAX)).into());
    }
    let request = RehearseRequest {
        runbook: args.runbook,
        inputs: GivenInputs { pairs: args.inputs.input, files: args.inputs.inputs },
        paths: ui.paths.clone(),
        scenario: args.scenario,
        faults: args.faults,
        world: args.world,
        trials,
    };
    let page = ops::rehearse(&request)?;
    ui.show(|look| report::rehearsal(&page, look), || report::json::rehearsal(&page));
    Ok(match page.verdict() {
        "holds" => exit::DONE,
        "held" | "failed" => exit::FAILED,
        "assumption-broken" => exit::RUNBOOK,
        _ => exit::BUG,
    })
}
