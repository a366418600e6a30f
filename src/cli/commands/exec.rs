//! `surefoot exec`.

use super::output::ended;
use crate::cli::common::pair;
use crate::cli::failure::CliError;
use crate::cli::frontend::frontend;
use crate::cli::runtime::block_on;
use crate::cli::twin_args::TwinArgs;
use crate::cli::ui::Ui;
use crate::ops::{self, ExecRequest, StepKey};

/// Run one operation on its own
///
/// Writes a runbook of one step and runs it as `surefoot run` does, with the same journal, guards and record: the run
/// can be resumed, looked at and audited. An irreversible operation that rests on evidence of other steps is refused.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot exec command -w 'argv=[systemctl, restart, orders]' --effect undoable")]
pub(in crate::cli) struct ExecArgs {
    /// Step kind; `surefoot kinds` lists them
    #[arg(value_name = "KIND")]
    kind: String,
    /// Set an input of the step; repeatable, lists and maps in YAML or JSON
    #[arg(short = 'w', long = "with", value_name = "KEY=VALUE", value_parser = pair)]
    with: Vec<(String, String)>,
    /// Declare a secret of the inputs, such as `db=env:DB_TOKEN`; repeatable
    ///
    /// An input refers to it as `{{ secrets.NAME }}`. SOURCE is `env:VARIABLE`, `env:USER_VARIABLE,PASSWORD_VARIABLE`,
    /// `env:PART=VARIABLE` or `file:PATH`.
    #[arg(long = "secret", value_name = "NAME=SOURCE", value_parser = pair)]
    secrets: Vec<(String, String)>,
    /// What it does to the world: `none`, `undoable` or `irreversible`
    #[arg(long, value_name = "EFFECT")]
    effect: Option<String>,
    /// What the effect changes, such as `postgres:orders`
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Header that makes a repeated request harmless
    #[arg(long, value_name = "HEADER", hide_short_help = true)]
    idempotency_key: Option<String>,
    /// How a lost answer is settled, as YAML or JSON
    #[arg(long, value_name = "PROBE", hide_short_help = true)]
    probe: Option<String>,
    /// When what was begun is over, as an expression
    #[arg(long, value_name = "EXPRESSION", hide_short_help = true)]
    until: Option<String>,
    /// How long the step may take
    #[arg(long, value_name = "DURATION", hide_short_help = true)]
    timeout: Option<String>,
    #[command(flatten)]
    twin: TwinArgs,
}

pub(super) fn exec(args: ExecArgs, ui: &Ui) -> Result<u8, CliError> {
    let twin = args.twin.choice()?;
    let keys = [
        (StepKey::Effect, args.effect),
        (StepKey::Subject, args.subject),
        (StepKey::IdempotencyKey, args.idempotency_key),
        (StepKey::Probe, args.probe),
        (StepKey::Until, args.until),
        (StepKey::Timeout, args.timeout),
    ];
    let request = ExecRequest {
        kind: args.kind,
        with: args.with,
        secrets: args.secrets,
        keys: keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
        paths: ui.paths.clone(),
        twin,
        ask: args.twin.ask,
    };
    let done = block_on(async {
        let (frontend, board) = frontend(ui, ui.options(false));
        let done = ops::exec(request, frontend).await;
        board.close();
        done
    })??;
    Ok(ended(done, ui))
}
