//! One file for each command: its help, its arguments, one function.

mod answer;
mod audit;
mod cancel;
mod check;
mod completions;
mod exec;
mod explain;
mod fmt;
mod graph;
mod help;
mod init;
mod keys;
mod kinds;
mod man;
mod output;
mod pause;
mod plan;
mod rehearse;
mod resolve;
mod resume;
mod run;
mod runs;
mod schema;
mod secret;
mod shim;
mod status;
mod test;
mod twin;
mod window;

use super::failure::CliError;
use super::ui::Ui;
use crate::ops::{self, Failure, FailureKind};
use clap::Subcommand;

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(init::InitArgs),
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Plan(plan::PlanArgs),
    Window(window::WindowArgs),
    Rehearse(rehearse::RehearseArgs),
    Test(test::TestArgs),
    Run(run::RunArgs),
    Exec(exec::ExecArgs),
    Resume(resume::ResumeArgs),
    Status(status::StatusArgs),
    Runs(runs::RunsArgs),
    Graph(graph::GraphArgs),
    Answer(answer::AnswerArgs),
    Resolve(resolve::ResolveArgs),
    Pause(pause::PauseArgs),
    Cancel(cancel::CancelArgs),
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    Twin(twin::TwinArgs),
    Kinds(kinds::KindsArgs),
    Schema(schema::SchemaArgs),
    Explain(explain::ExplainArgs),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
    #[command(name = ops::SHIM)]
    Shim(shim::ShimArgs),
}

/// Does what was asked; the exit code.
pub(super) fn dispatch(command: Command, ui: &Ui) -> Result<u8, CliError> {
    if ui.is_sarif && !matches!(command, Command::Check(_)) {
        let failure = Failure::new(FailureKind::Usage, "only `check` has `--output sarif`");
        return Err(failure.hint("write `--output json`").into());
    }
    match command {
        Command::Init(args) => init::init(&args, ui),
        Command::Check(args) => check::check(&args, ui),
        Command::Fmt(args) => fmt::fmt(&args, ui),
        Command::Plan(args) => plan::plan(args, ui),
        Command::Window(args) => window::window(args, ui),
        Command::Rehearse(args) => rehearse::rehearse(args, ui),
        Command::Test(args) => test::test(args, ui),
        Command::Run(args) => run::run(args, ui),
        Command::Exec(args) => exec::exec(args, ui),
        Command::Resume(args) => resume::resume(&args, ui),
        Command::Status(args) => status::status(&args, ui),
        Command::Runs(args) => runs::runs(&args, ui),
        Command::Graph(args) => graph::graph(&args, ui),
        Command::Answer(args) => answer::answer(&args, ui),
        Command::Resolve(args) => resolve::resolve(&args, ui),
        Command::Pause(args) => pause::pause(&args, ui),
        Command::Cancel(args) => cancel::cancel(&args, ui),
        Command::Secret(command) => secret::secret(&command, ui),
        Command::Twin(args) => twin::twin(args, ui),
        Command::Kinds(args) => kinds::kinds(&args, ui),
        Command::Schema(args) => Ok(schema::schema(&args, ui)),
        Command::Explain(args) => explain::explain(&args, ui),
        Command::Keys(command) => keys::keys(&command, ui),
        Command::Audit(command) => audit::audit(&command, ui),
        Command::Completions(args) => Ok(completions::completions(&args, ui)),
        Command::Man(args) => Ok(man::man(&args, ui)),
        Command::Help(args) => help::help(&args, ui),
        Command::Shim(args) => shim::shim(&args),
    }
}
