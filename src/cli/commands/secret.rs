//! `surefoot secret`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::runtime::block_on;
use crate::cli::ui::Ui;
use crate::ops;
use crate::report::Table;
use serde_json::json;
use std::path::PathBuf;

/// Write the one-time passwords of a run to their files again
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum SecretCommand {
    /// Write each sealed password of a run to its file again
    ///
    /// The passwords are sealed in the journal and opened with the key of this state directory. They are never printed.
    Deliver {
        /// Run with the passwords
        #[arg(value_name = "RUN")]
        run: String,
        /// Write the password to this file instead, if the run has exactly one
        ///
        /// The run does not record this. If a run is held because its file cannot be written, continue with another
        /// file: `surefoot resume --set STEP.password_file=FILE`.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

pub(super) fn secret(command: &SecretCommand, ui: &Ui) -> Result<u8, CliError> {
    let SecretCommand::Deliver { run, to } = command;
    let delivered = block_on(ops::secret_deliver(&ui.paths, run, to.as_deref()))??;
    ui.show(
        |style| {
            let mut table = Table::new(["step", "file"]);
            for (step, path) in &delivered {
                table.row([step.clone(), path.display().to_string()]);
            }
            table.render(style)
        },
        || {
            let rows = delivered.iter().map(|(step, path)| json!({"step": step, "file": path.to_string_lossy()}));
            json!({"schema": "surefoot.secret.v1", "run": run, "delivered": rows.collect::<Vec<_>>()})
        },
    );
    Ok(exit::DONE)
}
