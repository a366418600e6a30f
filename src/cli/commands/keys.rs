//! `surefoot keys`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use serde_json::json;

/// Create or show the key that seals one-time passwords
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum KeysCommand {
    /// Create a key, unless there is one
    ///
    /// The identity is written to a file in the state directory with mode 0600. Keep a copy in a safe place: without it
    /// no sealed password can be opened.
    Init,
    /// Print the recipients and the path of the identity
    Show,
}

pub(super) fn keys(command: &KeysCommand, ui: &Ui) -> Result<u8, CliError> {
    let keys = match command {
        KeysCommand::Init => ops::keys_init(&ui.paths)?,
        KeysCommand::Show => ops::keys_show(&ui.paths)?,
    };
    let identity = keys.identity.to_string_lossy().into_owned();
    if matches!(command, KeysCommand::Init) {
        let what = if keys.is_new { "created a key in" } else { "completed the key in" };
        ui.say(&format!("{what} {identity}; keep a copy in a safe place"));
    }
    ui.show(
        |_| keys.recipients.join("\n"),
        || json!({"schema": "surefoot.keys.v1", "recipients": keys.recipients, "identity": identity}),
    );
    Ok(exit::DONE)
}
