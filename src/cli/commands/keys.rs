//! `surefoot keys`.

use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops;
use serde_json::json;

/// Make or show the key that one-time passwords are sealed to
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum KeysCommand {
    /// Make a key where there is none
    ///
    /// The identity is written to a file of the state directory, mode 0600. Keep a copy in a safe place: without it a
    /// sealed password can never be opened.
    Init,
    /// Print the recipients, and where the identity is
    Show,
}

pub(super) fn keys(command: &KeysCommand, ui: &Ui) -> Result<u8, CliError> {
    let keys = match command {
        KeysCommand::Init => ops::keys_init(&ui.paths)?,
        KeysCommand::Show => ops::keys_show(&ui.paths)?,
    };
    let identity = keys.identity.to_string_lossy().into_owned();
    if matches!(command, KeysCommand::Init) {
        let what = if keys.is_new { "a new key" } else { "the key that was begun" };
        ui.say(&format!("{what} stands in {identity}; keep a copy in a safe place"));
    }
    ui.show(
        |_| keys.recipients.join("\n"),
        || json!({"schema": "surefoot.keys.v1", "recipients": keys.recipients, "identity": identity}),
    );
    Ok(exit::DONE)
}
