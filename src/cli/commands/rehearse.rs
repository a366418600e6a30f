//! `surefoot rehearse`.

use crate::cli::common::{InputArgs, WindowArg};
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::inputs::given;
use crate::cli::ui::Ui;
use crate::ops::{self, EMBEDDED_SPEED, Failure, FailureKind, RehearseRequest, Trials, TwinChoice};
use crate::report;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Rehearse a runbook against a twin, through faults and crashes
///
/// Runs the same engine, journal and actions on a simulated network, disk and clock: thousands of runs in seconds, each
/// determined by its seed. Contacts no service. The result is stored as evidence for exactly this plan; a violation is
/// printed with the fewest faults that still cause it.
///
/// Exits with 1 if no run completes, because each one is held for a person, fails or is cancelled. Exits with 3 if the
/// plan fails even without faults, or if one of its assumptions does not hold in the simulated world.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot rehearse runbooks/migrate-to-vdc.yaml --seeds 10000\n  \
                        surefoot rehearse runbooks/migrate-to-vdc.yaml --crash all")]
pub(in crate::cli) struct RehearseArgs {
    /// Runbook file
    #[arg(value_name = "RUNBOOK")]
    runbook: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    window: WindowArg,
    /// Number of seeds to try [default: 1000]
    ///
    /// A seed determines the faults of its run.
    #[arg(long, value_name = "N", group = "trials")]
    seeds: Option<NonZeroUsize>,
    /// Try one seed
    #[arg(long, value_name = "N", group = "trials")]
    seed: Option<u64>,
    /// Crash the process before and after each call: `all`, `pairs` or a list
    ///
    /// `all` crashes once per run, `pairs` once more during the recovery. A list such as `before:12,after:30:torn`
    /// crashes at those calls; unsynced bytes are lost, or kept with `:kept`, or torn with `:torn`.
    #[arg(long, value_name = "WHERE", group = "trials", value_parser = Trials::crashes)]
    crash: Option<Trials>,
    /// First seed
    #[arg(long, value_name = "N", requires = "seeds", default_value_t = 0)]
    from: u64,
    /// Inject the faults listed in this file, besides the others if any
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Start the twin from this scenario
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Seed of the twin's world
    #[arg(long, value_name = "N", default_value_t = 1)]
    world: u64,
}

/// Number of seeds by default.
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
    let twin = TwinChoice::Embedded { speed: EMBEDDED_SPEED, seed: args.world, scenario: args.scenario.clone() };
    let inputs = given(args.inputs, &args.runbook, Some(&twin), ui)?;
    let request = RehearseRequest {
        runbook: args.runbook,
        inputs,
        paths: ui.paths.clone(),
        scenario: args.scenario,
        faults: args.faults,
        window: args.window.window,
        world: args.world,
        trials,
    };
    let page = ops::rehearse(&request)?;
    ui.show(|style| report::rehearsal(&page, style), || report::json::rehearsal(&page));
    Ok(match page.verdict() {
        "holds" => exit::DONE,
        "held" | "failed" => exit::FAILED,
        "assumption-broken" => exit::RUNBOOK,
        _ => exit::BUG,
    })
}
