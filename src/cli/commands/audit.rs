//! `surefoot audit`.

use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{self, Require};
use crate::report::{self, VerdictPage};

/// Verify the audit trail of a run
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// Verify a trail or a run: records, hash chain, signatures and anchors
    Verify(VerifyArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: surefoot audit verify audit/20260131-220000-1f2e3d")]
pub(in crate::cli) struct VerifyArgs {
    /// Run directory, audit directory, or run
    #[arg(value_name = "PATH|RUN")]
    subject: String,
    /// Exit with 8 unless the trail is at least: consistent, signed or anchored
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    require: Option<Require>,
}

pub(super) fn audit(command: &AuditCommand, ui: &Ui) -> Result<u8, CliError> {
    let AuditCommand::Verify(args) = command;
    let verified = ops::audit_verify(&ui.paths, &args.subject, args.require)?;
    let trail = verified.trail.as_ref().map(|trail| trail.to_string_lossy());
    let page = VerdictPage {
        folder: &verified.folder.to_string_lossy(),
        trail: trail.as_deref(),
        verdict: &verified.verdict,
        require: verified.require,
        unmet: verified.unmet.as_deref(),
    };
    super::output::warn(verified.trouble.as_deref(), ui);
    ui.show(|style| report::verdict(&page, style), || report::json::verdict(&page));
    Ok(verified.exit)
}

fn level(text: &str) -> Result<Require, String> {
    Require::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Require::ALL.into_iter().map(Require::name).collect();
        format!("one of {}", names.join(", "))
    })
}
