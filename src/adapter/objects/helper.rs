//! A program of the user that prints AWS credentials, run without the secrets of our environment.

use crate::adapter::helper;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use chrono::DateTime;
use serde::Deserialize;
use std::fmt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::process::Command;
use zeroize::Zeroizing;

/// The only version of the document (AWS SDKs and Tools Reference Guide, "Process credential provider").
const VERSION: u64 = 1;

/// The `credential_process` of a profile. What it prints is read and never shown.
#[derive(Clone)]
pub struct Helper {
    profile: String,
    command: String,
    hidden: Vec<String>,
    limit: Duration,
}

/// What the command prints, by the names that AWS has given the fields.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<u64>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl Helper {
    /// How long a command may take: a person may have to touch a key or type a code.
    pub const LIMIT: Duration = Duration::from_mins(1);

    /// The command of the profile of this name. It sees all of our environment but the variables `hidden`, and is
    /// given up after `limit`.
    pub fn new(profile: &str, command: &str, hidden: &[String], limit: Duration) -> Self {
        Self { profile: profile.to_owned(), command: command.to_owned(), hidden: hidden.to_vec(), limit }
    }

    async fn credentials(&self) -> provider::Result {
        let failed = |why: String| {
            let name = crate::base::escape(&self.profile);
            CredentialsError::provider_error(format!("the credential_process of the AWS profile `{name}` {why}"))
        };
        let output = self.output().await.map_err(failed)?;
        read(&output).map_err(failed)
    }

    /// What the command prints; where it fails, why, as the end of a sentence.
    async fn output(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let mut command = Command::new("sh");
        // What it says on standard error could repeat what it was to keep, and a terminal it finds by itself.
        command.arg("-c").arg(&self.command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        for name in &self.hidden {
            command.env_remove(name);
        }
        let printed = helper::run(command, self.limit).await.map_err(|error| error.to_string())?;
        let status = printed.status;
        if status.success() { Ok(printed.output) } else { Err(format!("failed ({status}); run it by hand to see why")) }
    }
}

/// The credentials in what was printed. An error of the parser could quote it, so none is passed on.
fn read(output: &[u8]) -> Result<Credentials, String> {
    let printed: Printed =
        serde_json::from_slice(output).map_err(|_| "printed something else than a JSON document with credentials")?;
    if printed.version != Some(VERSION) {
        return Err(format!("printed a document whose Version is not {VERSION}"));
    }
    let lacking = |field: &str| format!("printed a document without {field}");
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = filled(printed.access_key_id).ok_or_else(|| lacking("AccessKeyId"))?;
    let key = filled(printed.secret_access_key).ok_or_else(|| lacking("SecretAccessKey"))?;
    let expiry = filled(printed.expiration).map(|text| expiry(&text).ok_or("printed an Expiration that is no time"));
    Ok(Credentials::new(id, key, filled(printed.session_token), expiry.transpose()?, "CredentialProcess"))
}

fn expiry(text: &str) -> Option<SystemTime> {
    DateTime::parse_from_rfc3339(text).ok().map(SystemTime::from)
}

impl fmt::Debug for Helper {
    /// Without the command, whose arguments may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helper").field("profile", &self.profile).field("hidden", &self.hidden).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Helper {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
